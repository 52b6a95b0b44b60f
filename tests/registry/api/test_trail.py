"""The trail by API: read only, newest first, found by whatever is known of an event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import LogEntry
from registry.models import Provider
from registry.services.tokens import create_token
from tests.factories import make_connection, make_llm, make_user
from tests.registry.api.client import KEY, MODELS, Api, code_of, fields_of

AUDIT = "/api/v1/admin/audit"


def events(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["event"] for row in answer.json()["results"]]


def test_an_event_says_who_what_and_from_where(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai, name="Before")
    change = {"name": "After", "api_key": KEY}
    changed = api.patch(f"{MODELS}/{llm.pk}", change, X_Request_ID="job-7")

    row = api.get(f"{AUDIT}?request_id=job-7").json()["results"][0]

    assert changed.headers["X-Request-ID"] == "job-7"
    assert row.pop("at").endswith("Z")
    assert row.pop("id")
    assert row == {
        "event": "model_updated",
        "source": "api",
        "actor": "ada",
        "application": "tests",
        "object": {"type": "model", "id": str(llm.pk), "name": "After"},
        "changes": {"name": ["Before", "After"], "api_key": "changed"},
        "details": {},
        "request_id": "job-7",
        "remote_addr": "127.0.0.1",
    }


def test_the_newest_event_comes_first(api: Api, openai: Provider) -> None:
    make_connection(openai)
    make_llm(provider=openai)

    newest = events(api.get(AUDIT))
    oldest = events(api.get(f"{AUDIT}?ordering=timestamp&page_size=200"))

    assert newest[:2] == ["model_created", "connection_created"]
    assert oldest[0] != newest[0]


def test_one_event_has_an_address(api: Api, openai: Provider) -> None:
    make_llm(provider=openai)
    entry = LogEntry.objects.latest("id")

    assert api.get(f"{AUDIT}/{entry.pk}").json()["event"] == "model_created"
    for name in ("0", "x", "-1", "9" * 30, "٣", "1.0", "%00"):
        assert api.get(f"{AUDIT}/{name}").status_code == 404


def test_nobody_writes_here(api: Api, openai: Provider) -> None:
    make_llm(provider=openai)
    path = f"{AUDIT}/{LogEntry.objects.latest('id').pk}"

    for method, address in (("POST", AUDIT), ("PUT", path), ("PATCH", path), ("DELETE", path)):
        answer = api.call(method, address, {})
        assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")


def test_events_are_found_by_what_is_known(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai, slug="first")
    make_llm(provider=openai)
    connection = make_connection(openai)
    api.patch(f"{MODELS}/{llm.pk}", {"name": "New"})
    create_token(make_user("bob"), application="x", scopes=["catalogue:read"])

    found = {
        query: events(api.get(f"{AUDIT}?{query}"))
        for query in (
            "event=connection_created",
            "source=api",
            "actor=ada",
            "application=tests&event=model_updated",
            f"object={llm.pk}",
            "object=first",
            f"object={connection.pk}",
            "object=unheard-of",
            "type=token&event=token_created&application=",
            "event=unheard_of",
        )
    }

    assert found == {
        "event=connection_created": ["connection_created"],
        "source=api": ["model_updated"],
        "actor=ada": ["model_updated"],
        "application=tests&event=model_updated": ["model_updated"],
        f"object={llm.pk}": ["model_updated", "model_created"],
        "object=first": ["model_updated", "model_created"],
        f"object={connection.pk}": ["connection_created"],
        "object=unheard-of": [],
        "type=token&event=token_created&application=": ["token_created"] * 2,
        "event=unheard_of": [],
    }


def test_events_are_found_by_their_time(api: Api, openai: Provider) -> None:
    make_llm(provider=openai)
    now = timezone.now()
    today, yesterday = now.date(), now.date() - timedelta(days=1)
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    later = (now + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    counts = {
        query: api.get(f"{AUDIT}?event=model_created&{query}").json()["count"]
        for query in (
            f"from={today}",
            f"to={today}",
            f"to={yesterday}",
            f"from={yesterday}&to={today}",
            f"to={later}",
            f"from={later}",
        )
    }

    assert list(counts.values()) == [1, 1, 0, 1, 1, 0]
    assert api.get(f"{AUDIT}?from={moment[:-1]}%2B00:00").status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("source=mail", "source"),
        ("type=cost", "type"),
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("to=2026-01-31T08:00:00", "to"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("object=a%00b", "object"),
        ("ordering=actor", "ordering"),
        ("changes__icontains=key", "changes__icontains"),
        ("page=0", "page"),
    ],
)
def test_what_cannot_be_meant_is_refused(api: Api, query: str, field: str) -> None:
    answer = api.get(f"{AUDIT}?{query}")

    assert (answer.status_code, fields_of(answer)) == (400, {field})


def test_the_name_of_a_deleted_row_stays(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai, name="Gone")
    api.delete(f"{MODELS}/{llm.pk}")

    row = api.get(f"{AUDIT}?object={llm.pk}").json()["results"][0]

    assert row["event"] == "model_deleted"
    assert row["object"] == {"type": "model", "id": str(llm.pk), "name": "Gone"}
