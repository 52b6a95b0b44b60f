"""`manage.py cost`: what a request costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from registry.models import LLMModel
from tests.factories import make_llm, make_platform, make_price, make_route, make_user
from tests.trail import written

pytestmark = pytest.mark.django_db

Run = Callable[..., str]
JAN = datetime(2026, 1, 1, tzinfo=UTC)
TOKENS = ("--prompt-tokens", "1000", "--output-tokens", "500")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that asks for a cost and returns what was printed."""

    def call(*arguments: str) -> str:
        call_command("cost", *arguments)
        return capsys.readouterr().out

    return call


@pytest.fixture
def llm() -> LLMModel:
    llm = make_llm(slug="gpt-4o")
    make_price(llm, "2.50", valid_from=JAN, source_name="price list", checked_on=date(2026, 1, 31))
    make_price(llm, "10", unit="output", valid_from=JAN)
    return llm


def test_people_get_a_table_of_the_prices_used_and_the_total(run: Run, llm: LLMModel) -> None:
    text = run("gpt-4o", *TOKENS)

    assert [line.split() for line in text.splitlines()] == [
        ["unit", "price", "per", "cost", "source", "since", "checked"],
        ["input", "2.5", "1,000,000", "0.0025", "price", "list", "2026-01-01", "2026-01-31"],
        ["output", "10", "1,000,000", "0.005", "manual", "2026-01-01", "-"],
        ["total", "0.0075", "US", "dollars"],
    ]


def test_programs_get_json_with_exact_text(run: Run, llm: LLMModel) -> None:
    make_price(llm, "0.123456789", unit="cached_input", valid_from=JAN)

    found = json.loads(run(str(llm.pk), *TOKENS, "--cached-tokens", "1", "--json"))

    assert (found["model"], found["route"]) == ("gpt-4o", None)
    assert found["parts"] == {
        "input": "0.0024975",
        "cached_input": "0.000000123456789",
        "output": "0.005",
    }
    assert found["total"] == "0.007497623456789"
    assert [price["usd"] for price in found["prices"]] == ["2.5", "0.123456789", "10"]
    assert found["prices"][0]["valid_from"] == "2026-01-01T00:00:00+00:00"


def test_a_route_is_asked_for_by_its_name(run: Run, llm: LLMModel) -> None:
    route = make_route(llm, make_platform("azure"))
    make_price(llm, "5", route=route)

    found = json.loads(run("gpt-4o@azure", *TOKENS, "--json"))

    assert (found["model"], found["route"], found["total"]) == ("gpt-4o", "gpt-4o@azure", "0.01")


@pytest.mark.parametrize(
    ("at", "total"), [("2026-01-15", "0.0075"), ("2026-11-01T00:00:00Z", "0.006")]
)
def test_a_past_cost_keeps_its_price(run: Run, llm: LLMModel, at: str, total: str) -> None:
    make_price(llm, "1", valid_from=JAN.replace(month=11))

    found = json.loads(run("gpt-4o", *TOKENS, "--at", at, "--json"))

    assert found["total"] == total


def test_an_unknown_price_ends_with_its_code(run: Run, llm: LLMModel) -> None:
    with pytest.raises(CommandError, match=r"^price_unknown: The price is not known of: Input"):
        run("gpt-4o", *TOKENS, "--at", "2025-12-31")


@pytest.mark.parametrize("name", ["nobody", "gpt-4o@nowhere", "", "a\0b", "0" * 50_000])
def test_an_unknown_name_is_said(run: Run, llm: LLMModel, name: str) -> None:
    with pytest.raises(CommandError, match="there is no model and no route"):
        run(name, *TOKENS)


def test_the_model_of_a_user_is_his_own(run: Run) -> None:
    make_llm(slug="mine", owner=make_user())

    with pytest.raises(CommandError, match="there is no model"):
        run("mine", *TOKENS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--prompt-tokens", "-1", "--output-tokens", "0"), "prompt_tokens"),
        (("--prompt-tokens", "0", "--output-tokens", str(2**31)), "output_tokens"),
        ((*TOKENS, "--cached-tokens", "1001"), "cached_tokens"),
        (("--prompt-tokens", "1e5", "--output-tokens", "0"), "--prompt-tokens"),
        ((*TOKENS, "--at", "soon"), "--at"),
        ((*TOKENS, "--at", "2026-02-30"), "--at"),
        ((*TOKENS, "--at", "2026-01-31T08:00:00"), "--at"),
        (TOKENS[:2], "--output-tokens"),
    ],
)
def test_what_cannot_be_meant_is_named(
    run: Run, llm: LLMModel, arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        run("gpt-4o", *arguments)


def test_a_question_leaves_no_trail(run: Run, llm: LLMModel) -> None:
    with written() as found:
        run("gpt-4o", *TOKENS)

    assert found == []
