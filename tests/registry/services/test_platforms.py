from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registry.choices import RouteStatus
from registry.errors import GoneError, InUseError, StaleRevisionError
from registry.models import Connection, Platform, Provider, Route
from registry.services.platforms import delete_platform, save_platform, users_of
from registry.services.routes import delete_route
from registry.types import Change
from tests.factories import make_connection, make_llm, make_provider, make_route, make_user
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


def hub(**columns: object) -> Platform:
    return Platform(**{"slug": "hub", "name": "Hub"} | columns)


def test_a_platform_is_created_with_its_providers_on_the_trail() -> None:
    one, two = make_provider("one"), make_provider("two")

    with written() as found:
        platform = save_platform(hub(base_url="HTTPS://Hub.example/"), providers=[one, two])

    assert set(platform.providers.all()) == {one, two}
    assert platform.base_url == "https://hub.example"
    assert found.only.event == "platform_created"
    assert changes(found.only)["providers"] == [[], ["one", "two"]]


def test_providers_are_replaced_as_a_set() -> None:
    one, two = make_provider("one"), make_provider("two")
    platform = save_platform(hub(), providers=[one])

    with written() as found:
        save_platform(platform, Change(frozenset()), providers=[two])

    assert changes(found.only) == {"providers": [["one"], ["two"]]}
    assert platform.revision == 2


def test_the_same_providers_are_no_change() -> None:
    one = make_provider("one")
    platform = save_platform(hub(), providers=[one])

    with written() as found:
        save_platform(platform, Change(frozenset()), providers=[one])
        save_platform(platform, Change(frozenset({"name"})))

    assert found == []
    assert Platform.objects.get().revision == 1


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        save_platform(
            hub(slug="No Slug", name="", base_url="ftp://x", auth_type="x", status="y", features=1)
        )

    assert set(refused.value.message_dict) == {
        "auth_type",
        "base_url",
        "features",
        "name",
        "slug",
        "status",
    }


def test_a_slug_is_taken_once() -> None:
    save_platform(hub())

    with pytest.raises(ValidationError) as refused:
        save_platform(hub())

    assert set(refused.value.message_dict) == {"slug"}


def test_features_are_kept_as_they_are() -> None:
    features = {"batch": True, "regions": ["eu", "us"], "limits": {"rpm": 60, "note": "größer"}}

    save_platform(hub(features=features))

    assert Platform.objects.get().features == features


def test_deleting_a_platform_leaves_the_rest() -> None:
    provider = make_provider()
    connection = make_connection(provider)
    platform = save_platform(hub(connection=connection), providers=[provider])

    with written() as found:
        delete_platform(platform)

    assert found.names == ["platform_deleted"]
    assert (Provider.objects.get(), Connection.objects.get()) == (provider, connection)


def test_routes_hold_a_platform_by_name_whatever_their_status() -> None:
    platform = save_platform(hub())
    make_route(make_llm(slug="slow"), platform, status=RouteStatus.INACTIVE)
    route = make_route(make_llm(slug="fast"), platform)
    users = {"routes": ["fast@hub", "slow@hub"]}

    with written() as found:
        with pytest.raises(InUseError) as refused:
            delete_platform(platform)

    assert refused.value.extra == users
    assert users_of(platform) == users
    assert (found.only.event, payload(found.only)) == ("platform_delete_blocked", users)
    assert Route.objects.get(pk=route.pk).platform == platform


def test_a_platform_is_deleted_once_its_last_route_is() -> None:
    platform = save_platform(hub())
    route = make_route(platform=platform)

    delete_route(route)
    delete_platform(platform)

    assert not Platform.objects.exists()


def test_a_lost_race_is_refused_and_a_gone_one_is_gone() -> None:
    platform = save_platform(hub())
    stale = Change(frozenset({"name"}), expected_revision=9)

    with pytest.raises(StaleRevisionError):
        save_platform(platform, stale)
    with pytest.raises(StaleRevisionError):
        delete_platform(platform, stale)

    delete_platform(Platform.objects.get())
    with pytest.raises(GoneError):
        save_platform(platform, Change(frozenset({"name"})))


@pytest.mark.invariant("A3")
def test_a_connection_of_one_person_or_one_model_is_no_platforms() -> None:
    person, provider = make_user(), make_provider()
    own = make_connection(provider, owner=person)
    private = make_llm(provider=provider).connection
    shared = make_connection(provider)

    for foreign in (own, private):
        with pytest.raises(ValidationError) as refused:
            save_platform(hub(connection=foreign))
        assert list(refused.value.message_dict) == ["connection"]

    assert save_platform(hub(connection=shared)).connection == shared
