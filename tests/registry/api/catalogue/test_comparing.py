"""Prices side by side, and what is asked about one model."""

from __future__ import annotations

from typing import Any

import pytest

from registry.models import LLMModel
from registry.services.statuses import set_status
from tests.factories import make_price
from tests.registry.api.catalogue.conftest import slugs
from tests.registry.api.client import Api, fields_of
from tests.subcases import case

Shop = dict[str, LLMModel]


def compared(answer: Any) -> dict[str, Any]:
    """Return the rows of a comparison by the slug of the model."""
    assert answer.status_code == 200, answer.content
    return {row.get("model") or row["model_id"]: row for row in answer.json()["results"]}


def test_prices_are_compared_the_cheapest_first(reader: Api, shop: Shop, mount: str) -> None:
    hub = shop["nano"].routes.get(platform__slug="hub")
    make_price(shop["nano"], "0.01", route=hub)

    found = compared(reader.get(f"{mount}/pricing"))

    assert list(found) == ["nano", "mini", "large", "sonnet", "unpriced"]
    assert found["nano"]["list"] == {
        "input_cost": "0.05",
        "output_cost": "0.4",
        "total": "0.00025",
        "missing": [],
    }
    lines = [
        (line.get("platform") or line["platform_id"], line["input_cost"], line["total"])
        for line in found["nano"]["platforms"]
    ]
    assert lines == [("hub", "0.01", "0.00021"), ("direct", "0.05", "0.00025")]


def test_a_price_that_is_missing_is_named(reader: Api, mount: str) -> None:
    found = compared(reader.get(f"{mount}/pricing?models=unpriced"))

    assert found["unpriced"]["list"]["total"] is None
    assert found["unpriced"]["list"]["missing"] == ["input", "output"]
    assert found["unpriced"]["platforms"] == []


def test_models_and_platforms_are_chosen_by_name(reader: Api, shop: Shop, mount: str) -> None:
    by_name = f"{mount}/pricing?models=MINI,{shop['nano'].pk}"

    assert set(compared(reader.get(by_name))) == {"mini", "nano"}
    over = compared(reader.get(f"{mount}/pricing?platforms=hub"))
    assert list(over) == ["nano", "mini"]
    assert {len(row["platforms"]) for row in over.values()} == {1}
    assert compared(reader.get(f"{mount}/pricing?type=embedding")) == {}


def test_the_length_of_the_request_decides(reader: Api, mount: str) -> None:
    asked = "models=nano&prompt_tokens=1000000&output_tokens=0"

    found = compared(reader.get(f"{mount}/pricing?{asked}"))

    assert found["nano"]["list"]["total"] == "0.05"


WRONG_PARAMETERS = (
    *("models=nobody", "models=secret", "models=nano,%40", "platforms=nowhere"),
    *("platforms=hub,nowhere", "prompt_tokens=-1", "prompt_tokens=9223372036854775808"),
    *("output_tokens=NaN", "output_tokens=1e5", "type=speech", "sort=cost", "page=0"),
)


def test_a_wrong_comparison_is_named(subtests: pytest.Subtests, reader: Api, mount: str) -> None:
    for parameter in WRONG_PARAMETERS:
        with case(subtests, parameter=parameter):
            answer = reader.get(f"{mount}/pricing?{parameter}")

            assert answer.status_code == 400, answer.content
            assert fields_of(answer) == {parameter.partition("=")[0]}


def test_a_comparison_has_pages(reader: Api, mount: str) -> None:
    answer = reader.get(f"{mount}/pricing?page_size=2&page=2")

    assert answer.json()["count"] == 5
    assert list(compared(answer)) == ["large", "sonnet"]
    assert reader.get(f"{mount}/pricing?page_size=1000000000").status_code == 200


def test_the_routes_of_a_model_say_whether_they_can_be_used(reader: Api, mount: str) -> None:
    answer = reader.get(f"{mount}/models/mini/routes")

    assert answer.json()["count"] == 2
    assert [row["is_usable"] for row in answer.json()["results"]] == [False, True]


def test_a_route_tells_the_name_that_its_platform_is_sent(reader: Api, mount: str) -> None:
    found = reader.get(f"{mount}/routes/nano@hub").json()

    assert found["model_string"] == "openai/nano"
    assert found["pricing"]["input_cost"] is None
    assert "endpoint_override" not in found


def test_fallbacks_are_platforms_by_priority(reader: Api, shop: Shop, mount: str) -> None:
    found = reader.get(f"{mount}/models/nano/fallbacks").json()

    assert [(step["platform"], step["priority"]) for step in found["results"]] == [
        ("direct", 1),
        ("hub", 2),
    ]
    assert found["count"] == 2
    assert found["best"].get("slug", found["best"].get("route_id")) == "nano@direct"
    set_status(shop["nano"], "deprecated")
    assert reader.get(f"{mount}/models/nano/fallbacks").json()["best"] is None


def test_availability_is_by_platform(reader: Api, mount: str) -> None:
    found = reader.get(f"{mount}/models/mini/availability").json()

    assert found["count"] == 1
    (served,) = found["results"]
    assert served.get("platform", served.get("platform_id")) == "hub"
    assert len(served["routes"]) == 1
    unrouted = reader.get(f"{mount}/models/unpriced/availability").json()
    assert (unrouted["count"], unrouted["results"]) == (0, [])


def test_alternatives_begin_with_the_replacement(reader: Api, shop: Shop, mount: str) -> None:
    set_status(shop["mini"], "deprecated", replacement=shop["nano"])

    assert slugs(reader.get(f"{mount}/models/mini/alternatives")) == ["nano"]


def test_cheaper_models_come_with_route_and_cost(reader: Api, mount: str) -> None:
    answer = reader.get(f"{mount}/models/mini/cheaper?prompt_tokens=1000&output_tokens=500")

    (row,) = answer.json()["results"]
    assert row["total"] == "0.00025"
    assert row["model"]["name"] == "Nano"
    assert row["route"]["is_usable"] is True


WRONG_LENGTHS = (
    "prompt_tokens=-1",
    "output_tokens=9223372036854775808",
    "prompt_tokens=x",
    "limit=1",
)


def test_a_wrong_length_is_named(subtests: pytest.Subtests, reader: Api, mount: str) -> None:
    for query in WRONG_LENGTHS:
        with case(subtests, query=query):
            answer = reader.get(f"{mount}/models/mini/cheaper?{query}")

            assert fields_of(answer) == {query.partition("=")[0]}


QUESTIONS = ("routes", "alternatives", "cheaper", "availability", "fallbacks")


def test_nobody_asks_about_what_he_may_not_know_of(
    subtests: pytest.Subtests, reader: Api, staff: Api, mount: str
) -> None:
    for question in QUESTIONS:
        with case(subtests, question=question):
            for name in ("secret", "nobody", "%00", "%40%40"):
                assert reader.get(f"{mount}/models/{name}/{question}").status_code == 404
            assert staff.get(f"{mount}/models/secret/{question}").status_code == 200
