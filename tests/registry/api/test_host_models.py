"""What a host serves, asked at the moment: POST /connections/{id}/models."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from audit.models import LogEntry
from registry.models import Connection, ConnectionTest, Job, Provider
from registry.outbound.calls import Answer, Call
from registry.services import job_queue
from registry.services.connections import remove_key
from tests.factories import API_KEY, make_connection, make_provider
from tests.outbound import answer
from tests.provider import (
    LISTED,
    FakeProvider,
    Mood,
    bad_key,
    provider_behind_the_door,
    refused,
)
from tests.registry.api.client import CONNECTIONS, Api, code_of, fields_of


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    return provider_behind_the_door(monkeypatch)


@pytest.fixture
def row(openai: Provider) -> Connection:
    return make_connection(openai, api_url="https://team.example/v1")


def path(row: Connection) -> str:
    return f"{CONNECTIONS}/{row.pk}/models"


def test_the_models_come_by_id_with_what_the_host_tells(
    api: Api, row: Connection, provider: FakeProvider
) -> None:
    rows = [
        {"id": "b", "name": "Bee", "context_length": 8192},
        {"id": "a"},
        {"id": "a", "name": "twice"},
    ]
    provider.mood = lambda _provider, _call, _seconds: answer({"data": rows})

    found = api.post(path(row))

    assert found.status_code == 200
    assert found.json() == {
        "count": 2,
        "results": [
            {"id": "a", "name": ""},
            {"id": "b", "name": "Bee", "context_window": 8192},
        ],
        "is_cut": False,
    }


def test_the_stored_key_goes_to_the_stored_address(
    api: Api, row: Connection, provider: FakeProvider
) -> None:
    found = api.post(path(row), {}).json()

    assert [one["id"] for one in found["results"]] == sorted(LISTED)
    assert provider.keys == [API_KEY]
    assert [call.url for call in provider.calls] == ["https://team.example/v1/models"]


def test_nothing_of_it_is_stored(api: Api, row: Connection) -> None:
    events = LogEntry.objects.count()

    api.post(path(row))

    assert not ConnectionTest.objects.exists()
    assert not Job.objects.exists()
    assert LogEntry.objects.count() == events


@pytest.mark.parametrize("slug", ["gemini", "anthropic", "ollama", "azure"])
def test_each_provider_is_asked_in_its_own_way(api: Api, slug: str) -> None:
    address = "https://own.example" if slug in ("ollama", "azure") else ""
    row = make_connection(Provider.objects.get(slug=slug), api_url=address)

    found = api.post(path(row))

    assert found.status_code == 200, found.content
    assert [one["id"] for one in found.json()["results"]] == sorted(LISTED)


def test_a_host_is_asked_at_its_own_path_within_ten_seconds(
    api: Api, provider: FakeProvider
) -> None:
    own = make_provider("webui", dialect="openwebui", auth_required=False)
    rows = [{"name": "by-name"}, {"id": "by-id"}]
    provider.mood = lambda _provider, _call, _seconds: answer({"data": rows})
    for address in ("https://own.example", "https://own.example/api"):
        row = make_connection(own, api_url=address, api_key="")

        found = api.post(path(row)).json()

        assert [one["id"] for one in found["results"]] == ["by-id", "by-name"]
    assert {call.url for call in provider.calls} == {"https://own.example/api/models"}
    assert provider.keys == []
    assert max(provider.seconds) <= 10


def test_all_pages_of_a_list_are_read(api: Api, provider: FakeProvider) -> None:
    row = make_connection(Provider.objects.get(slug="gemini"))

    def paged(_provider: FakeProvider, call: Call, _seconds: float) -> Answer:
        body: dict[str, Any] = {"models": [{"name": "models/second"}]}
        if "pageToken=" not in call.url:
            body = {"models": [{"name": "models/first"}], "nextPageToken": "more"}
        return answer(body)

    provider.mood = paged

    found = api.post(path(row)).json()

    assert [one["id"] for one in found["results"]] == ["first", "second"]


def test_a_list_without_end_is_cut(api: Api, row: Connection, provider: FakeProvider) -> None:
    rows = [{"id": f"m{number:05d}"} for number in range(5_001)]
    provider.mood = lambda _provider, _call, _seconds: answer({"data": rows})

    found = api.post(path(row)).json()

    assert (found["count"], len(found["results"]), found["is_cut"]) == (5_000, 5_000, True)


def web_page(provider: FakeProvider, call: Call, seconds: float) -> Answer:
    return answer(b"<html>hello</html>", content_type="text/html")


@pytest.mark.parametrize(
    ("mood", "told"),
    [
        (bad_key, ("bad_key", "The provider refuses the key. Replace the key.")),
        (refused, ("unreachable", "Nothing answers at this address.")),
        (web_page, ("bad_shape", "The provider answered something unusable.")),
    ],
)
def test_a_host_that_tells_nothing_is_an_error_with_its_reason(
    api: Api, row: Connection, provider: FakeProvider, mood: Mood, told: tuple[str, str]
) -> None:
    provider.mood = mood

    failed = api.post(path(row))

    error = failed.json()["error"]
    assert (failed.status_code, error["code"]) == (502, "provider_failed")
    assert error["result"] == told[0]
    assert error["message"].startswith(told[1])
    assert "hello" not in failed.content.decode()


def test_without_a_key_nobody_is_asked(api: Api, row: Connection, provider: FakeProvider) -> None:
    remove_key(row)

    failed = api.post(path(row))

    assert (failed.status_code, failed.json()["error"]["result"]) == (502, "needs_key")
    assert provider.calls == []


def test_a_host_that_is_asked_enough_is_left_alone(
    api: Api, row: Connection, provider: FakeProvider, settings: Settings
) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1

    with job_queue.in_person("host_models", host="https://team.example:443", seconds=5):
        busy = api.post(path(row))

    assert (busy.status_code, code_of(busy)) == (503, "host_busy")
    assert busy.headers["Retry-After"] == "5"
    assert provider.calls == []
    assert api.post(path(row)).status_code == 200


@pytest.mark.parametrize("body", [{"base_url": "https://sink.example"}, {"api_key": "sk-x"}])
def test_it_takes_no_body(
    api: Api, row: Connection, provider: FakeProvider, body: dict[str, str]
) -> None:
    refusal = api.post(path(row), body)

    assert (refusal.status_code, fields_of(refusal)) == (400, set(body))
    assert provider.calls == []
