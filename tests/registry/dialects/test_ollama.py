from __future__ import annotations

from typing import Any

import pytest

from registry.choices import ProbeCode, Stage
from tests.registry.dialects.answers import (
    CHAT,
    EMBEDDING,
    RESPONSES,
    again,
    answer,
    body_of,
    dialect,
    outcome,
    page,
    plain,
    probe,
    target,
)

OLLAMA = dialect("ollama")
BASE = "http://host.example:11434"


def told(message: object, reason: str = "stop") -> dict[str, Any]:
    return {
        "model": "acme:7b",
        "created_at": "2026-02-01T10:00:00Z",
        "message": message,
        "done": True,
        "done_reason": reason,
        "load_duration": 61_500_000_000,
        "prompt_eval_count": 9,
        "eval_count": 16,
    }


def shown(*capabilities: str) -> dict[str, Any]:
    return {
        "details": {"family": "acme", "families": None},
        "model_info": {"general.architecture": "acme", "acme.embedding_length": 4096},
        "capabilities": list(capabilities),
    }


def test_the_host_is_proved_before_the_model() -> None:
    version, show = OLLAMA.checks(target("ollama", model_id="acme:7b"))

    assert (version.call.method, version.call.url) == ("GET", f"{BASE}/api/version")
    assert version.proves == (Stage.REACH, Stage.AUTH)
    assert (show.call.method, show.call.url) == ("POST", f"{BASE}/api/show")
    assert body_of(show) == {"model": "acme:7b"}
    assert show.proves == (Stage.MODEL,)


def test_without_a_model_only_the_host_is_proved() -> None:
    (check,) = OLLAMA.checks(target("ollama", model_id=""))

    assert check.proves == (Stage.REACH, Stage.AUTH)


def test_without_a_key_no_header_is_sent() -> None:
    (version, _show) = OLLAMA.checks(target("ollama", key=None))

    assert version.call.credential is None


@pytest.mark.parametrize(
    ("said", "code", "detail"),
    [
        (answer({"version": "0.12.6"}), "ok", ""),
        (answer({"version": 1}), "bad_shape", "shape"),
        (page(), "bad_shape", "html"),
        (plain("404 page not found", 404), "bad_shape", "not_json"),
        (answer({"error": "unauthorized"}, 401), "bad_key", ""),
    ],
)
def test_the_version_shows_an_ollama_host(said: Any, code: str, detail: str) -> None:
    version, _show = OLLAMA.checks(target("ollama"))

    assert outcome(version.read(said)) == (code, detail)


@pytest.mark.parametrize(
    ("mode", "said", "code", "detail"),
    [
        (CHAT, answer(shown("completion", "tools")), "ok", ""),
        (CHAT, answer(shown("embedding")), "wrong_operation", ""),
        (CHAT, answer(shown()), "ok", ""),  # old hosts tell no capabilities
        (EMBEDDING, answer(shown("embedding")), "ok", ""),
        (EMBEDDING, answer(shown("completion")), "ok", ""),  # any model can embed
        (CHAT, answer({"modelfile": "FROM acme"}), "ok", ""),
        (CHAT, answer({"hello": "world"}), "bad_shape", "shape"),
        (CHAT, answer({"error": "model 'acme-1' not found"}, 404), "model_missing", ""),
        (CHAT, answer({"error": "model 'acme-1' not found"}, 400), "model_missing", ""),
    ],
)
def test_the_model_is_looked_at(mode: str, said: Any, code: str, detail: str) -> None:
    _version, show = OLLAMA.checks(target("ollama", mode))

    assert outcome(show.read(said)) == (code, detail)


def test_the_calls_have_ollamas_form_and_time_to_load() -> None:
    chat, embedding = probe("ollama"), probe("ollama", EMBEDDING)

    assert (chat.call.url, chat.slow) == (f"{BASE}/api/chat", True)
    assert body_of(chat) == {
        "model": "acme-1",
        "messages": [{"role": "user", "content": "ping"}],
        "stream": False,
        "options": {"num_predict": 16},
    }
    assert (embedding.call.url, embedding.slow) == (f"{BASE}/api/embed", True)
    assert body_of(embedding) == {"model": "acme-1", "input": "ping"}


def test_there_is_no_call_for_responses() -> None:
    assert OLLAMA.cannot_test(target("ollama", RESPONSES)) == "mode"
    assert OLLAMA.probe(target("ollama", RESPONSES)) is None


