from __future__ import annotations

import pytest

from registry.models import Capability, Platform, Provider
from registry.services.providers import save_provider
from registry.services.reference_data import load
from registry.types import Change
from tests.trail import written

pytestmark = pytest.mark.django_db


def test_loading_creates_providers_platforms_and_the_vocabulary() -> None:
    created = load()

    assert created == {
        "providers": Provider.objects.count(),
        "platforms": Platform.objects.count(),
        "capabilities": Capability.objects.count(),
    }
    assert all(number > 5 for number in created.values())
    assert Provider.objects.named("google").get().slug == "gemini"
    assert Platform.objects.filter(providers__slug="openai").exists()


def test_loading_again_creates_nothing() -> None:
    load()

    with written() as found:
        assert load() == {"providers": 0, "platforms": 0, "capabilities": 0}

    assert found == []


def test_what_somebody_changed_or_added_stays() -> None:
    load()
    provider = Provider.objects.get(slug="openai")
    provider.name, provider.direct_api_url = "Ours", "https://gateway.example/v1"
    save_provider(provider, Change(frozenset({"name", "direct_api_url"})))
    Capability.objects.create(name="singing", label="Singing")

    load()

    provider.refresh_from_db()
    assert (provider.name, provider.direct_api_url) == ("Ours", "https://gateway.example/v1")
    assert Capability.objects.filter(name="singing").exists()


def test_what_somebody_deleted_comes_back() -> None:
    load()
    Platform.objects.all()[0].delete()

    assert load()["platforms"] == 1
