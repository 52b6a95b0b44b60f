from __future__ import annotations

from datetime import timedelta

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


def _queries(visitor: Visitor) -> int:
    visitor.get(LIST)
    with CaptureQueriesContext(connection) as captured:
        visitor.get(LIST)
    return len(captured)


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


def test_an_unknown_event_leads_to_the_overview(visitor: Visitor) -> None:
    assert visitor.get(PAGE, 10**30).status_code == 302


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
