"""`manage.py recommend`: the same answer as the API's, as a table or for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command, load_command_class

from registry.api.catalogue.asked import RecommendSerializer
from registry.models import Capability
from registry.types import LLMChange
from tests.factories import make_llm, make_platform, make_price, make_provider, make_route
from tests.trail import written

pytestmark = pytest.mark.django_db

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> str:
        call_command("recommend", *arguments)
        return capsys.readouterr().out

    return call


@pytest.fixture(autouse=True)
def catalogue() -> None:
    Capability.objects.create(name="tools", label="Tools")
    provider = make_provider("maker")
    able = LLMChange(capabilities={"tools": True}, needs_connection=False)
    unable = LLMChange(needs_connection=False)
    cheap = make_llm(
        provider=provider, slug="cheap", model_id="cheap-1", context_window=128_000, change=able
    )
    make_llm(provider=provider, slug="plain", model_id="plain-1", change=unable)
    make_price(cheap, "0.5")
    make_price(cheap, "1.5", "output")
    make_route(cheap, make_platform("azure"))


def test_the_table_names_what_is_needed_for_the_call(run: Run) -> None:
    text = run("--requires", "tools", "--prompt-tokens", "1000", "--output-tokens", "1000")

    (line,) = (line for line in text.splitlines() if line.startswith("1 "))
    for cell in ("maker:cheap-1", "128,000", "0.5 / 1.5", "cheap@azure", "0.002"):
        assert cell in line


def test_the_others_are_told_with_their_reasons(run: Run) -> None:
    text = run("--requires", "tools")

    assert "capability_unknown:tools 1" in text
    assert "plain: It is not known whether it has: tools." in text


def test_an_unknown_price_reads_unknown(run: Run) -> None:
    text = run("--excluded", "tools")

    assert "unknown / unknown" in text
    assert "its own endpoint" in text


def test_programs_get_exact_decimals(run: Run) -> None:
    told = json.loads(run("--requires", "tools", "--json", "--objective", "cheapest"))

    assert told["results"] == [
        {
            "model": "cheap",
            "provider": "maker",
            "model_id": "cheap-1",
            "context_window": 128_000,
            "input_cost": "0.5",
            "output_cost": "1.5",
            "route": "cheap@azure",
            "cost": "0.00125",
            "optional": [],
        }
    ]
    assert told["rejected_count"] == 1


def test_of_many_others_the_nearest_are_told_and_the_rest_counted(run: Run) -> None:
    for number in range(8):
        make_llm(slug=f"m{number}", change=LLMChange(needs_connection=False))

    lines = run("--requires", "tools").splitlines()

    assert "not among them: capability_unknown:tools 9" in lines
    assert lines[-1] == "  and 4 more"


def test_every_field_of_the_api_is_an_option(run: Run) -> None:
    names = list(RecommendSerializer().get_fields())
    parser = load_command_class("registry", "recommend").create_parser("", "recommend")

    assert {f"--{name.replace('_', '-')}" for name in names} <= set(parser._option_string_actions)


def test_what_an_answer_must_be_able_to_have_is_a_demand(run: Run) -> None:
    with pytest.raises(CommandError, match=r"no model fits; output_.* 2"):
        run("--max-output", "4000")


def test_the_best_of_a_capability_by_another_name_is_found(run: Run) -> None:
    assert "maker:cheap-1" in run("--requires", "function_calling")


def test_a_question_leaves_no_trail(run: Run) -> None:
    with written() as found:
        run("--requires", "tools")

    assert found == []


def test_nothing_that_fits_is_a_failure_with_reasons(run: Run) -> None:
    with pytest.raises(CommandError, match="no model fits; context_too_small 1, context_unknown 1"):
        run("--min-context", "1000000")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--requires", "telepathy"), "telepathy"),
        (("--max-input-cost", "NaN"), "max_input_cost"),
        (("--prompt-tokens", "-1"), "prompt_tokens"),
        (("--limit", "0"), "limit"),
    ],
)
def test_a_wrong_value_is_named(run: Run, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)
