from __future__ import annotations

import pytest

from registry.models import Capability, Provider
from registry.services import chooser
from tests.factories import make_provider, make_user
from tests.registry.api.client import Api, with_token

# slug -> (address, aliases); the dialect is named like the provider.
PROVIDERS = {
    "openai": ("https://api.openai.com/v1", ()),
    "gemini": ("https://generativelanguage.googleapis.com/v1beta", ("google",)),
    "anthropic": ("https://api.anthropic.com/v1", ()),
    "azure": ("", ()),
    "ollama": ("", ()),
}


@pytest.fixture(autouse=True)
def nothing_prepared() -> None:
    """Forget the prepared lists: the revisions of two tests are the same numbers."""
    chooser.forget()


@pytest.fixture
def catalogue(db: None) -> None:
    """Some providers of each kind, and a few capabilities."""
    for slug, (address, aliases) in PROVIDERS.items():
        kind = "service" if slug == "ollama" else "maker"
        make_provider(slug, dialect=slug, direct_api_url=address, aliases=aliases, kind=kind)
    for name in ("audio", "tools", "vision"):
        Capability(name=name, label=name.title()).save()


@pytest.fixture
def api(catalogue: None) -> Api:
    """An administrator's application."""
    return with_token(make_user("ada", superuser=True))


@pytest.fixture
def openai(catalogue: None) -> Provider:
    return Provider.objects.get(slug="openai")
