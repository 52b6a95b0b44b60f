from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audit import context
from audit.models import LogEntry
from tests.factories import make_provider, make_user
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db
LIST = "audit_logentry_changelist"
CSV = "audit_logentry_csv"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def shown(visitor: Visitor, **query: str) -> list[str]:
    """Return the sentences of the list, newest first."""
    rows = visitor.get(LIST, **query).context["cl"].result_list
    return [f"{row.event} {row.object_repr}" for row in rows]


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
