"""Prices in the body and the answer of a model, and at an address of their own."""

from __future__ import annotations

from typing import Any

import pytest

from registry.choices import PriceSource
from registry.models import LLMModel, Price, Route
from registry.services import prices
from tests.factories import make_llm, make_platform, make_price, make_route, make_user
from tests.registry.api.client import (
    MODELS,
    Api,
    body_of_generation,
    create,
    fields_of,
    with_token,
)
from tests.trail import changes, written

PRICING = f"{MODELS}/gpt-4o/pricing"
NOTHING = {"input_cost": None, "output_cost": None, "currency": "USD", "per": 1_000_000}
# As they stand in the body: JSON of our own writing, since a library would not write them.
NEVER = [
    *("-1", "-0.15", "1000000", "1e6", "9223372036854775808", "1" + "0" * 400, "1e400"),
    *("0.0000000001", "1e-10", "2.5000000000000000001", "0.1234567891", "NaN", "Infinity"),
    *('"-1"', '"1e5"', '"1000000"', '"0.0000000001"', '"2.5000000000000000001"', '"NaN"'),
    *('""', '" 1"', '"1,5"', '"0x1"', '"٣"', '"' + "1" * 50_000 + '"', "true", "[]", "[1]", "{}"),
]
GOOD = {
    "0": "0",
    "-0.0": "0",
    "2.5": "2.5",
    "1e5": "100000",
    "1e-9": "0.000000001",
    "0.1": "0.1",
    "999999.999999999": "999999.999999999",
    '"2.50"': "2.5",
    '"0.000000001"': "0.000000001",
    '"999999.999999999"': "999999.999999999",
    "null": None,
}


@pytest.fixture
def llm(catalogue: None) -> LLMModel:
    return make_llm(slug="gpt-4o")


@pytest.fixture
def route(llm: LLMModel) -> Route:
    return make_route(llm, make_platform("azure"))


def test_a_model_is_created_and_shown_with_its_prices(api: Api) -> None:
    with written() as found:
        shown = create(api, body_of_generation(pricing={"input_cost": "2.50", "image_cost": 0.04}))

    assert shown["pricing"] == NOTHING | {"input_cost": "2.5", "image_cost": "0.04"}
    assert shown["revision"] == 1
    assert changes(found.named("model_created"))["pricing.image_cost"] == [None, "0.04"]
    assert api.get(f"{MODELS}/gpt-4o").json() == shown


def test_an_unknown_price_is_null(api: Api) -> None:
    assert create(api, body_of_generation())["pricing"] == NOTHING


def test_prices_that_are_not_named_stay(api: Api) -> None:
    shown = create(api, body_of_generation(pricing={"input_cost": "2", "output_cost": "4"}))

    answer = api.patch(f"{MODELS}/{shown['id']}", {"pricing": {"output_cost": None}})

    assert answer.json()["pricing"] == NOTHING | {"input_cost": "2"}


def test_what_reference_data_says_is_not_typed_by_being_put_back(api: Api, llm: LLMModel) -> None:
    make_price(llm, "2", source=PriceSource.REFERENCE)
    shown = api.get(f"{MODELS}/gpt-4o").json()

    answer = api.put(f"{MODELS}/gpt-4o", {"pricing": shown["pricing"]})

    assert answer.json() == shown
    assert [price.source for price in Price.objects.all()] == ["reference"]


def test_the_prices_of_long_prompts_are_shown_as_tiers(api: Api, llm: LLMModel) -> None:
    make_price(llm, "2")
    make_price(llm, "4", min_prompt_tokens=200_000)
    make_price(llm, "9", unit="output", min_prompt_tokens=200_000)

    pricing = api.get(f"{MODELS}/gpt-4o").json()["pricing"]

    assert pricing["input_cost"] == "2"
    assert pricing["tiers"] == [
        {"min_prompt_tokens": 200_000, "input_cost": "4", "output_cost": "9"}
    ]


