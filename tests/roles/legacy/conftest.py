from __future__ import annotations

import pytest

from tests.roles.factories import provider_of


@pytest.fixture
def reference_providers(db: None) -> None:
    """Have the providers that documents speak of."""
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
