from __future__ import annotations

import csv
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.admin.compare_prices import MOST_MODELS, PAGE
from registry.choices import LLMStatus, LLMType, RouteStatus
from registry.models import LLMModel
from tests.cases.pages import Node, parse
from tests.factories import make_llm, make_platform, make_price, make_route, make_user
from tests.many_models import add_many
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db


def priced(model_id: str, usd: str | None = None, **columns: Any) -> LLMModel:
    """Add a model; `usd` is its price of input, output is twice as dear."""
    llm = make_llm(model_id=model_id, **columns)
    if usd is not None:
        make_price(llm, usd)
        make_price(llm, str(2 * Decimal(usd)), unit="output")
    return llm


def compare(visitor: Visitor, *llms: LLMModel, **query: Any) -> Any:
    named = {"llm": [str(llm.pk) for llm in llms]} if llms else {}
    answer = visitor.client.get(reverse("admin:choose_prices"), named | query)
    assert answer.status_code == 200
    return answer


def rows(answer: Any) -> list[str]:
    page = parse(answer.content.decode())
    return [node.get("data-compared") for node in page.having("data-compared")]


def row(answer: Any, slug: str) -> Node:
    page = parse(answer.content.decode())
    (found,) = (one for one in page.having("data-compared") if one.get("data-compared") == slug)
    return found


def test_without_a_choice_the_cheapest_that_can_be_chosen_are_listed() -> None:
    priced("dear", "3")
    priced("cheap", "1")
    priced("unknown")
    priced("idle", "0.5", status=LLMStatus.INACTIVE)
    make_llm(LLMType.EMBEDDING)

    answer = compare(Visitor())

    assert rows(answer) == ["cheap", "dear", "unknown"]
    cells = [cell.text() for cell in row(answer, "cheap").find("td")]
    assert cells[1:] == ["its own address", "$1.00", "$2.00", "$0.002"]


def test_unknown_prices_are_said_and_stand_last() -> None:
    half = make_llm(model_id="half")
    make_price(half, "1")
    priced("none")
    priced("known", "9")

    answer = compare(Visitor())

    assert rows(answer)[0] == "known"
    assert "unknown: no price for output" in row(answer, "half").text()
    assert "unknown: no price for input, output" in row(answer, "none").text()
    assert "Of 2 lines a price is not known" in answer.content.decode()


def test_models_are_compared_at_their_cheapest_usable_route() -> None:
    one, other = priced("one", "4"), priced("other", "2")
    make_route(one, make_platform("direct"))
    cheap = make_route(one, make_platform("cheap"), priority=5)
    make_price(one, "1", route=cheap)
    make_price(one, "1", unit="output", route=cheap)
    closed = make_route(one, make_platform("closed"), status=RouteStatus.MAINTENANCE)
    make_price(one, "0", route=closed)

    answer = compare(Visitor(), one, other)

    assert rows(answer) == ["one", "other"]
    assert "one@cheap" in row(answer, "one").text()
    assert "$0.0015" in row(answer, "one").text()


def test_one_model_is_compared_platform_by_platform() -> None:
    llm = priced("one", "2")
    make_route(llm, make_platform("direct"))
    hub = make_route(llm, make_platform("hub"))
    make_price(llm, "1", route=hub)
    make_route(llm, make_platform("shut", status="deprecated"))

    answer = compare(Visitor(), llm)

    routes = [
        node.get("data-route") for node in parse(answer.content.decode()).having("data-route")
    ]
    assert routes == ["one@hub", "one@direct"]
    assert "price of this route" in answer.content.decode()
    assert "Route by route" in answer.content.decode()


def test_one_model_without_routes_is_told_at_list_price() -> None:
    llm = priced("one", "2", status=LLMStatus.DEPRECATED)

    answer = compare(Visitor(), llm)

    assert "its own address" in row(answer, "one").text()
    assert "Deprecated" in row(answer, "one").text()


def test_a_platform_lists_what_it_serves() -> None:
    hub = make_platform("hub")
    make_route(priced("dear", "3"), hub)
    make_route(priced("cheap", "1"), hub)
    make_route(priced("elsewhere", "0.1"), make_platform("other"))
    visitor = Visitor()

    assert rows(compare(visitor, platform="hub")) == ["cheap", "dear"]
    assert len(rows(compare(visitor, platform=["hub", "other"]))) == 3
    make_platform("empty")
    assert "None of these platforms" in compare(visitor, platform="empty").content.decode()


