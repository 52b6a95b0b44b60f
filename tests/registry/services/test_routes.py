"""Routes: what a service fills in, refuses, and leaves on the trail."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.choices import RouteStatus
from registry.errors import GoneError, StaleRevisionError
from registry.models import Connection, LLMModel, Platform, Price, Revision, Route
from registry.services.platforms import save_platform
from registry.services.routes import delete_route, save_route, set_priority
from registry.types import Change, LLMChange
from tests.factories import (
    make_connection,
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
    make_user,
)
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(slug="fast")


@pytest.fixture
def hub() -> Platform:
    return make_platform("hub")


def refused_fields(route: Route, **options: Any) -> set[str]:
    with pytest.raises(ValidationError) as refused:
        save_route(route, **options)
    return set(refused.value.message_dict)


# Create and change
# ----------------------------------------------------------------------------
def test_a_route_needs_a_model_and_a_platform_only(llm: LLMModel, hub: Platform) -> None:
    before = Revision.objects.get().number

    with written() as found:
        route = save_route(Route(llm=llm, platform=hub))

    stored = Route.objects.get()
    assert (stored.slug, stored.provider) == ("fast@hub", llm.provider)
    assert (stored.priority, stored.status, stored.settings) == (1, "active", {})
    assert (stored.model_string, stored.revision) == (llm.model_id, 1)
    assert (stored.input_cost, stored.output_cost) == (None, None)
    assert (found.only.event, found.only.object_pk) == ("route_created", str(route.pk))
    assert Revision.objects.get().number == before + 1


def test_names_that_were_given_are_kept(llm: LLMModel, hub: Platform) -> None:
    maker = make_provider()

    route = make_route(llm, hub, slug="my-route", provider=maker, model_string_override="Vendor/X")

    assert (route.slug, route.provider, route.model_string) == ("my-route", maker, "Vendor/X")


def test_a_slug_is_taken_once(llm: LLMModel, hub: Platform) -> None:
    make_route(llm, hub)

    assert refused_fields(Route(llm=llm, platform=hub)) == {"slug"}
    assert make_route(llm, hub, slug="fast@hub-2").slug == "fast@hub-2"


@pytest.mark.parametrize("slug", ["A@b", "a@b@c", "@b", "a@", "a b", "a/b", "a\n", "a" * 402])
def test_a_slug_can_stand_in_an_address(llm: LLMModel, hub: Platform, slug: str) -> None:
    assert refused_fields(Route(llm=llm, platform=hub, slug=slug)) == {"slug"}


def test_all_wrong_fields_are_named_at_once(llm: LLMModel, hub: Platform) -> None:
    route = Route(
        llm=llm,
        platform=hub,
        slug="No Slug",
        priority=0,
        status="asleep",
        endpoint_override="ftp://x",
        success_rate=1.5,
        avg_latency_ms=-1,
        settings=[],
    )

    assert refused_fields(route) == {
        *("slug", "priority", "status", "endpoint_override"),
        *("success_rate", "avg_latency_ms", "settings"),
    }
    assert not Route.objects.exists()


def test_missing_links_are_named() -> None:
    assert {"llm", "platform"} <= refused_fields(Route())


@pytest.mark.parametrize("priority", [0, -1, 2**63, 1.5, float("nan"), "x", None, True])
def test_a_priority_is_a_whole_number_from_1(llm: LLMModel, hub: Platform, priority: Any) -> None:
    assert refused_fields(Route(llm=llm, platform=hub, priority=priority)) == {"priority"}


@pytest.mark.parametrize("rate", [-0.1, 1.01, float("nan"), float("inf"), "much"])
def test_a_success_rate_is_a_share(llm: LLMModel, hub: Platform, rate: Any) -> None:
    assert refused_fields(Route(llm=llm, platform=hub, success_rate=rate)) == {"success_rate"}


@pytest.mark.parametrize("settings", [[], "x", 1, {"a": float("nan")}, {"a": "\0"}])
def test_settings_are_a_json_object(llm: LLMModel, hub: Platform, settings: object) -> None:
    assert refused_fields(Route(llm=llm, platform=hub, settings=settings)) == {"settings"}


def test_no_settings_are_an_empty_object(llm: LLMModel, hub: Platform) -> None:
    make_route(llm, hub, settings=None)

    assert Route.objects.get().settings == {}


def test_settings_are_kept_as_they_are(llm: LLMModel, hub: Platform) -> None:
    settings = {"region": "eu", "retry": {"times": 3, "on": [429, 503]}, "note": "größer"}

    make_route(llm, hub, settings=settings)

    assert Route.objects.get().settings == settings


def test_an_address_is_kept_in_one_form(llm: LLMModel, hub: Platform) -> None:
    route = make_route(llm, hub, endpoint_override=" HTTPS://Edge.example:443/v1/ ")

    assert route.endpoint_override == "https://edge.example/v1"


@pytest.mark.parametrize("address", ["http://169.254.169.254/", "http://u:p@x.example", "x"])
def test_an_address_that_is_never_called_is_refused(
    llm: LLMModel, hub: Platform, address: str
) -> None:
    route = Route(llm=llm, platform=hub, endpoint_override=address)

    assert refused_fields(route) == {"endpoint_override"}


def test_only_what_a_change_names_is_written(llm: LLMModel, hub: Platform) -> None:
    route = make_route(llm, hub)
    stale = Route.objects.get()
    set_priority(route, 5)
    stale.status, stale.priority = RouteStatus.MAINTENANCE, 9

    with written() as found:
        save_route(stale, Change(frozenset({"status"})))

    stored = Route.objects.get()
    assert (stored.status, stored.priority, stored.revision) == ("maintenance", 5, 3)
    assert changes(found.only) == {"status": ["active", "maintenance"]}


def test_a_change_of_nothing_leaves_no_trace(llm: LLMModel, hub: Platform) -> None:
    route = make_route(llm, hub)

    with written() as found:
        save_route(route, Change(frozenset({"priority", "status"})))

    assert found == []
    assert Route.objects.get().revision == 1


def test_a_stored_route_keeps_its_model(llm: LLMModel, hub: Platform) -> None:
    route = make_route(llm, hub)
    route.llm = make_llm()

    assert refused_fields(route) == {"llm"}
    assert Route.objects.get().llm == llm


def test_a_route_may_move_to_another_platform(llm: LLMModel, hub: Platform) -> None:
    route = make_route(llm, hub)
    route.platform = make_platform("other")

    save_route(route, Change(frozenset({"platform"})))

    stored = Route.objects.get()
    assert (stored.platform.slug, stored.slug) == ("other", "fast@hub")


# What is one user's or one model's
# ----------------------------------------------------------------------------
def test_a_users_own_model_has_no_routes(hub: Platform) -> None:
    assert refused_fields(Route(llm=make_llm(owner=make_user()), platform=hub)) == {"llm"}


def test_a_connection_of_one_model_is_not_for_routes(llm: LLMModel, hub: Platform) -> None:
    private = Connection.objects.get(private_to=llm)

    route = Route(llm=llm, platform=hub, connection=private)

    assert refused_fields(route) == {"connection"}


def test_a_connection_is_one_of_the_routes_provider(llm: LLMModel, hub: Platform) -> None:
    fitting, other = make_connection(llm.provider), make_connection()

    assert refused_fields(Route(llm=llm, platform=hub, connection=other)) == {"connection"}
    assert make_route(llm, hub, connection=fitting).connection == fitting


@pytest.mark.parametrize("by", ["providers", "connection"])
def test_a_connection_may_be_one_that_the_platform_calls_its_own(
    llm: LLMModel, hub: Platform, by: str
) -> None:
    theirs = make_connection()
    if by == "providers":
        save_platform(hub, providers=[theirs.provider])
    else:
        hub.connection = theirs
        save_platform(hub)

    assert make_route(llm, hub, connection=theirs).connection == theirs


# Delete
# ----------------------------------------------------------------------------
def test_a_route_goes_with_its_own_prices_and_the_rest_stays(hub: Platform) -> None:
    connection = make_connection()
    llm = make_llm(provider=connection.provider, change=LLMChange(connection=connection))
    make_price(llm, "3")
    route = make_route(llm, hub, connection=connection)
    make_price(llm, "1", route=route)

    with written() as found:
        delete_route(route)

    assert found.names == ["route_deleted"]
    assert Price.objects.get().route is None
    assert (LLMModel.objects.get(), Platform.objects.get()) == (llm, hub)
    assert Connection.objects.filter(pk=connection.pk).exists()


def test_a_lost_race_is_refused_and_a_gone_one_is_gone(llm: LLMModel) -> None:
    route = make_route(llm)
    stale = Change(frozenset({"priority"}), expected_revision=9)

    with pytest.raises(StaleRevisionError):
        save_route(route, stale)
    with pytest.raises(StaleRevisionError):
        delete_route(route, stale)

    delete_route(Route.objects.get())
    with pytest.raises(GoneError):
        save_route(route, Change(frozenset({"priority"})))
