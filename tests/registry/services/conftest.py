from __future__ import annotations

import pytest

from registry import jobs
from tests.outbound import FakeFarSide, answer, far_side
from tests.queueing import Bell


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    """A broker of the test's own: it notes what it is given, and may be down."""
    found = Bell()
    monkeypatch.setattr(jobs, "ring", found.ring)
    return found


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> FakeFarSide:
    """A far side that answers every call alike."""
    return far_side(monkeypatch, lambda call: answer({}))