def test_the_cost_is_of_the_request_that_is_named() -> None:
    llm = priced("one", "2")
    make_price(llm, "1", min_prompt_tokens=100_000)

    answer = compare(Visitor(), llm, prompt_tokens="200000", output_tokens="0")

    cells = [cell.text() for cell in row(answer, "one").find("td")]
    assert cells[2:] == ["$1.00", "$4.00", "$0.20"]
    assert "prompts of at least 100,000 tokens" in answer.content.decode()


def test_the_charts_draw_what_the_table_says() -> None:
    priced("one", "2", name="One")
    priced("unknown")

    prices, costs = (json.loads(chart["data"]) for chart in compare(Visitor()).context["charts"])

    assert prices["labels"] == costs["labels"] == ["One"]
    assert [found["data"] for found in prices["datasets"]] == [[2.0], [4.0]]
    assert [found["data"] for found in costs["datasets"]] == [[0.002], [0.002]]


def test_of_many_models_a_page_is_shown() -> None:
    add_many(PAGE + 10)
    visitor = Visitor()

    first, second = compare(visitor), compare(visitor, p="2")

    assert len(rows(first)) == PAGE
    assert len(rows(second)) == 10
    assert rows(first)[0] == "many-00000"
    assert f"1 to {PAGE} of {PAGE + 10}" in first.content.decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"type": "poem"}, "type"),
        ({"llm": "nothing"}, "llm"),
        ({"llm": "00000000-0000-0000-0000-000000000000"}, "llm"),
        ({"platform": "nowhere"}, "platform"),
        ({"prompt_tokens": "-1"}, "prompt_tokens"),
        ({"prompt_tokens": "1e5"}, "prompt_tokens"),
        ({"output_tokens": str(2**63)}, "output_tokens"),
        ({"output_tokens": "NaN"}, "output_tokens"),
    ],
)
def test_a_wrong_value_stands_at_its_field(query: dict[str, str], field: str) -> None:
    priced("one", "1")

    answer = compare(Visitor(), **query)

    assert list(answer.context["form"].errors) == [field]
    assert not rows(answer)


def test_no_more_models_are_compared_than_can_be_read() -> None:
    llms = add_many(MOST_MODELS + 1)

    answer = compare(Visitor(), *llms)

    assert list(answer.context["form"].errors) == ["llm"]


def test_a_nul_in_the_address_is_refused() -> None:
    answer = Visitor().client.get(reverse("admin:choose_prices"), {"platform": "\0"})

    assert answer.status_code == 400


@pytest.mark.invariant("X1")
def test_names_stay_text() -> None:
    priced("img", "1", name="</script><img src=x onerror=alert(1)>")

    assert "<img src=x" not in compare(Visitor()).content.decode()


def test_the_file_has_exact_amounts_and_runs_no_formula() -> None:
    priced("one", "0.000000001", name="=1+1")
    priced("unknown")

    answer = compare(Visitor(), csv="1")
    first, second = csv.DictReader(answer.getvalue().decode().splitlines())

    assert first["name"] == "'=1+1"
    assert first["usd_per_1m_input"] == "0.000000001"
    assert first["usd_of_request"] == "0.000000000002"
    assert (second["usd_of_request"], second["unknown_prices"]) == ("", "input output")


def test_nothing_to_compare_is_said() -> None:
    assert "No model of this type can be chosen yet." in compare(Visitor()).content.decode()


@pytest.mark.invariant("A8")
@pytest.mark.parametrize(
    ("rights", "status"),
    [
        (["llmmodel.view"], 403),
        (["llmmodel.view", "price.view"], 403),
        (["price.view", "route.view"], 403),
        (["llmmodel.view", "price.view", "route.view"], 200),
    ],
)
def test_the_page_follows_the_rights(rights: list[str], status: int) -> None:
    visitor = Visitor(make_user(staff=True, permissions=rights))

    assert visitor.get("choose_prices").status_code == status
    assert visitor.get("choose_prices", csv="1").status_code == status


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("query", [{}, {"platform": True}])
def test_the_number_of_queries_does_not_grow(query: dict[str, Any]) -> None:
    platform = make_platform("hub")
    asked = {"platform": "hub"} if query else {}
    for llm in add_many(50)[:3]:
        make_route(llm, platform)
    visitor = Visitor()
    compare(visitor, **asked)
    with CaptureQueriesContext(database) as few:
        assert rows(compare(visitor, **asked))

    for llm in add_many(500, start=1_000)[:20]:
        make_route(llm, platform)
    with CaptureQueriesContext(database) as many:
        assert len(rows(compare(visitor, **asked))) >= 20

    assert len(many) == len(few)
