from __future__ import annotations

import pytest

from registry.models import Provider
from registry.services import reference_data
from tests.factories import make_user
from tests.registry.api.client import Api, with_token


@pytest.fixture
def catalogue(db: None) -> None:
    """The providers, platforms and capabilities that every installation starts with."""
    reference_data.load()


@pytest.fixture
def api(catalogue: None) -> Api:
    """An administrator's application."""
    return with_token(make_user("ada", superuser=True))


@pytest.fixture
def openai(catalogue: None) -> Provider:
    return Provider.objects.get(slug="openai")