def test_a_list_shows_the_prices_of_each(api: Api, llm: LLMModel) -> None:
    make_price(llm, "2", unit="request")
    make_llm(name="Zero")

    answer = api.get(f"{MODELS}?ordering=name")

    (first, second) = (row["pricing"] for row in answer.json()["results"])
    assert (first, second) == (NOTHING | {"request_cost": "2"}, NOTHING)


# PATCH /pricing
# ------------------------------------------------------------------------
def test_prices_are_changed_at_their_own_address(api: Api, llm: LLMModel) -> None:
    with written() as found:
        answer = api.patch(PRICING, {"input_cost": "2.50", "output_cost": 10})

    assert answer.status_code == 200, answer.content
    assert answer.json()["pricing"] == NOTHING | {"input_cost": "2.5", "output_cost": "10"}
    assert found.names == ["price_changed"]
    assert answer.headers["ETag"] == '"2"'


def test_a_price_to_come_says_when_and_where_it_was_read(api: Api, llm: LLMModel) -> None:
    origin = {
        "valid_from": "2999-01-01T00:00:00Z",
        "source_url": "https://example.com/pricing",
        "checked_on": "2026-11-26",
        "min_prompt_tokens": 200_000,
    }

    answer = api.patch(PRICING, {"input_cost": "3"} | origin)

    assert answer.json()["pricing"] == NOTHING
    (row,) = api.get("/api/v1/admin/prices").json()["results"]
    assert {name: row[name] for name in origin} == origin


def test_a_route_gets_prices_of_its_own(api: Api, llm: LLMModel, route: Route) -> None:
    answer = api.patch(PRICING, {"input_cost": "3", "route": "gpt-4o@azure"})

    assert answer.json()["pricing"] == NOTHING
    route.refresh_from_db()
    assert route.input_cost == 3


def test_what_is_said_already_is_not_said_again(api: Api, llm: LLMModel) -> None:
    first = api.patch(PRICING, {"input_cost": "3"})

    again = api.patch(PRICING, {"input_cost": "3.0"})

    assert again.json() == first.json()
    assert Price.objects.count() == 1


def test_nothing_to_change_changes_nothing(api: Api, llm: LLMModel) -> None:
    assert api.patch(PRICING, {}).headers["ETag"] == '"1"'


def test_a_lost_race_is_412(api: Api, llm: LLMModel) -> None:
    prices.append(llm, {"input": 1})  # type: ignore[dict-item]

    answer = api.patch(PRICING, {"input_cost": "2"}, If_Match='"1"')

    assert answer.status_code == 412
    assert api.patch(PRICING, {"input_cost": "2"}, If_Match='"2"').status_code == 200


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("value", NEVER, ids=lambda value: value[:30])
def test_an_amount_that_is_none_is_refused_by_name(api: Api, llm: LLMModel, value: str) -> None:
    make_price(llm, "7")
    at_its_own = api.patch(PRICING, f'{{"cached_input_cost": {value}}}'.encode())
    in_a_body = api.patch(
        f"{MODELS}/gpt-4o", f'{{"pricing": {{"cached_input_cost": {value}}}}}'.encode()
    )

    for answer in (at_its_own, in_a_body):
        assert (answer.status_code, fields_of(answer)) == (400, {"cached_input_cost"}), value[:30]
    assert Price.objects.count() == 1


