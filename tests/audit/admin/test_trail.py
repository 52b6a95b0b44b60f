from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from audit import context, events
from audit.models import LogEntry
from registry.services.providers import delete_provider, save_provider
from registry.types import Change
from tests.factories import make_llm, make_provider, make_user
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db
LIST = "audit_logentry_changelist"
PAGE = "audit_logentry_change"
CSV = "audit_logentry_csv"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def shown(visitor: Visitor, **query: str) -> list[str]:
    """Return the sentences of the list, newest first."""
    rows = visitor.get(LIST, **query).context["cl"].result_list
    return [f"{row.event} {row.object_repr}" for row in rows]


def lines(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_the_list_says_when_who_from_where_and_what(visitor: Visitor) -> None:
    with context.use(source="api", actor=visitor.user, application="chatbot"):
        provider = make_provider("acme")

    text = visitor.text(LIST)

    assert f"{visitor.user.username} with chatbot" in text
    assert "API" in text
    assert "created the provider acme" in text
    assert "just now" in text
    link = reverse("admin:registry_provider_change", args=(provider.pk,))
    assert link in [node.get("href") for node in visitor.node(LIST).find("a")]


def test_an_object_that_is_gone_is_named_without_a_link(visitor: Visitor) -> None:
    provider = make_provider("acme")
    link = reverse("admin:registry_provider_change", args=(provider.pk,))
    delete_provider(provider)

    page = visitor.node(LIST)

    assert "deleted the provider acme" in page.text()
    assert link not in [node.get("href") for node in page.find("a")]


def test_an_event_opens_to_before_and_after(visitor: Visitor) -> None:
    provider = make_provider("acme")
    provider.name = "Renamed"
    save_provider(provider, Change(frozenset({"name"})))
    entry = LogEntry.objects.get(event="provider_updated")

    text = visitor.text(PAGE, entry.pk)

    assert "Before After" in text
    assert "name Acme Renamed" in text
    assert str(entry.cid) in text


def test_the_facts_of_an_event_are_on_its_page(visitor: Visitor) -> None:
    events.record("model_delete_blocked", make_llm(name="Fast"), knowledge_bases=["Docs"])
    entry = LogEntry.objects.get(event="model_delete_blocked")

    text = visitor.text(PAGE, entry.pk)

    assert "knowledge bases Docs" in text
    assert "Before" not in text


@pytest.mark.invariant("A8")
@pytest.mark.parametrize("page", ["add", "change", "delete"])
def test_nobody_writes_on_the_trail(visitor: Visitor, page: str) -> None:
    make_provider("acme")
    entry = LogEntry.objects.latest("id")
    count = LogEntry.objects.count()
    args = () if page == "add" else (entry.pk,)

    answer = visitor.post(f"audit_logentry_{page}", *args, post="yes", event="nothing")

    entry.refresh_from_db()
    assert answer.status_code == 403
    assert entry.event == "provider_created"
    assert LogEntry.objects.count() == count


@pytest.mark.invariant("A8")
def test_no_bulk_action_deletes_entries(visitor: Visitor) -> None:
    make_provider("acme")
    count = LogEntry.objects.count()
    chosen = [str(entry.pk) for entry in LogEntry.objects.all()]

    visitor.post(LIST, action="delete_selected", _selected_action=chosen, post="yes")

    assert LogEntry.objects.count() == count


@pytest.mark.invariant("A8")
@pytest.mark.parametrize("page", [LIST, CSV])
def test_the_trail_needs_the_right_to_see_it(page: str) -> None:
    stranger = Visitor(make_user(staff=True, groups=["readers"]))
    operator = Visitor(make_user(staff=True, groups=["operators"]))

    assert stranger.get(page).status_code == 403
    assert operator.get(page).status_code == 200


def test_an_event_has_no_history_of_its_own(visitor: Visitor) -> None:
    make_provider("acme")
    entry = LogEntry.objects.latest("id")

    answer = visitor.get("audit_logentry_history", entry.pk)

    assert answer["Location"] == reverse(f"admin:{PAGE}", args=(entry.pk,))


def test_the_list_narrows_to_an_event_a_source_and_a_kind(visitor: Visitor) -> None:
    with context.use(source="command"):
        make_provider("acme")
    make_user("anna")

    assert shown(visitor, event="provider_created") == ["provider_created acme"]
    assert shown(visitor, source="command") == ["provider_created acme"]
    assert "provider_created acme" not in shown(visitor, object_type="auth.user")
    assert "user_created anna" in shown(visitor, object_type="auth.user")


def test_the_list_narrows_to_a_person_or_an_application(visitor: Visitor) -> None:
    anna = make_user("anna")
    with context.use(source="api", actor=anna, application="chatbot"):
        make_provider("acme")
    make_provider("other")

    assert shown(visitor, who="anna") == ["provider_created acme"]
    assert shown(visitor, who="chatbot") == ["provider_created acme"]
    assert shown(visitor, who="nobody-else") == []


def test_the_list_narrows_to_one_object(visitor: Visitor) -> None:
    provider = make_provider("acme")
    make_provider("other")

    found = shown(visitor, object_type="registry.provider", object_pk=str(provider.pk))

    assert found == ["provider_created acme"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"timestamp_from": "2026-03-02"}, False),
        ({"timestamp_from": "2026-03-01"}, True),
        ({"timestamp_to": "2026-03-01"}, True),
        ({"timestamp_to": "2026-02-28"}, False),
        ({"timestamp_from": "2026-03-01", "timestamp_to": "2026-03-01"}, True),
        ({"timestamp_from": "soon", "timestamp_to": "2026-13-45"}, True),
    ],
)
def test_a_period_is_whole_days(visitor: Visitor, query: dict[str, str], found: bool) -> None:
    make_provider("acme")
    entry = LogEntry.objects.latest("id")
    entry.timestamp = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    entry.save()

    assert ("provider_created acme" in shown(visitor, **query)) is found


