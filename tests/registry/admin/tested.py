"""What a person finds on a page about connection tests, and what he may ask."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from registry.models import ConnectionTest, LLMModel
from tests.cases.pages import Node
from tests.registry.admin.visits import Visitor, of

SEE = ("llmmodel.view", "connectiontest.view")
RUN = (*SEE, "connectiontest.add")
ASKED = {"_form_submitted": "on"}


def ask(
    visitor: Visitor,
    llm: LLMModel,
    *,
    inference: bool = False,
    headers: dict[str, str] | None = None,
) -> Any:
    data = ASKED | ({"inference": "on"} if inference else {})
    return visitor.client.post(of(llm, "run_test"), data, headers=headers)


def live(visitor: Visitor, test: ConnectionTest, seen: str = "") -> Any:
    url = reverse("admin:registry_connectiontest_live", args=[test.pk])
    return visitor.client.get(url, {"seen": seen})


def marked(page: Node, name: str) -> Node:
    (found,) = page.having(f"data-{name}")
    return found


def stages(page: Node) -> dict[str, str]:
    return {node.get("data-stage"): node.text() for node in page.having("data-stage")}


def has(page: Node, name: str) -> bool:
    return bool(list(page.having(f"data-{name}")))


def live_url(test: ConnectionTest) -> str:
    return reverse("admin:registry_connectiontest_live", args=[test.pk])
