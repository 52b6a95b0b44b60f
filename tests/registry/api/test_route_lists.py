"""Routes over the API: who changes what he saw, their order, and lists of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.models import LLMModel, Platform, Provider, Route
from tests.factories import (
    make_connection,
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
    make_user,
)
from tests.registry.api.client import Api, code_of, fields_of, with_token

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


def slugs(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


# Conditions and repeats
# ----------------------------------------------------------------------------
@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_who_saw_another_revision_changes_nothing(api: Api, route: Route, verb: str) -> None:
    body = () if verb == "delete" else ({"status": "inactive"},)

    answer = getattr(api, verb)(ONE, *body, If_Match='"9"')

    assert (answer.status_code, code_of(answer)) == (412, "stale_revision")
    assert Route.objects.get().status == "active"


def test_who_saw_this_revision_changes_it(api: Api, route: Route) -> None:
    tag = api.get(ONE).headers["ETag"]

    answer = api.patch(ONE, {"status": "inactive"}, If_Match=tag)

    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


def test_a_new_price_is_a_new_answer(api: Api, route: Route) -> None:
    tag = api.get(ONE).headers["ETag"]

    make_price(route.llm, "1", route=route)

    answer = api.get(ONE, If_None_Match=tag)
    assert answer.json()["pricing"]["input_cost"] == "1"


def test_a_repeat_under_one_key_creates_once(api: Api, hub: Platform) -> None:
    first, again = (api.post(ROUTES, BODY, Idempotency_Key="a") for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Route.objects.count() == 1


# Priority
# ----------------------------------------------------------------------------
def test_a_route_moves_and_the_others_keep_their_numbers(api: Api, route: Route) -> None:
    other = make_route(route.llm, make_platform(), priority=3)

    answer = api.patch(f"{ONE}/priority", {"priority": 3})

    assert (answer.status_code, answer.json()["priority"]) == (200, 3)
    assert answer.headers["ETag"] == '"2"'
    other.refresh_from_db()
    assert (other.priority, other.revision) == (3, 1)


@pytest.mark.parametrize(
    "body",
    [
        *({"priority": value} for value in (0, -1, True, "1", 1.5, 2**63, 10**6 + 1, None, [1])),
        {},
        {"priority": 2, "status": "inactive"},
    ],
)
def test_what_is_no_priority_is_refused(api: Api, route: Route, body: dict[str, Any]) -> None:
    answer = api.patch(f"{ONE}/priority", body)

    assert answer.status_code == 400, answer.content
    assert fields_of(answer) == ({"status"} if "status" in body else {"priority"})
    route.refresh_from_db()
    assert (route.priority, route.revision) == (1, 1)


def test_a_priority_is_moved_only_by_who_saw_it(api: Api, route: Route) -> None:
    answer = api.patch(f"{ONE}/priority", {"priority": 2}, If_Match='"9"')

    assert (answer.status_code, code_of(answer)) == (412, "stale_revision")
    assert api.patch(f"{ROUTES}/x@hub/priority", {"priority": 2}).status_code == 404


# Lists
# ----------------------------------------------------------------------------
def test_a_list_narrows_by_what_a_route_joins(api: Api, route: Route) -> None:
    maker = make_provider("maker", aliases=["mk"])
    account = make_connection(maker)
    other = make_llm(slug="slow", provider=maker, name="Tortoise")
    make_route(other, make_platform("edge"), status="inactive", connection=account, priority=4)
    edge = ["slow@edge"]

    assert slugs(api.get(ROUTES)) == ["fast@hub", "slow@edge"]
    assert slugs(api.get(f"{ROUTES}?status=inactive")) == edge
    assert slugs(api.get(f"{ROUTES}?platform=edge")) == edge
    assert slugs(api.get(f"{ROUTES}?model=slow")) == edge
    assert slugs(api.get(f"{ROUTES}?model={other.pk}")) == edge
    assert slugs(api.get(f"{ROUTES}?provider=mk")) == edge
    assert slugs(api.get(f"{ROUTES}?connection={account.pk}")) == edge
    assert slugs(api.get(f"{ROUTES}?q=tortoise")) == edge
    assert slugs(api.get(f"{ROUTES}?q=%25")) == []
    assert slugs(api.get(f"{ROUTES}?ordering=-priority")) == ["slow@edge", "fast@hub"]
    assert slugs(api.get(f"{ROUTES}?platform=edge&status=active")) == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("status=asleep", "status"),
        ("platform=nobody", "platform"),
        ("model=nobody", "model"),
        ("provider=nobody", "provider"),
        ("connection=x", "connection"),
        ("ordering=settings", "ordering"),
        ("colour=red", "colour"),
        ("page_size=x", "page_size"),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, route: Route, query: str, name: str) -> None:
    answer = api.get(f"{ROUTES}?{query}")

    assert (answer.status_code, fields_of(answer)) == (400, {name})


def test_a_page_asks_no_row_anything(api: Api, route: Route) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            assert api.get(f"{ROUTES}?page_size=100").status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(8):
        maker = make_provider()
        account = make_connection(maker, api_url="https://own.example")
        make_route(make_llm(provider=maker), connection=account, priority=number + 1)

    assert queries() == few


def test_platforms_narrow_by_status_and_provider(api: Api, route: Route) -> None:
    make_platform("old", status="deprecated")
    api.patch("/api/v1/admin/platforms/hub", {"providers": ["openai"]})
    platforms = "/api/v1/admin/platforms"

    assert slugs(api.get(f"{platforms}?status=deprecated")) == ["old"]
    assert slugs(api.get(f"{platforms}?provider=openai")) == ["hub"]
    assert slugs(api.get(f"{platforms}?provider=google")) == []
    assert fields_of(api.get(f"{platforms}?provider=nobody")) == {"provider"}
    assert fields_of(api.get(f"{platforms}?status=asleep")) == {"status"}


def test_providers_narrow_by_status_and_platform(api: Api, route: Route) -> None:
    make_provider("old", status="deprecated")
    api.patch("/api/v1/admin/platforms/hub", {"providers": ["openai", "google"]})
    providers = "/api/v1/admin/providers"

    assert slugs(api.get(f"{providers}?status=deprecated")) == ["old"]
    assert sorted(slugs(api.get(f"{providers}?platform=hub"))) == ["gemini", "openai"]
    assert slugs(api.get(f"{providers}?platform=hub&q=gem")) == ["gemini"]
    for wrong in ("nobody", "", "%00", "x" * 5000):
        assert api.get(f"{providers}?platform={wrong}").status_code == 400


# Rights
# ----------------------------------------------------------------------------
def test_who_reads_sees_routes_and_changes_none(route: Route) -> None:
    reader = with_token(make_user(staff=True, groups=["readers"]))

    assert reader.get(ONE).status_code == 200
    for answer in (
        reader.post(ROUTES, BODY),
        reader.patch(ONE, {"status": "inactive"}),
        reader.patch(f"{ONE}/priority", {"priority": 2}),
        reader.delete(ONE),
    ):
        assert (answer.status_code, code_of(answer)) == (403, "permission_denied")
    route.refresh_from_db()
    assert route.revision == 1


def test_who_operates_may_do_all(route: Route) -> None:
    operator = with_token(make_user(staff=True, groups=["operators"]))

    assert operator.patch(f"{ONE}/priority", {"priority": 2}).status_code == 200
    assert operator.delete(ONE).status_code == 204
    assert operator.post(ROUTES, BODY).status_code == 201
