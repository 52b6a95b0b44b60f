"""The examples of docs/selection.md run as they stand, on a small catalogue."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from registry.choices import LLMStatus
from registry.models import Capability, LLMModel
from registry.services.statuses import set_status
from registry.types import LLMChange
from tests.architecture.source import ROOT
from tests.factories import (
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
    make_token,
)

pytestmark = pytest.mark.django_db

PAGE = (ROOT / "docs/selection.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
BODIES = [json.loads(text) for text in re.findall(r"-d '(.*?)'", PAGE, re.DOTALL)]


@pytest.fixture(autouse=True)
def catalogue() -> None:
    names = ("tools", "streaming", "json_mode", "vision")
    for name in names:
        Capability.objects.create(name=name, label=name.title())
    llm = make_llm(
        provider=make_provider("maker"),
        slug="able",
        model_id="able-1",
        context_window=200_000,
        quality_tier="balanced",
        change=LLMChange(capabilities=dict.fromkeys(names, True), needs_connection=False),
    )
    make_price(llm, "0.5")
    make_price(llm, "2", "output")
    make_route(llm, make_platform("azure"))


def run(example: int) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(EXAMPLES[example], "docs/selection.md", "exec"), names)  # noqa: S102
    return names


def test_the_planner_gets_a_name_to_call() -> None:
    assert run(0)["plan_with"] == "maker:able-1"


def test_the_agent_gets_a_model_and_what_else_it_can() -> None:
    names = run(1)

    assert names["chosen"].slug == "able"
    assert names["answer"].results[0].optional == ["vision"]


def test_the_tool_gets_all_compatible_models() -> None:
    assert run(2)["compatible"] == ["able"]


def test_the_flow_ends_with_where_to_call_and_what_it_costs() -> None:
    names = run(3)

    assert names["first"].cost.total == Decimal("0.006")
    assert names["report"].endswith("over Azure: 0.006 US dollars")
    assert names["target"].model_string == "able-1"


def test_every_example_is_run() -> None:
    assert len(EXAMPLES) == 4


def test_the_flow_says_why_there_is_none() -> None:
    set_status(LLMModel.objects.get(), LLMStatus.INACTIVE)

    names = run(3)

    assert names["report"] == "No model fits: {'status': 1}"


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_the_requests_are_answered(client: Client, body: dict[str, Any]) -> None:
    _token, text = make_token()

    answer = client.post(
        "/api/v1/recommend",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )

    assert answer.status_code == 200
    told = answer.json()
    is_best = body.get("quality_tier") == "best"
    assert [row["model"]["slug"] for row in told["results"]] == ([] if is_best else ["able"])
    assert told["reason_counts"] == ({"other_tier": 1} if is_best else {})
