from __future__ import annotations

import pytest

from registry.models import Capability


@pytest.fixture
def capabilities(db: None) -> None:
    """A part of the vocabulary."""
    for name in ("streaming", "tools", "vision"):
        Capability(name=name, label=name.title()).save()
