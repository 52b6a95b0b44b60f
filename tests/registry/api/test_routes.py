"""Routes over the API: four verbs, refusals and prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from registry.choices import PriceSource
from registry.models import LLMModel, Platform, Price, Provider, Route
from tests.factories import (
    API_KEY,
    make_connection,
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
    make_user,
)
from tests.registry.api.client import Api, code_of, fields_of
from tests.trail import written

ROUTES = "/api/v1/admin/routes"
ONE = f"{ROUTES}/fast@hub"
BODY = {"model": "fast", "platform": "hub"}


@pytest.fixture
def llm(openai: Provider) -> LLMModel:
    return make_llm(slug="fast", provider=openai, model_id="fast-1")


@pytest.fixture
def hub(llm: LLMModel) -> Platform:
    return make_platform("hub")


@pytest.fixture
def route(llm: LLMModel, hub: Platform) -> Route:
    return make_route(llm, hub)


# Four verbs
# ----------------------------------------------------------------------------
def test_a_route_is_created_listed_read_changed_and_deleted(api: Api, hub: Platform) -> None:
    with written() as found:
        created = api.post(ROUTES, BODY)
        answers = [
            created,
            api.get(ROUTES),
            api.get(ONE),
            api.patch(ONE, {"status": "maintenance"}),
            api.put(ONE, {"priority": 3}),
            api.delete(ONE),
            api.get(ONE),
        ]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 204, 404]
    assert found.names == ["route_created", "route_updated", "route_updated", "route_deleted"]
    assert (answers[4].json()["status"], answers[4].json()["priority"]) == ("maintenance", 3)
    assert created.headers["Location"] == f"{ROUTES}/{created.json()['id']}"


def test_an_answer_says_all_of_a_route(api: Api, hub: Platform, llm: LLMModel) -> None:
    account = make_connection(llm.provider)
    sent = {
        "slug": "main@hub",
        "model": str(llm.pk),
        "platform": "hub",
        "provider": "openai",
        "connection": str(account.pk),
        "priority": 2,
        "status": "active",
        "endpoint_override": "https://edge.example/v1",
        "model_string_override": "openai/fast-1",
        "success_rate": 0.5,
        "avg_latency_ms": 120,
        "settings": {"region": "eu"},
    }

    shown = api.post(ROUTES, sent).json()

    assert {name: shown[name] for name in sent} == sent
    assert shown["model_string"] == "openai/fast-1"
    assert shown["call"] == {
        "endpoint": "https://edge.example/v1",
        "model_string": "openai/fast-1",
    }
    assert shown["pricing"] == {
        "input_cost": None,
        "output_cost": None,
        "currency": "USD",
        "per": 1_000_000,
    }
    assert API_KEY not in str(shown)


def test_the_rest_follows_from_model_and_platform(api: Api, hub: Platform) -> None:
    shown = api.post(ROUTES, BODY).json()

    assert (shown["slug"], shown["provider"], shown["priority"]) == ("fast@hub", "openai", 1)
    assert shown["call"] == {"endpoint": "https://hub.example/v1", "model_string": "fast-1"}


def test_a_route_has_two_addresses(api: Api, route: Route) -> None:
    by_slug, by_id = api.get(ONE), api.get(f"{ROUTES}/{route.pk}")

    assert by_slug.json() == by_id.json()
    assert api.get(f"{ROUTES}/FAST@hub").status_code == 200
    assert api.get(f"{ROUTES}/fast%40hub").json() == by_id.json()


@pytest.mark.parametrize("name", ["nobody@hub", "fast", "a@b@c", "%00", "x" * 3000, "-1"])
def test_what_names_no_route_is_not_found(api: Api, route: Route, name: str) -> None:
    assert api.get(f"{ROUTES}/{name}").status_code == 404


def test_what_was_read_can_be_put_back(api: Api, route: Route) -> None:
    """Also where the price is one that a person did not type."""
    make_price(route.llm, "1.5", route=route, source=PriceSource.SYNC)
    shown = api.get(ONE).json()

    answer = api.put(ONE, shown)

    assert answer.status_code == 200, answer.content
    assert api.get(ONE).json() == shown
    assert Price.objects.count() == 1


# Refusals
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "nobody"}, "model"),
        ({"model": 1}, "model"),
        ({"platform": "nobody"}, "platform"),
        ({"platform": ["hub"]}, "platform"),
        ({"platform": "\0"}, "platform"),
        ({"provider": "nobody"}, "provider"),
        ({"connection": "x"}, "connection"),
        ({"slug": "No Slug"}, "slug"),
        ({"slug": "a@b@c"}, "slug"),
        ({"priority": 0}, "priority"),
        ({"priority": True}, "priority"),
        ({"priority": "1"}, "priority"),
        ({"priority": None}, "priority"),
        ({"status": "asleep"}, "status"),
        ({"endpoint_override": "ftp://x.example"}, "endpoint_override"),
        ({"endpoint_override": "http://169.254.169.254/"}, "endpoint_override"),
        ({"model_string_override": "a b"}, "model_string_override"),
        ({"model_string_override": "x" * 50_000}, "model_string_override"),
        ({"success_rate": 1.1}, "success_rate"),
        ({"success_rate": "1e-1"}, "success_rate"),
        ({"avg_latency_ms": -1}, "avg_latency_ms"),
        ({"avg_latency_ms": 2**63}, "avg_latency_ms"),
        ({"settings": []}, "settings"),
        ({"settings": None}, "settings"),
        ({"settings": {"a": "\0"}}, "settings"),
        ({"pricing": []}, "pricing"),
        ({"pricing": {"input_cost": -1}}, "input_cost"),
        ({"pricing": {"input_cost": "NaN"}}, "input_cost"),
        ({"pricing": {"inputcost": "1"}}, "inputcost"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_refusal_names_the_field(
    api: Api, hub: Platform, change: dict[str, Any], field: str
) -> None:
    answer = api.post(ROUTES, BODY | change)

    assert answer.status_code == 400, answer.content
    assert field in str(
        fields_of(answer) | set(answer.json()["error"]["fields"].values().__str__())
    )
    assert not Route.objects.exists()


@pytest.mark.parametrize("missing", ["model", "platform"])
def test_a_route_needs_a_model_and_a_platform(api: Api, hub: Platform, missing: str) -> None:
    body = {name: value for name, value in BODY.items() if name != missing}

    answer = api.post(ROUTES, body)

    assert (answer.status_code, fields_of(answer)) == (400, {missing})


def test_a_second_route_of_the_slug_is_refused(api: Api, route: Route) -> None:
    answer = api.post(ROUTES, BODY)

    assert (answer.status_code, fields_of(answer)) == (400, {"slug"})


def test_the_model_of_a_route_does_not_change(api: Api, route: Route) -> None:
    make_llm(slug="other")

    answer = api.patch(ONE, {"model": "other"})

    assert (answer.status_code, fields_of(answer)) == (400, {"model"})


def test_a_persons_own_model_has_no_routes(api: Api, hub: Platform) -> None:
    own = make_llm(slug="own", owner=make_user())

    answer = api.post(ROUTES, BODY | {"model": str(own.pk)})

    assert (answer.status_code, fields_of(answer)) == (400, {"model"})


def test_a_connection_of_another_provider_is_refused(api: Api, hub: Platform) -> None:
    answer = api.post(ROUTES, BODY | {"connection": str(make_connection().pk)})

    assert (answer.status_code, fields_of(answer)) == (400, {"connection"})


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("platforms/hub", lambda route: None),
        ("providers/maker", lambda route: make_provider("maker")),
    ],
)
def test_what_routes_use_stays_and_names_them(
    api: Api, llm: LLMModel, hub: Platform, path: str, make: Any
) -> None:
    provider = make(None) or llm.provider
    make_route(llm, hub, provider=provider)

    answer = api.delete(f"/api/v1/admin/{path}")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "in_use")
    assert error["routes"] == ["fast@hub"]


def test_a_connection_that_routes_use_stays_and_names_them(api: Api, route: Route) -> None:
    account = make_connection(route.provider)
    api.patch(ONE, {"connection": str(account.pk)})

    answer = api.delete(f"/api/v1/admin/connections/{account.pk}")

    assert (answer.status_code, code_of(answer)) == (409, "in_use")
    assert answer.json()["error"]["routes"] == ["fast@hub"]


# Own prices
# ----------------------------------------------------------------------------
def test_own_prices_are_exact_and_apart_from_the_list_price(api: Api, hub: Platform) -> None:
    make_price(LLMModel.objects.get(slug="fast"), "3")
    body = BODY | {"pricing": {"input_cost": "0.123456789", "output_cost": 2}}

    shown = api.post(ROUTES, body).json()

    assert shown["pricing"] == {
        "input_cost": "0.123456789",
        "output_cost": "2",
        "currency": "USD",
        "per": 1_000_000,
    }
    assert LLMModel.objects.get(slug="fast").input_cost == Decimal(3)


def test_null_gives_the_list_price_back(api: Api, hub: Platform) -> None:
    api.post(ROUTES, BODY | {"pricing": {"input_cost": "1", "output_cost": "2"}})

    shown = api.patch(ONE, {"pricing": {"input_cost": None}}).json()

    assert shown["pricing"]["input_cost"] is None
    assert shown["pricing"]["output_cost"] == "2"


def test_a_platform_says_how_many_routes_lead_over_it(api: Api, route: Route) -> None:
    hub = "/api/v1/admin/platforms/hub"
    seen = api.get(hub)

    make_route(route.llm, route.platform, slug="second@hub")
    again = api.get(hub, If_None_Match=seen.headers["ETag"])

    assert (again.status_code, again.headers["ETag"]) == (200, seen.headers["ETag"])
    assert (seen.json()["route_count"], again.json()["route_count"]) == (1, 2)
