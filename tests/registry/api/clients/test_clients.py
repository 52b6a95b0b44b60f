"""Registering, listing and asking clients over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from registry.models import Client, ClientModel
from tests.factories import make_client
from tests.registry.api.client import Api, code_of, fields_of
from tests.trail import written

pytestmark = pytest.mark.django_db

CLIENTS = "/api/v1/clients"
C1 = f"{CLIENTS}/c1"
BODY: dict[str, Any] = {
    "provider": " OpenAI ",
    "models": [{"id": "m1", "created": 5}, {"id": "m1"}, {"id": "m2", "name": "Second"}],
}


def held(answer: Any) -> dict[str, tuple[int, str]]:
    return {row["id"]: (row["seats"], row["state"]) for row in answer.json()["models"]}


def test_a_registration_says_what_it_added(reporter: Api) -> None:
    answer = reporter.put(C1, BODY)

    assert answer.status_code == 201
    assert answer.json() == {
        "client": "c1",
        "provider": "openai",
        "registered": True,
        "model_count": 2,
        "added": ["m1", "m2"],
        "removed": [],
        "changed": [],
    }


def test_the_same_registration_again_changes_nothing(reporter: Api) -> None:
    reporter.put(C1, BODY)

    with written() as events:
        answer = reporter.put(C1, BODY)

    assert answer.status_code == 200
    assert (answer.json()["added"], answer.json()["changed"]) == ([], [])
    assert events.names == []
    assert Client.objects.count() == 1


def test_a_registration_replaces_the_earlier_one_and_says_how(reporter: Api) -> None:
    reporter.put(C1, BODY)

    answer = reporter.put(C1, {"provider": "gemini", "models": [{"id": "m3"}, {"id": "m1"}]})

    found = answer.json()
    assert (found["added"], found["removed"], found["changed"]) == (["m3"], ["m2"], ["m1"])
    assert held(reporter.get(C1)) == {"m3": (1, "ready"), "m1": (1, "ready")}


def test_an_empty_list_unregisters(reporter: Api) -> None:
    reporter.put(C1, BODY)

    answer = reporter.put(C1, {"provider": "openai", "models": [None, {"id": " "}]})

    assert answer.status_code == 200
    assert answer.json()["registered"] is False
    assert code_of(reporter.get(C1)) == "not_registered"


def test_null_entries_and_blank_ids_are_skipped(reporter: Api) -> None:
    answer = reporter.put(C1, {"provider": "", "models": [None, {"id": ""}, {"id": " m1 "}]})

    assert answer.json()["added"] == ["m1"]


def test_unknown_words_of_an_info_are_ignored_and_named(reporter: Api) -> None:
    models = [{"id": "m1", "colour": "red", "thinking": {"mood": 1}}, {"id": "m2", "size": 3}]

    answer = reporter.put(C1, {"provider": "x", "models": models})

    assert answer.status_code == 201
    assert answer.json()["warnings"] == ["Ignored: colour, thinking.mood, size"]
    assert reporter.get(f"{C1}/models").json()["results"] == [
        {"id": "m1", "thinking": {}},
        {"id": "m2"},
    ]


def test_an_unknown_word_of_the_body_is_refused(reporter: Api) -> None:
    answer = reporter.put(C1, {"provider": "x", "model": [{"id": "m1"}]})

    assert (answer.status_code, fields_of(answer)) == (400, {"model"})
    assert not Client.objects.exists()


def test_one_client_is_shown_with_what_it_holds(reporter: Api) -> None:
    reporter.put(C1, BODY)
    reporter.put(f"{C1}/models/m2/suspension", {"reason": "broken"})

    answer = reporter.get(C1).json()

    first, second = answer.pop("models")
    assert set(answer) == {"client", "provider", "model_count", "registered_at", "last_seen"}
    assert (answer["client"], answer["provider"], answer["model_count"]) == ("c1", "openai", 2)
    assert {name: first[name] for name in ("id", "seats", "state", "until", "reason")} == {
        "id": "m1",
        "seats": 2,
        "state": "ready",
        "until": None,
        "reason": "",
    }
    assert (second["id"], second["state"], second["reason"]) == ("m2", "off", "broken")
    assert first["changed_at"].endswith("Z")


def test_clients_are_listed_in_pages(reporter: Api) -> None:
    for number in range(3):
        make_client(f"c{number}", "m", f"m{number}", provider="p")

    answer = reporter.get(f"{CLIENTS}?page_size=2").json()

    assert answer["count"] == 3
    assert answer["next"].endswith("page=2&page_size=2")
    assert [row["client"] for row in answer["results"]] == ["c0", "c1"]
    assert answer["results"][0] | {"registered_at": "", "last_seen": ""} == {
        "client": "c0",
        "provider": "p",
        "model_count": 2,
        "registered_at": "",
        "last_seen": "",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("provider=Gemini", ["b"]),
        ("model=m1", ["a", "c"]),
        ("q=C", ["c"]),
        ("model=M1", []),
        ("ordering=-client_id", ["c", "b", "a"]),
        ("ordering=registered_at", ["a", "b", "c"]),
    ],
)
def test_clients_are_filtered_and_ordered(reporter: Api, query: str, expected: list[str]) -> None:
    make_client("a", "m1", provider="openai")
    make_client("b", "m2", provider="gemini")
    make_client("c", "m1", provider="openai")

    answer = reporter.get(f"{CLIENTS}?{query}")

    assert [row["client"] for row in answer.json()["results"]] == expected


def test_a_filter_that_is_not_there_is_refused(reporter: Api) -> None:
    assert fields_of(reporter.get(f"{CLIENTS}?state=off")) == {"state"}


def test_unregistering_is_told_once(reporter: Api) -> None:
    reporter.put(C1, BODY)

    with written() as events:
        answers = [reporter.delete(C1), reporter.delete(C1)]

    assert [answer.status_code for answer in answers] == [204, 404]
    assert code_of(answers[1]) == "not_registered"
    assert events.names == ["client_unregistered"]
    assert not ClientModel.objects.exists()


def test_a_heartbeat_moves_last_seen_and_ends_no_mark(reporter: Api) -> None:
    reporter.put(C1, BODY)
    reporter.put(f"{C1}/models/m1/quota", {})
    before = reporter.get(C1).json()

    with written() as events:
        answer = reporter.post(f"{C1}/seen")

    after = reporter.get(C1).json()
    assert answer.status_code == 204
    assert after["last_seen"] > before["last_seen"]
    assert after | {"last_seen": before["last_seen"]} == before
    assert events.names == []


def test_nobody_hears_of_a_stranger(reporter: Api) -> None:
    for answer in (
        reporter.post(f"{C1}/seen"),
        reporter.get(C1),
        reporter.get(f"{C1}/models"),
        reporter.delete(C1),
    ):
        assert (answer.status_code, code_of(answer)) == (404, "not_registered")
    assert not Client.objects.exists()


def test_the_models_of_a_client_come_once_in_its_own_order_as_it_describes_them(
    reporter: Api,
) -> None:
    reporter.put(C1, {"models": [{"id": "z", "created": 5}, {"id": "a"}, {"id": "z"}]})

    assert reporter.get(f"{C1}/models").json() == {
        "client": "c1",
        "count": 2,
        "results": [{"id": "z", "created": 5}, {"id": "a"}],
    }


@pytest.mark.parametrize(
    ("client", "model", "expected"),
    [
        ("c1", "M1", True),
        ("%20c1%20", "%20m1%20", True),
        ("c1", "m9", False),
        ("c2", "m1", False),
        ("C1", "m1", False),
    ],
)
def test_support_is_asked_in_any_case(
    reporter: Api, client: str, model: str, expected: bool
) -> None:
    make_client("c1", "m1")

    answer = reporter.get(f"{CLIENTS}/{client}/supports/{model}")

    assert (answer.status_code, answer.json()["supports"]) == (200, expected)


def test_what_was_read_can_be_put_back(reporter: Api) -> None:
    reporter.put(C1, {"provider": "x", "models": [{"id": "m1"}]})
    shown = reporter.get(C1).json()

    answer = reporter.put(C1, shown)

    assert answer.status_code == 200
    assert (answer.json()["added"], answer.json()["removed"]) == ([], [])
    assert answer.json()["warnings"][0].startswith("Ignored: ")
