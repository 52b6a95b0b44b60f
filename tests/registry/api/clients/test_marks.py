"""Quota marks and suspensions over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from registry.models import ClientModel
from registry.services import clients
from registry.services.clock import database_now
from tests.factories import make_client
from tests.registry.api.client import Api, code_of, fields_of
from tests.trail import written

pytestmark = pytest.mark.django_db

M1 = "/api/v1/clients/c1/models/m1"
MARKS = ("quota", "suspension")


@pytest.fixture(autouse=True)
def c1(db: None) -> None:
    make_client("c1", "m1", "m1", "m2", provider="openai")


def state(reporter: Api) -> tuple[str, int]:
    answer = reporter.get("/api/v1/availability/m1").json()
    return answer["clients"][0]["state"], answer["count"]


def test_a_quota_mark_ends_by_itself_after_the_usual_window(
    reporter: Api, settings: Settings
) -> None:
    settings.REGISTRY_QUOTA_SECONDS = 300
    before = database_now()

    answer = reporter.put(f"{M1}/quota", {})

    until = datetime.fromisoformat(answer.json()["until"])
    assert answer.status_code == 200
    assert answer.json()["state"] == "cooling"
    assert timedelta(seconds=300) <= until - before < timedelta(seconds=360)
    assert state(reporter) == ("cooling", 0)
    assert clients.count("m1", now=until) == 2


@pytest.mark.parametrize("body", [b"", None, {}, {"retry_after": None}])
def test_nothing_said_is_the_usual_window(reporter: Api, body: Any) -> None:
    assert reporter.put(f"{M1}/quota", body).json()["state"] == "cooling"


@pytest.mark.parametrize("seconds", [1, 7200, 31 * 86_400])
def test_the_window_is_as_long_as_the_provider_says(reporter: Api, seconds: int) -> None:
    answer = reporter.put(f"{M1}/quota", {"retry_after": seconds})

    assert answer.status_code == 200
    row = ClientModel.objects.of("c1", "m1").get()
    assert row.quota_until is not None
    assert row.quota_marked_at is not None
    assert row.quota_until - row.quota_marked_at == timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [0, -1, 31 * 86_400 + 1, "60", True, 1.5, [], 10**30])
def test_a_window_that_cannot_be_is_refused(reporter: Api, seconds: Any) -> None:
    answer = reporter.put(f"{M1}/quota", {"retry_after": seconds})

    assert (answer.status_code, fields_of(answer)) == (400, {"retry_after"})
    assert state(reporter) == ("ready", 2)


def test_a_suspension_lasts_until_it_is_resumed(reporter: Api) -> None:
    answer = reporter.put(f"{M1}/suspension", {"reason": "disabled by admin"})

    assert answer.status_code == 200
    assert answer.json() | {"changed_at": ""} == {
        "client": "c1",
        "id": "m1",
        "seats": 2,
        "state": "off",
        "until": None,
        "reason": "disabled by admin",
        "changed_at": "",
    }
    assert state(reporter) == ("off", 0)
    assert reporter.delete(f"{M1}/suspension").status_code == 204
    assert state(reporter) == ("ready", 2)


@pytest.mark.parametrize("mark", MARKS)
def test_twice_the_same_is_once(reporter: Api, mark: str) -> None:
    with written() as events:
        put = [reporter.put(f"{M1}/{mark}", {}).status_code for _ in range(2)]
        gone = [reporter.delete(f"{M1}/{mark}").status_code for _ in range(2)]

    assert (put, gone) == ([200, 200], [204, 204])
    expected = {"quota": [], "suspension": ["client_suspended", "client_resumed"]}
    assert events.names == expected[mark]


def test_the_first_reason_stays_unless_it_was_quota(reporter: Api) -> None:
    reasons = [
        reporter.put(f"{M1}/suspension", {"reason": reason}).json()["reason"]
        for reason in (" Quota ", "broken", "quota", "other")
    ]

    assert reasons[1:] == ["broken", "broken", "broken"]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("path", ["c1/models/m3", "c2/models/m1", "C1/models/m1", "c1/models/M1"])
def test_a_mark_on_what_is_not_registered_does_nothing(reporter: Api, path: str, mark: str) -> None:
    before = list(ClientModel.objects.order_by("pk").values())

    with written() as events:
        for answer in (
            reporter.put(f"/api/v1/clients/{path}/{mark}", {}),
            reporter.delete(f"/api/v1/clients/{path}/{mark}"),
        ):
            assert (answer.status_code, code_of(answer)) == (404, "not_registered")

    assert events.names == []
    assert list(ClientModel.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("reason", ["x" * 301, 5, ["a"], "a\nb"])
def test_a_reason_is_one_short_line(reporter: Api, reason: Any) -> None:
    answer = reporter.put(f"{M1}/suspension", {"reason": reason})

    assert (answer.status_code, fields_of(answer)) == (400, {"reason"})
    assert state(reporter) == ("ready", 2)


@pytest.mark.parametrize("mark", MARKS)
def test_an_unknown_word_is_refused(reporter: Api, mark: str) -> None:
    answer = reporter.put(f"{M1}/{mark}", {"seconds": 5})

    assert (answer.status_code, fields_of(answer)) == (400, {"seconds"})


def test_registering_again_ends_the_marks(reporter: Api) -> None:
    for mark in MARKS:
        reporter.put(f"{M1}/{mark}", {})

    reporter.put("/api/v1/clients/c1", {"provider": "openai", "models": [{"id": "m1"}]})

    assert state(reporter) == ("ready", 1)
