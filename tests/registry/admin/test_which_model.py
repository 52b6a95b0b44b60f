from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.choices import LLMStatus, RouteStatus
from registry.models import LLMModel
from registry.types import LLMChange, Secret
from tests.cases.pages import Node
from tests.factories import (
    API_KEY,
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
    make_user,
)
from tests.many_models import add_many
from tests.registry.admin.visitor import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("capabilities")]

ASKED = {"type": "generation"}


def able(*names: str, usd: str | None = None, **columns: Any) -> LLMModel:
    """Add a model; `usd` is its price of both input and output."""
    change = LLMChange(api_key=Secret(API_KEY), capabilities=dict.fromkeys(names, True))
    llm = make_llm(change=change, **columns)
    for unit in ("input", "output") if usd else ():
        make_price(llm, usd, unit=unit)
    return llm


def ask(visitor: Visitor, **query: Any) -> Node:
    return visitor.node("choose_which_model", **ASKED | query)


def answer(page: Node) -> list[str]:
    return [node.get("data-ranked") for node in page.having("data-ranked")]


def errors(visitor: Visitor, **query: Any) -> dict[str, list[str]]:
    found = visitor.get("choose_which_model", **ASKED | query)
    assert found.status_code == 200
    assert "is_answered" not in found.context
    return dict(found.context["form"].errors)


def test_the_page_begins_with_the_question() -> None:
    able(model_id="one")

    page = Visitor().node("choose_which_model")

    assert not answer(page)
    assert not list(page.having("data-answer"))
    (tokens,) = (node for node in page.find("input") if node.get("name") == "prompt_tokens")
    assert tokens.get("value") == "1000"


def test_the_answer_is_ranked_with_route_and_cost() -> None:
    dear = able(model_id="dear", usd="4", context_window=200_000, tokens_per_second=80)
    able(model_id="cheap", usd="1")
    route = make_route(dear, make_platform("hub"))
    visitor = Visitor()

    page = ask(visitor, prompt_tokens="100000", output_tokens="50000")

    assert answer(page) == ["cheap", "dear"]
    row = list(page.having("data-ranked"))[1].text()
    for text in ("2", "$4.00 / $4.00", "$0.60", "dear@hub", "200,000 tokens", "80 tokens/s"):
        assert text in row, text
    links = [node.get("href") for node in page.find("a")]
    assert reverse("admin:registry_llmmodel_change", args=[dear.pk]) in links
    assert reverse("admin:registry_route_change", args=[route.pk]) in links


def test_unknown_prices_are_words() -> None:
    able(model_id="one")

    (row,) = ask(Visitor()).having("data-ranked")

    assert "unknown / unknown" in row.text()
    assert "$" not in row.text()


def test_the_address_alone_gives_the_same_answer() -> None:
    able("tools", model_id="able")
    able(model_id="plain")
    visitor = Visitor()

    page = visitor.node("choose_which_model", requires="tools")

    assert answer(page) == ["able"]
    (box,) = (
        node
        for node in page.find("input")
        if (node.get("name"), node.get("value")) == ("requires", "tools")
    )
    assert "checked" in box.attributes


def test_optional_ones_that_held_are_named() -> None:
    able("tools", "vision", model_id="both")
    able("tools", model_id="one")
    able(model_id="none")
    visitor = Visitor()
    query = "?type=generation&optional=tools&optional=vision"

    page = visitor.client.get(reverse("admin:choose_which_model") + query)

    rows = [row.ranked.llm.slug for row in page.context["answer"]]
    assert rows == ["both", "one", "none"]
    assert [row.optional for row in page.context["answer"]] == ["Tools, Vision", "Tools", ""]
    assert "none of them" in page.content.decode()


def test_the_rejected_are_grouped_and_the_nearest_named_with_every_reason() -> None:
    able("tools", model_id="fits", context_window=200_000)
    able("tools", model_id="small", context_window=8_000)
    able(model_id="far", context_window=8_000, status=LLMStatus.INACTIVE)
    visitor = Visitor()

    page = ask(visitor, requires="tools", min_context="100000")

    assert answer(page) == ["fits"]
    groups = {
        node.get("data-reason"): [cell.text() for cell in node.find("td")][1]
        for node in page.having("data-reason")
    }
    assert groups == {"context_too_small": "2", "capability_unknown:tools": "1", "status": "1"}
    near = {node.get("data-near"): node.text() for node in page.having("data-near")}
    assert list(near) == ["small", "far"]
    assert "context window is too small" in near["small"]
    for text in ("context window is too small", "tools", "neither active nor beta"):
        assert text in near["far"], text


def test_nothing_fits_says_what_rejects_most_and_what_to_loosen() -> None:
    for _ in range(3):
        able("tools", usd="5")
    able(usd="1")

    page = ask(Visitor(), requires="tools", max_input_cost="2")

    (empty,) = page.having("data-empty")
    assert "No model fits." in empty.text()
    assert "input price is too high" in empty.text()
    assert "3 models" in empty.text()
    assert "Allow a higher input price" in empty.text()


