from __future__ import annotations

from typing import Any

import pytest

from registry.choices import Stage
from tests.registry.dialects.answers import (
    EMBEDDING,
    RESPONSES,
    answer,
    body_of,
    dialect,
    outcome,
    page,
    probe,
    target,
)

ANTHROPIC = dialect("anthropic")
BASE = "https://api.anthropic.com/v1"


def refused(kind: str, message: str = "No") -> dict[str, Any]:
    return {
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": "req_1",
    }


def told(content: object, stop: str = "end_turn") -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "acme-1",
        "content": content,
        "stop_reason": stop,
        "usage": {"input_tokens": 8, "output_tokens": 16},
    }


def test_every_call_carries_the_version_and_the_key_in_their_headers() -> None:
    (check,) = ANTHROPIC.checks(target("anthropic"))

    for call in (check.call, probe("anthropic").call, ANTHROPIC.list_call(target("anthropic"))):
        assert call is not None
        assert call.headers == {"anthropic-version": "2023-06-01"}
        assert call.credential is not None
        assert (call.credential.header, call.credential.prefix) == ("x-api-key", "")


@pytest.mark.parametrize(
    ("said", "code", "detail"),
    [
        (answer({"type": "model", "id": "acme-1", "display_name": "Acme 1"}), "ok", ""),
        (answer({"type": "model"}), "bad_shape", "shape"),
        (page(), "bad_shape", "html"),
        (answer(refused("not_found_error", "model: acme-1"), 404), "model_missing", ""),
        (answer(refused("authentication_error", "invalid x-api-key"), 401), "bad_key", ""),
    ],
)
def test_one_unbilled_call_proves_address_key_and_model(said: Any, code: str, detail: str) -> None:
    (check,) = ANTHROPIC.checks(target("anthropic"))

    assert check.call.url == f"{BASE}/models/acme-1"
    assert check.proves == (Stage.REACH, Stage.AUTH, Stage.MODEL)
    assert outcome(check.read(said)) == (code, detail)


def test_a_message_is_asked_for() -> None:
    check = probe("anthropic", max_tokens=20)

    assert check.call.url == f"{BASE}/messages"
    assert body_of(check) == {
        "model": "acme-1",
        "max_tokens": 20,
        "messages": [{"role": "user", "content": "ping"}],
    }


@pytest.mark.parametrize("mode", [EMBEDDING, RESPONSES])
def test_it_only_chats(mode: str) -> None:
    assert ANTHROPIC.cannot_test(target("anthropic", mode)) == "mode"
    assert ANTHROPIC.probe(target("anthropic", mode)) is None


@pytest.mark.parametrize(
    ("content", "stop", "code", "detail"),
    [
        ([{"type": "text", "text": "pong"}], "end_turn", "ok", ""),
        ([{"type": "thinking", "thinking": "Hm", "signature": "x"}], "max_tokens", "ok", ""),
        ([{"type": "redacted_thinking", "data": "EmwK"}], "max_tokens", "ok", ""),
        ([], "max_tokens", "ok_truncated", ""),
        ([{"type": "text", "text": ""}], "max_tokens", "ok_truncated", ""),
        ([], "refusal", "ok", ""),
        ([], "end_turn", "bad_shape", "no_text"),
        ("pong", "end_turn", "bad_shape", "shape"),
        (None, "end_turn", "bad_shape", "shape"),
    ],
)
def test_a_message_is_judged(content: object, stop: str, code: str, detail: str) -> None:
    assert outcome(probe("anthropic").read(answer(told(content, stop)))) == (code, detail)


def test_tokens_are_the_providers_own_counts() -> None:
    verdict = probe("anthropic").read(answer(told([{"type": "text", "text": "pong"}])))

    assert (verdict.prompt_tokens, verdict.output_tokens) == (8, 16)


@pytest.mark.parametrize(
    ("status", "kind", "message", "code"),
    [
        (400, "invalid_request_error", "max_tokens: Field required", "bad_parameter"),
        (
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the API.",
            "no_credit",
        ),
        (401, "authentication_error", "invalid x-api-key", "bad_key"),
        (402, "billing_error", "Billing", "no_credit"),
        (403, "permission_error", "No permission", "forbidden"),
        (404, "not_found_error", "model: acme-1", "model_missing"),
        (413, "request_too_large", "Too large", "bad_parameter"),
        (429, "rate_limit_error", "Slow down", "rate_limited"),
        (500, "api_error", "Internal", "server_error"),
        (504, "timeout_error", "Timed out", "timeout"),
        (529, "overloaded_error", "Overloaded", "overloaded"),
        (200, "overloaded_error", "Overloaded", "overloaded"),
        (200, "api_error", "Internal", "server_error"),
        (400, "invalid_request_error", '"acme-1" is not supported on this API.', "wrong_operation"),
    ],
)
def test_refusals_are_told_apart(status: int, kind: str, message: str, code: str) -> None:
    verdict = probe("anthropic").read(answer(refused(kind, message), status))

    assert (verdict.code, verdict.said) == (code, message)


def test_the_list_comes_in_pages() -> None:
    row = {
        "type": "model",
        "id": "claude-acme-1",
        "display_name": "Acme 1",
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
    }
    body = {"data": [row], "has_more": True, "first_id": "claude-acme-1", "last_id": "claude acme&"}

    call = ANTHROPIC.list_call(target("anthropic"))
    found = ANTHROPIC.read_list(target("anthropic"), answer(body))

    assert call is not None
    assert call.url == f"{BASE}/models?limit=1000"
    (model,) = found.models
    assert (model.id, model.name) == ("claude-acme-1", "Acme 1")
    assert model.values == {"context_window": 200_000, "max_output_tokens": 64_000}
    assert found.next is not None
    assert found.next.url == f"{BASE}/models?limit=1000&after_id=claude%20acme%26"


@pytest.mark.parametrize(
    ("more", "last"), [(False, "a"), (True, None), (True, ""), ("true", "a"), (1, "a"), (None, "a")]
)
def test_the_list_ends_where_it_says_so(more: object, last: object) -> None:
    body = {"data": [{"id": "a"}], "has_more": more, "last_id": last}

    assert ANTHROPIC.read_list(target("anthropic"), answer(body)).next is None


def test_an_empty_page_is_an_empty_list() -> None:
    body = {"data": [], "has_more": False, "first_id": None, "last_id": None}

    assert ANTHROPIC.read_list(target("anthropic"), answer(body)).models == ()


def test_without_a_model_the_list_is_the_check() -> None:
    (check,) = ANTHROPIC.checks(target("anthropic", model_id=""))

    assert check.call.url == f"{BASE}/models?limit=1000"
    assert check.proves == (Stage.REACH, Stage.AUTH)
    assert check.read(answer({"data": [{"id": "a"}]})).listed == ("a",)
