from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from audit.models import LogEntry
from tests.factories import make_provider
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db
CSV = "audit_logentry_csv"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def lines(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_the_export_has_the_rows_of_the_list(visitor: Visitor) -> None:
    make_provider("acme")
    make_provider("other")

    answer = visitor.get(CSV, q="acme")

    found = lines(answer)
    assert [line["object"] for line in found] == ["acme"]
    assert found[0]["what"] == "created the provider acme"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Type"].startswith("text/csv")
    assert "trail.csv" in answer["Content-Disposition"]


def test_the_export_has_all_pages(visitor: Visitor) -> None:
    for _ in range(60):
        make_provider()

    assert len(lines(visitor.get(CSV, event="provider_created"))) == 60


@pytest.mark.invariant("X2")
def test_the_export_runs_nothing(visitor: Visitor) -> None:
    make_provider("acme", name="x")
    entry = LogEntry.objects.latest("id")
    entry.object_repr = "=cmd|' /C calc'!A0"
    entry.actor_name = "@admin"
    entry.save()

    line = next(line for line in lines(visitor.get(CSV)) if line["event"] == "provider_created")

    assert line["object"] == "'=cmd|' /C calc'!A0"
    assert line["who"] == "'@admin"


def test_a_page_that_is_not_there_leads_back_to_the_list(visitor: Visitor) -> None:
    for _ in range(60):
        make_provider()

    answer = visitor.get(CSV, p="9999")

    assert answer.status_code == 302