@pytest.mark.parametrize(
    ("message", "reason", "code", "detail"),
    [
        ({"role": "assistant", "content": "pong"}, "stop", "ok", ""),
        ({"content": "", "thinking": "Hm"}, "length", "ok", ""),
        ({"content": ""}, "length", "ok_truncated", ""),
        ({"content": ""}, "stop", "bad_shape", "no_text"),
        ("pong", "stop", "bad_shape", "shape"),
    ],
)
def test_an_answer_is_judged(message: object, reason: str, code: str, detail: str) -> None:
    assert outcome(probe("ollama").read(answer(told(message, reason)))) == (code, detail)


def test_tokens_and_the_time_to_load_are_kept() -> None:
    verdict = probe("ollama").read(answer(told({"content": "pong"})))

    assert (verdict.prompt_tokens, verdict.output_tokens) == (9, 16)
    assert verdict.load_ms == 61_500


@pytest.mark.parametrize("duration", [-1, True, "12", 1.5, None, 10**30])
def test_an_odd_time_to_load_is_unknown(duration: object) -> None:
    body = told({"content": "pong"}) | {"load_duration": duration}

    assert probe("ollama").read(answer(body)).load_ms is None


def test_a_vector_is_measured() -> None:
    body = {"embeddings": [[0.1, 0.2]], "load_duration": 2_000_000, "prompt_eval_count": 1}

    verdict = probe("ollama", EMBEDDING).read(answer(body))

    assert (outcome(verdict), verdict.dimensions) == (("ok", ""), 2)
    assert (verdict.load_ms, verdict.prompt_tokens) == (2, 1)


def test_an_old_host_is_asked_by_the_older_call() -> None:
    second, first = again(probe("ollama", EMBEDDING), plain("404 page not found", 404))

    verdict = second.read(answer({"embedding": [0.1, 0.2, 0.3]}))

    assert (first.code, first.detail) == (ProbeCode.BAD_SHAPE, "path")
    assert first.corrected == ""  # nothing was wrong with the first
    assert (second.call.url, second.slow) == (f"{BASE}/api/embeddings", True)
    assert body_of(second) == {"model": "acme-1", "prompt": "ping"}
    assert (outcome(verdict), verdict.dimensions) == (("ok", ""), 3)


def test_the_older_call_is_made_once() -> None:
    second, _first = again(probe("ollama", EMBEDDING), plain("404 page not found", 404))

    assert outcome(second.read(plain("404 page not found", 404))) == ("bad_shape", "not_json")


@pytest.mark.parametrize(
    "said", [answer({"error": 'model "acme-1" not found, try pulling it first'}, 404), page(404)]
)
def test_only_plain_text_shows_an_old_host(said: Any) -> None:
    assert probe("ollama", EMBEDDING).read(said).retry is None


@pytest.mark.parametrize(
    ("mode", "status", "text", "code"),
    [
        (CHAT, 404, "model 'acme-1' not found", "model_missing"),
        (CHAT, 200, "model 'acme-1' not found", "model_missing"),
        (CHAT, 400, '"acme-1" does not support chat', "wrong_operation"),
        (CHAT, 400, '"acme-1" does not support generate', "wrong_operation"),
        (CHAT, 500, '"acme-1" does not support chat', "wrong_operation"),
        (EMBEDDING, 500, "this model does not support embeddings", "wrong_operation"),
        (CHAT, 400, "invalid option: num_predict", "bad_parameter"),
        (CHAT, 500, "model requires more system memory", "server_error"),
        (CHAT, 503, "server busy, please try again", "overloaded"),
        (CHAT, 200, "llama runner process has terminated", "server_error"),
        (CHAT, 429, "does not support chat", "rate_limited"),
    ],
)
def test_refusals_are_told_apart(mode: str, status: int, text: str, code: str) -> None:
    assert probe("ollama", mode).read(answer({"error": text}, status)).code == code


def test_the_list_names_installed_models() -> None:
    rows = [{"name": "acme:7b", "model": "acme:7b", "size": 1}, {"name": "old:latest"}]

    call = OLLAMA.list_call(target("ollama"))
    found = OLLAMA.read_list(target("ollama"), answer({"models": rows}))

    assert call is not None
    assert call.url == f"{BASE}/api/tags"
    assert [model.id for model in found.models] == ["acme:7b", "old:latest"]
    assert found.next is None


@pytest.mark.parametrize("rows", [[], None])
def test_a_host_without_models_has_an_empty_list(rows: object) -> None:
    assert OLLAMA.read_list(target("ollama"), answer({"models": rows})).models == ()