def test_a_search_finds_names_and_requests(visitor: Visitor) -> None:
    with context.use(source="api", request_id="abc-123"):
        make_provider("acme")
    make_provider("other")

    assert shown(visitor, q="CME") == ["provider_created acme"]
    assert shown(visitor, q="abc-123") == ["provider_created acme"]
    assert shown(visitor, q="abc") == []


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("term", ["%_%_%_%", "x" * 50_000, "\u202e=", "' OR 1=1 --"])
def test_no_search_breaks_the_list(visitor: Visitor, term: str) -> None:
    make_provider("acme")

    assert shown(visitor, q=term) == []


@pytest.mark.invariant("S12")
@pytest.mark.parametrize(
    "name",
    [
        "actor__password__startswith",
        "actor__email",
        "changes__contains",
        "remote_addr__regex",
        "timestamp__gte",
        "nonsense",
    ],
)
@pytest.mark.parametrize("page", [LIST, CSV])
def test_other_columns_cannot_be_asked(visitor: Visitor, page: str, name: str) -> None:
    assert visitor.get(page, **{name: "("}).status_code == 400


@pytest.mark.parametrize("page", [LIST, CSV])
def test_a_nul_is_refused(visitor: Visitor, page: str) -> None:
    assert visitor.get(page, who="a\0b").status_code == 400


def test_an_unknown_event_leads_to_the_overview(visitor: Visitor) -> None:
    assert visitor.get(PAGE, 10**30).status_code == 302


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


@pytest.mark.invariant("X1")
def test_nothing_told_becomes_markup(visitor: Visitor) -> None:
    make_provider("acme", name="<img src=x onerror=alert(1)>")
    provider_entry = LogEntry.objects.latest("id")
    provider_entry.object_repr = "<script>alert(1)</script>"
    provider_entry.save()

    for page, args in ((LIST, ()), (PAGE, (provider_entry.pk,))):
        body = visitor.get(page, *args).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body


@pytest.mark.invariant("X4")
def test_the_list_asks_no_row_anything(
    visitor: Visitor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        make_provider()
    few = _queries(visitor)
    for _ in range(40):
        make_provider()
    now = timezone.now()
    for entry in LogEntry.objects.filter(event="provider_created")[:5]:
        entry.timestamp = now - timedelta(days=1)
        entry.save()

    with django_assert_num_queries(few):
        assert visitor.get(LIST).status_code == 200
    assert few <= 12


def _queries(visitor: Visitor) -> int:
    visitor.get(LIST)
    with CaptureQueriesContext(connection) as captured:
        visitor.get(LIST)
    return len(captured)