def test_every_reason_has_words_and_a_way_out() -> None:
    """Whatever selection rejects for, the page says what would let more in."""
    make_platform("hub")
    make_provider("nobody")
    able("vision", model_id="far", usd="9", context_window=2_000, max_output_tokens=10)
    able(model_id="unknown")
    idle = able(model_id="idle", status=LLMStatus.INACTIVE, tokens_per_second=1)
    make_route(idle, status=RouteStatus.INACTIVE)
    visitor = Visitor()
    asked = {
        **{"requires": "tools", "excluded": "vision", "min_context": "3000", "max_context": "1100"},
        **{"min_output": "20", "max_input_cost": "1", "max_output_cost": "1"},
        **{"min_speed_tps": "2", "quality_tier": "best", "provider": "nobody", "platform": "hub"},
        **{"family": "none", "tags": "none", "prompt_tokens": "4000", "objective": "cheapest"},
    }

    found = visitor.get("choose_which_model", **ASKED | asked)

    assert len(found.context["groups"]) >= 17
    for group in found.context["groups"]:
        assert group.message, group.code
        assert group.advice, group.code
    found = visitor.get("choose_which_model", **ASKED, objective="cheapest")
    groups = {group.code: group.advice for group in found.context["groups"]}
    assert groups["price_unknown"]


def test_a_contradiction_is_said() -> None:
    able("tools")

    page = ask(Visitor(), requires="tools", excluded="tools")

    assert answer(page) == []
    assert "Needed and not wanted at once: Tools" in page.text()


def test_an_empty_catalogue_is_said() -> None:
    assert "No model of this type is registered." in ask(Visitor()).text()


def test_provider_and_platform_are_asked_by_name() -> None:
    maker, hub = make_provider("maker"), make_platform("hub")
    able(model_id="made", provider=maker)
    make_route(able(model_id="served"), hub)
    make_route(able(model_id="idle"), hub, status=RouteStatus.INACTIVE)
    visitor = Visitor()

    assert answer(ask(visitor, provider="maker")) == ["made"]
    assert answer(ask(visitor, platform="hub")) == ["served"]


def test_the_selects_are_asked_while_typing() -> None:
    make_provider("maker")
    make_platform("hub")
    visitor = Visitor()

    assert visitor.get("choose_provider", term="mak").json() == {
        "results": [{"id": "maker", "text": "maker"}]
    }
    assert visitor.get("choose_platform", term="nothing").json() == {"results": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"type": "poem"}, "type"),
        ({"objective": "nicest"}, "objective"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1000000000"}, "limit"),
        ({"prompt_tokens": "-1"}, "prompt_tokens"),
        ({"prompt_tokens": "1e5"}, "prompt_tokens"),
        ({"output_tokens": str(2**63)}, "output_tokens"),
        ({"output_tokens": "true"}, "output_tokens"),
        ({"min_context": "-5"}, "min_context"),
        ({"max_context": "9" * 5000}, "max_context"),
        ({"min_output": "many"}, "min_output"),
        ({"max_input_cost": "NaN"}, "max_input_cost"),
        ({"max_input_cost": "-0.01"}, "max_input_cost"),
        ({"max_output_cost": "Infinity"}, "max_output_cost"),
        ({"max_output_cost": "1e999999"}, "max_output_cost"),
        ({"min_speed_tps": "NaN"}, "min_speed_tps"),
        ({"min_speed_tps": "-1"}, "min_speed_tps"),
        ({"quality_tier": "superb"}, "quality_tier"),
        ({"requires": "flying"}, "requires"),
        ({"optional": "<script>"}, "optional"),
        ({"provider": "nobody"}, "provider"),
        ({"platform": "nowhere"}, "platform"),
        ({"family": "x" * 50_000}, "family"),
        ({"tags": "x" * 300}, "tags"),
        ({"tags": ",".join(f"tag{n}" for n in range(60))}, "tags"),
        ({"cost_tier": "cheap"}, "__all__"),
    ],
)
def test_a_wrong_value_stands_at_its_field(query: dict[str, str], field: str) -> None:
    able()

    assert list(errors(Visitor(), **query)) == [field]


def test_a_nul_in_the_address_is_refused() -> None:
    assert Visitor().get("choose_which_model", family="\0").status_code == 400


@pytest.mark.invariant("X1")
def test_what_was_typed_stays_text() -> None:
    able(name='"><img src=x onerror=alert(1)>', model_id="img")
    page = Visitor().get(
        "choose_which_model", type="generation", family='"><img src=x onerror=alert(1)>'
    )

    assert "<img src=x" not in page.content.decode()


@pytest.mark.invariant("A8")
def test_the_page_follows_the_rights() -> None:
    make_route(able(model_id="one", usd="3"), make_platform("hub"))
    stranger = Visitor(make_user(staff=True, permissions=["provider.view"]))
    looker = Visitor(make_user(staff=True, permissions=["llmmodel.view"]))

    assert stranger.get("choose_which_model").status_code == 403
    page = ask(looker)
    assert answer(page) == ["one"]
    assert "$" not in page.text()
    assert "one@hub" not in page.text()
    assert "__all__" in errors(looker, max_input_cost="1")
    assert looker.get("choose_provider").status_code == 403


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("objective", ["best", "cheapest", "fastest", "context"])
def test_the_number_of_queries_does_not_grow(objective: str) -> None:
    query = {"objective": objective, "requires": "tools", "limit": "50"}
    add_many(50)
    visitor = Visitor()
    ask(visitor, **query)
    with CaptureQueriesContext(database) as few:
        assert answer(ask(visitor, **query))

    add_many(500, start=1_000)
    with CaptureQueriesContext(database) as many:
        assert len(answer(ask(visitor, **query))) == 50

    assert len(many) == len(few)
