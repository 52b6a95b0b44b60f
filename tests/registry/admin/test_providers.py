"""Knowledge bases, providers, platforms, tags and capabilities."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages

from registry.choices import ConnectionState
from registry.models import Platform, Provider
from registry.services.platforms import save_platform
from tests.factories import (
    make_connection,
    make_llm,
    make_provider,
)
from tests.registry.admin.visitor import Visitor, errors
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def told(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_other_names_of_a_provider_are_a_list(visitor: Visitor) -> None:
    provider = make_provider("gemini", aliases=["google"])
    assert visitor.form("registry_provider_change", provider.pk)["aliases"] == ["google"]

    with written() as events:
        visitor.submit("registry_provider_change", provider.pk, aliases="vertex, Google")

    names = sorted(provider.aliases.values_list("name", flat=True))
    assert names == ["google", "vertex"]
    assert changes(events.only) == {"aliases": [[], ["vertex"]]}


def test_a_name_of_another_provider_stands_at_its_field(visitor: Visitor) -> None:
    make_provider("acme")
    provider = make_provider("other")

    answer = visitor.submit("registry_provider_change", provider.pk, aliases="acme")

    assert "aliases" in errors(answer)


@pytest.mark.invariant("S7")
def test_a_moved_provider_says_whose_keys_are_gone(visitor: Visitor) -> None:
    provider = make_provider("acme")
    relying = make_connection(provider)
    own = make_connection(provider, api_url="https://own.example/v1")

    page = visitor.text("registry_provider_change", provider.pk)
    answer = visitor.submit(
        "registry_provider_change", provider.pk, direct_api_url="https://moved.example/v1"
    )

    relying.refresh_from_db()
    own.refresh_from_db()
    assert "drops the keys" in page
    assert "the key of 1 connection was dropped" in told(answer)
    assert relying.state == ConnectionState.NEEDS_KEY
    assert own.state == ConnectionState.READY


def test_the_delete_page_of_a_provider_names_its_users(visitor: Visitor) -> None:
    provider = make_provider("acme")
    make_connection(provider, label="Main account")
    make_llm(provider=provider, name="Fast one")
    save_platform(Platform(slug="cloud", name="Cloud"), providers=[provider])

    page = visitor.node("registry_provider_delete", provider.pk)
    answer = visitor.post("registry_provider_delete", provider.pk, post="yes")

    for name in ("Main account", "Fast one", "Cloud"):
        assert name in page.text()
    assert not list(page.having("data-confirm-button"))
    assert answer.status_code == 409
    assert Provider.objects.filter(pk=provider.pk).exists()


def test_a_platform_is_added_with_its_providers(visitor: Visitor) -> None:
    one, other = make_provider(), make_provider()

    with written() as events:
        visitor.submit(
            "registry_platform_add",
            name="Cloud",
            slug="cloud",
            providers=[str(one.pk), str(other.pk)],
        )

    platform = Platform.objects.get()
    assert set(platform.providers.all()) == {one, other}
    assert events.names == ["platform_created"]


def test_a_platform_that_is_left_alone_keeps_its_providers(visitor: Visitor) -> None:
    provider = make_provider("acme")
    platform = save_platform(Platform(slug="cloud", name="Cloud"), providers=[provider])

    with written() as events:
        visitor.submit("registry_platform_change", platform.pk, description="Ours")

    assert list(platform.providers.all()) == [provider]
    assert changes(events.only).keys() == {"description"}


def test_a_platform_is_deleted_and_its_providers_stay(visitor: Visitor) -> None:
    provider = make_provider("acme")
    platform = save_platform(Platform(slug="cloud", name="Cloud"), providers=[provider])

    visitor.submit("registry_platform_delete", platform.pk)

    assert not Platform.objects.exists()
    assert Provider.objects.filter(pk=provider.pk).exists()
