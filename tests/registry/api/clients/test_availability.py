"""Who can serve what now, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make_client
from tests.registry.api.client import Api, code_of, fields_of

pytestmark = pytest.mark.django_db

AVAILABLE = "/api/v1/available"
FULL = {
    "id": "m-full",
    "created": 1_700_000_000,
    "owned_by": "acme",
    "display_name": "Full",
    "name": "models/m-full",
    "context_length": 128_000,
}


def ids(answer: Any, key: str = "id") -> list[str]:
    return [entry[key] for entry in answer.json()["results"]]


def test_a_model_is_answered_with_its_seats_providers_and_clients(reporter: Api) -> None:
    make_client("c1", "m", "m", provider="openai")
    make_client("c2", {"id": "m", "created": 7}, provider="gemini")
    make_client("c3", "m", provider="gemini")
    make_client("c4", "m", provider="gemini")
    reporter.put("/api/v1/clients/c2/models/m/quota", {"retry_after": 60})
    reporter.put("/api/v1/clients/c3/models/m/suspension", {"reason": "broken"})

    answer = reporter.get("/api/v1/availability/m").json()

    assert (answer["model"], answer["count"]) == ("m", 3)
    assert answer["providers"] == ["gemini", "openai"]
    states = {row["client"]: (row["state"], row["reason"]) for row in answer["clients"]}
    assert states["c1"] == states["c4"] == ("ready", "")
    assert states["c3"] == ("off", "broken")
    assert states["c2"][0] == "cooling"
    assert {row["client"]: row["seats"] for row in answer["clients"]}["c1"] == 2
    assert [row["client"] for row in answer["clients"] if row["until"]] == ["c2"]
    assert answer["info"] == {"id": "m"}
    assert answer["last_updated"].endswith("Z")


@pytest.mark.parametrize("model", ["nobody", "a/b", "m%00", "M1"])
def test_what_nobody_holds_has_nobody_to_serve_it(reporter: Api, model: str) -> None:
    make_client("c1", "m1")

    answer = reporter.get(f"/api/v1/availability/{model}")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["count"], found["providers"], found["clients"]) == (0, [], [])
    assert (found["info"], found["last_updated"]) == (None, None)


def test_published_lengths_hold_at_every_client_that_may_be_called(reporter: Api) -> None:
    make_client("c1", {"id": "m", "context_length": 8_000})
    make_client("c2", {"id": "m", "context_length": 128_000})

    assert reporter.get("/api/v1/availability/m").json()["info"]["context_length"] == 8_000


@pytest.mark.parametrize(
    ("query", "format_name", "entry"),
    [
        (
            "?format=openai",
            "openai",
            {
                "id": "m-full",
                "object": "model",
                "owned_by": "acme",
                "created": 1_700_000_000,
                "display_name": "Full",
                "context_length": 128_000,
            },
        ),
        (
            "?format=claude",
            "claude",
            {
                "id": "m-full",
                "object": "model",
                "owned_by": "acme",
                "created": 1_700_000_000,
                "display_name": "Full",
            },
        ),
        ("?format=gemini", "gemini", {"name": "models/m-full", "displayName": "Full"}),
        (
            "?format=generic",
            "generic",
            {"id": "m-full", "object": "model", "owned_by": "acme", "created": 1_700_000_000},
        ),
    ],
)
def test_the_list_has_the_shape_of_its_format(
    reporter: Api, query: str, format_name: str, entry: dict[str, Any]
) -> None:
    make_client("c1", FULL)

    answer = reporter.get(f"{AVAILABLE}{query}")

    assert answer.json() == {"format": format_name, "count": 1, "results": [entry]}
    first = reporter.get(f"{AVAILABLE}/first{query}")
    assert first.json() == {"model": "m-full", "entry": entry}


def test_without_a_format_it_is_openai(reporter: Api) -> None:
    make_client("c1", FULL)

    assert reporter.get(AVAILABLE).json() == reporter.get(f"{AVAILABLE}?format=openai").json()
    assert reporter.get(f"{AVAILABLE}/first").json() == {"model": "m-full"}


def test_the_newest_comes_first_and_who_says_nothing_last(reporter: Api) -> None:
    make_client("c1", "b", "a", {"id": "old", "created": 1}, {"id": "new", "created": 2})

    assert ids(reporter.get(AVAILABLE)) == ["new", "old", "a", "b"]


def test_what_nobody_can_serve_is_hidden_and_what_only_cools_down_is_not(reporter: Api) -> None:
    make_client("c1", "cools", "broken", "ready")
    reporter.put("/api/v1/clients/c1/models/cools/quota", {})
    reporter.put("/api/v1/clients/c1/models/broken/suspension", {"reason": "broken"})

    assert ids(reporter.get(AVAILABLE)) == ["cools", "ready"]
    entries = reporter.get(f"{AVAILABLE}?status=1").json()["results"]
    assert [entry["state"] for entry in entries] == ["cooling", "ready"]
    assert entries[0]["until"].endswith("Z")
    assert entries[1]["until"] is None


def test_one_provider_counts_its_own_clients_only(reporter: Api) -> None:
    make_client("c1", "m1", "m2", provider="openai")
    make_client("c2", "m2", "m3", provider="gemini")
    reporter.put("/api/v1/clients/c2/models/m2/suspension", {"reason": "broken"})

    assert ids(reporter.get(f"{AVAILABLE}?provider=OpenAI")) == ["m1", "m2"]
    assert ids(reporter.get(f"{AVAILABLE}?provider=gemini")) == ["m3"]
    assert ids(reporter.get(f"{AVAILABLE}?provider=nobody")) == []


def test_the_first_is_the_newest_that_is_ready(reporter: Api) -> None:
    make_client("c1", {"id": "new", "created": 2}, {"id": "old", "created": 1})
    reporter.put("/api/v1/clients/c1/models/new/quota", {})

    assert reporter.get(f"{AVAILABLE}/first").json() == {"model": "old"}


def test_none_listed_and_none_ready_are_told_apart(reporter: Api) -> None:
    nothing = reporter.get(f"{AVAILABLE}/first?format=gemini")
    make_client("c1", "m1")
    reporter.put("/api/v1/clients/c1/models/m1/quota", {})
    cooling = reporter.get(f"{AVAILABLE}/first")
    reporter.put("/api/v1/clients/c1/models/m1/suspension", {"reason": "broken"})
    hidden = reporter.get(f"{AVAILABLE}/first")

    assert [answer.status_code for answer in (nothing, cooling, hidden)] == [409, 409, 409]
    assert [code_of(answer) for answer in (nothing, cooling, hidden)] == [
        "none_listed",
        "none_ready",
        "none_listed",
    ]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("?format=anthropic", "format"),
        ("?format=", "format"),
        ("?status=yes", "status"),
        ("?page=1", "page"),
        ("?format=openai&format=claude", "format"),
        ("/first?format=ollama", "format"),
        ("/first?provider=x", "provider"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused(reporter: Api, path: str, field: str) -> None:
    answer = reporter.get(f"{AVAILABLE}{path}")

    assert (answer.status_code, fields_of(answer)) == (400, {field})
