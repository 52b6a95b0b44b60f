"""What a host lists: sorted, bounded, asked now, and an error in words where it tells nothing."""

from __future__ import annotations

import itertools

import pytest
from pytest_django import Settings

from registry.choices import ConnectionKind, Dialect, ProbeCode
from registry.dialects.base import ListedModel, Page
from registry.dialects.openai_compatible import OpenAICompatible
from registry.errors import HostBusyError, ProviderRefusedError
from registry.models import Connection, Job
from registry.outbound.calls import Answer, Call, CallError
from registry.services import host_models, job_queue
from registry.services.connection_tests import KIND
from registry.types import Secret
from tests.factories import API_KEY, make_connection, make_provider
from tests.outbound import answer
from tests.providers import listed, paths, provider, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> Connection:
    return make_connection()


def why(connection: Connection) -> tuple[str, str]:
    """Return the result and the words with which a host's list is refused."""
    with pytest.raises(ProviderRefusedError) as error:
        host_models.models_of(connection)
    return error.value.extra["result"], str(error.value.message)


def test_the_models_of_a_host_come_sorted_and_each_once(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider(monkeypatch, models=listed("b", "C", "a", "b"))

    found = host_models.models_of(connection)

    assert [model.id for model in found.models] == ["C", "a", "b"]
    assert not found.is_cut
    (call,) = far.calls
    assert call.credential is not None
    assert call.credential.secret == Secret(API_KEY)
    assert not Job.objects.exists()


@pytest.mark.parametrize(("number", "is_cut"), [(5000, False), (5001, True)])
def test_no_more_than_five_thousand_are_kept(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, number: int, is_cut: bool
) -> None:
    provider(monkeypatch, models=listed(*(f"m-{place:05}" for place in range(number))))

    found = host_models.models_of(connection)

    assert (len(found.models), found.is_cut) == (5000, is_cut)
    assert found.models[0].id == "m-00000"


class Paged(OpenAICompatible):
    """Lists in pages of one model, without an end."""

    def read_list(self, target: object, answer: Answer) -> Page:
        number = int(answer.body)
        following = Call("GET", f"https://api.example/v1/{number + 1}/models")
        return Page((ListedModel(f"m-{number:05}"),), next=following)


def test_a_list_without_an_end_is_cut_after_fifty_pages(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = itertools.count()
    far = provider(monkeypatch, models=lambda call: answer(str(next(numbers)).encode()))
    monkeypatch.setattr("registry.dialects.openai_compatible.DIALECT", Paged())
    monkeypatch.setattr("registry.services.targets.dialect_of", lambda *_: Paged())

    found = host_models.models_of(connection)

    assert (len(far.calls), len(found.models), found.is_cut) == (50, 50, True)
    assert paths(far.calls)[0] == "models"


def test_all_pages_share_one_time(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.REGISTRY_HTTP_SECONDS = 10
    clock = [100.0]
    monkeypatch.setattr("registry.services.host_models.time.monotonic", lambda: clock[0])

    def page(call: Call) -> Answer:
        clock[0] += 4
        return answer(str(int(clock[0])).encode())

    far = provider(monkeypatch, models=page)
    monkeypatch.setattr("registry.services.targets.dialect_of", lambda *_: Paged())

    host_models.models_of(connection)

    assert far.seconds[:4] == [10, 6, 2, 0.1]


@pytest.mark.parametrize(
    ("error", "result", "text"),
    [
        (CallError("unreachable", "refused"), "unreachable", "The connection was refused."),
        (
            CallError("timeout", "answer", elapsed_ms=10_000),
            "timeout",
            "no answer within 10 s, at the stage Reach",
        ),
        (refused(401, f"bad {API_KEY}", code="invalid_api_key"), "bad_key", "Replace the key."),
        (answer(b"<html>", content_type="text/html"), "bad_shape", "It was a web page."),
        (answer({"data": 7}), "bad_shape", "It was JSON of another form."),
        (refused(429), "rate_limited", "no fault of yours"),
    ],
)
def test_a_host_that_tells_nothing_is_an_error_in_words(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    error: Answer | Exception,
    result: str,
    text: str,
) -> None:
    provider(monkeypatch, models=error)

    code, words = why(connection)

    assert code == result
    assert text in words
    assert API_KEY[:8] not in words
    assert not Job.objects.exists()


def test_what_cannot_be_called_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    far = provider(monkeypatch)
    empty = make_connection(api_key="")
    login = make_connection(kind=ConnectionKind.CLI, api_key="")
    private = make_connection(api_url="http://10.0.0.5:9")

    assert why(empty) == ("needs_key", "There is no usable key. Enter the key.")
    assert why(login)[0] == ProbeCode.CANNOT_TEST
    assert "no list of models" in why(login)[1]
    assert "REGISTRY_PRIVATE_HOSTS=10.0.0.5:9" in why(private)[1]
    assert far.calls == []


def test_an_empty_list_is_no_error(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    provider(monkeypatch, models=listed())

    assert host_models.models_of(connection).models == []


def test_a_busy_host_is_not_asked(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1
    far = provider(monkeypatch)
    job, _is_new = job_queue.enqueue(KIND, "llm:1", host=connection.origin)
    job_queue.claim(job.pk, seconds=15)

    with pytest.raises(HostBusyError):
        host_models.models_of(connection)

    assert far.calls == []


def test_a_host_without_a_login_is_asked_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    ollama = make_provider(
        dialect=Dialect.OLLAMA, auth_required=False, direct_api_url="", name="Ollama"
    )
    connection = make_connection(ollama, api_url="http://gpu.example:11434", api_key="")
    tags = answer({"models": [{"name": "llama3:8b"}, {"name": "all-minilm:latest"}]})
    far = provider(monkeypatch)
    far.handler = lambda call: tags

    found = host_models.models_of(connection)

    assert [model.id for model in found.models] == ["all-minilm:latest", "llama3:8b"]
    assert far.calls[0].credential is None
