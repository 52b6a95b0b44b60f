from __future__ import annotations

import pytest

from registry.models import Capability
from registry.services.known_models import known_models


@pytest.fixture
def capabilities(db: None) -> None:
    """A part of the vocabulary."""
    for name in ("streaming", "tools", "vision"):
        Capability(name=name, label=name.title()).save()


@pytest.fixture
def vocabulary(db: None) -> None:
    """Every capability that the reference data speak of."""
    names = {name for known in known_models() for name in known.capabilities}
    for name in sorted(names):
        Capability(name=name, label=name).save()