@pytest.mark.invariant("D4")
@pytest.mark.parametrize(("value", "shown"), GOOD.items())
def test_an_amount_is_kept_as_it_is_written(
    api: Api, llm: LLMModel, value: str, shown: str | None
) -> None:
    make_price(llm, "7")

    answer = api.patch(PRICING, f'{{"input_cost": {value}}}'.encode())

    assert answer.status_code == 200, answer.content
    assert answer.json()["pricing"]["input_cost"] == shown


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"smell_cost": "1"}, "smell_cost"),
        ({"route": "nobody"}, "route"),
        ({"route": 5}, "route"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"min_prompt_tokens": -1}, "min_prompt_tokens"),
        ({"min_prompt_tokens": 2**31}, "min_prompt_tokens"),
        ({"min_prompt_tokens": True}, "min_prompt_tokens"),
        ({"source_url": "ftp://example.com"}, "source_url"),
        ({"checked_on": "soon"}, "checked_on"),
        ({"source": "sync"}, "source"),
    ],
)
def test_a_refusal_names_the_field_and_appends_nothing(
    api: Api, llm: LLMModel, change: dict[str, Any], field: str
) -> None:
    answer = api.patch(PRICING, {"input_cost": "1"} | change)

    assert (answer.status_code, fields_of(answer)) == (400, {field}), answer.content
    assert not Price.objects.exists()


@pytest.mark.parametrize("pricing", [None, [], "2", {"smell_cost": "1"}])
def test_prices_in_a_body_are_an_object_of_units(api: Api, llm: LLMModel, pricing: Any) -> None:
    answer = api.patch(f"{MODELS}/gpt-4o", {"pricing": pricing})

    assert answer.status_code == 400
    assert fields_of(answer) <= {"pricing", "smell_cost"}


def test_prices_need_the_right_to_add_them(llm: LLMModel) -> None:
    rights = ["llmmodel.view", "llmmodel.change"]
    editor = with_token(make_user(staff=True, permissions=rights))
    pricer = with_token(make_user(staff=True, permissions=["llmmodel.view", "price.add"]))

    assert editor.patch(PRICING, {"input_cost": "1"}).status_code == 403
    assert editor.patch(f"{MODELS}/gpt-4o", {"pricing": {"input_cost": "1"}}).status_code == 403
    assert not Price.objects.exists()
    assert pricer.patch(PRICING, {"input_cost": "1"}).status_code == 200


# What else came with prices
# ------------------------------------------------------------------------
def test_settings_parameters_and_speed_are_kept(api: Api) -> None:
    values = {
        "settings": {"region": "eu", "retries": 2, "share": 0.5},
        "known_params": ["seed", "stop"],
        "latency_ms": 320,
        "tokens_per_second": 90.5,
    }

    shown = create(api, body_of_generation(**values))

    assert {name: shown[name] for name in values} == values
    assert shown["deprecated_at"] is None
    changed = api.patch(f"{MODELS}/gpt-4o", {"known_params": None}).json()
    assert changed["known_params"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"settings": []}, "settings"),
        ({"settings": {"a": "\x07"}}, "settings"),
        ({"known_params": "seed"}, "known_params"),
        ({"known_params": ["a b"]}, "known_params"),
        ({"known_params": [""]}, "known_params"),
        ({"known_params": [5]}, "known_params"),
        ({"known_params": ["a" * 1001]}, "known_params"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"latency_ms": "5"}, "latency_ms"),
        ({"tokens_per_second": -0.5}, "tokens_per_second"),
        ({"tokens_per_second": True}, "tokens_per_second"),
    ],
)
def test_what_is_wrong_of_them_is_named(
    api: Api, llm: LLMModel, change: dict[str, Any], field: str
) -> None:
    answer = api.patch(f"{MODELS}/gpt-4o", change)

    assert (answer.status_code, fields_of(answer)) == (400, {field}), answer.content


def test_since_when_a_model_is_deprecated_is_shown_and_not_taken(api: Api, llm: LLMModel) -> None:
    shown = api.patch(f"{MODELS}/gpt-4o/status", {"status": "deprecated"}).json()

    answer = api.patch(f"{MODELS}/gpt-4o", {"deprecated_at": "2020-01-01T00:00:00Z"})

    assert shown["deprecated_at"] > "2026"
    assert answer.json()["deprecated_at"] == shown["deprecated_at"]
    assert answer.json()["warnings"][0] == "Ignored: deprecated_at"
