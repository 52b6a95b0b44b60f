from __future__ import annotations

from typing import Any

import pytest

from registry.choices import Stage
from tests.registry.dialects.answers import (
    CHAT,
    EMBEDDING,
    RESPONSES,
    answer,
    body_of,
    dialect,
    outcome,
    page,
    plain,
    probe,
    target,
)

COHERE = dialect("cohere")
BASE = "https://api.cohere.com"


def told(content: object, finish: str = "COMPLETE") -> dict[str, Any]:
    return {
        "id": "1",
        "finish_reason": finish,
        "message": {"role": "assistant", "content": content},
        "usage": {"billed_units": {"input_tokens": 1.0}, "tokens": {"input_tokens": 9.0}},
    }


def test_key_and_model_are_proved_apart() -> None:
    key, model = COHERE.checks(target("cohere", model_id="tenant/acme"))

    assert (key.call.method, key.call.url) == ("POST", f"{BASE}/v1/check-api-key")
    assert key.call.body is None
    assert key.proves == (Stage.REACH, Stage.AUTH)
    assert (model.call.method, model.call.url) == ("GET", f"{BASE}/v1/models/tenant%2Facme")
    assert model.proves == (Stage.MODEL,)


def test_without_a_model_only_the_key_is_proved() -> None:
    (check,) = COHERE.checks(target("cohere", model_id=""))

    assert check.proves == (Stage.REACH, Stage.AUTH)


@pytest.mark.parametrize(
    ("said", "code", "detail"),
    [
        (answer({"valid": True, "organization_id": "o", "owner_id": "u"}), "ok", ""),
        (answer({"valid": False}), "bad_key", ""),
        (answer({"valid": "true"}), "bad_shape", "shape"),
        (answer({"message": "invalid api token"}, 401), "bad_key", ""),
        (answer({"message": "404 page not found"}, 404), "bad_shape", "path"),
        (answer({"message": "no such model"}, 404), "bad_shape", "path"),
    ],
)
def test_the_check_of_the_key_is_judged(said: Any, code: str, detail: str) -> None:
    key, _model = COHERE.checks(target("cohere"))

    assert outcome(key.read(said)) == (code, detail)


@pytest.mark.parametrize(
    ("mode", "body", "code", "note"),
    [
        (CHAT, {"name": "acme-1", "endpoints": ["chat", "generate"]}, "ok", ""),
        (CHAT, {"name": "acme-1", "endpoints": []}, "ok", ""),
        (CHAT, {"name": "acme-1"}, "ok", ""),
        (CHAT, {"name": "acme-1", "endpoints": ["embed"]}, "wrong_operation", ""),
        (EMBEDDING, {"name": "acme-1", "endpoints": ["embed"]}, "ok", ""),
        (EMBEDDING, {"name": "acme-1", "endpoints": ["chat"]}, "wrong_operation", ""),
        (CHAT, {"name": "acme-1", "is_deprecated": True}, "ok", "deprecated"),
        (CHAT, {"endpoints": ["chat"]}, "bad_shape", ""),
    ],
)
def test_the_free_check_knows_what_the_model_does(
    mode: str, body: object, code: str, note: str
) -> None:
    _key, model = COHERE.checks(target("cohere", mode))

    verdict = model.read(answer(body))

    assert (verdict.code, verdict.note) == (code, note)


def test_the_calls_have_coheres_form() -> None:
    chat, embedding = probe("cohere"), probe("cohere", EMBEDDING, dimensions=1024)

    assert chat.call.url == f"{BASE}/v2/chat"
    assert body_of(chat) == {
        "model": "acme-1",
        "messages": [{"role": "user", "content": "ping"}],
        "max_tokens": 16,
    }
    assert embedding.call.url == f"{BASE}/v2/embed"
    assert body_of(embedding) == {
        "model": "acme-1",
        "texts": ["ping"],
        "input_type": "search_document",
        "embedding_types": ["float"],
    }


def test_only_models_that_cut_vectors_are_told_the_dimensions() -> None:
    check = probe("cohere", EMBEDDING, model_id="embed-v4.0", dimensions=512)

    assert body_of(check)["output_dimension"] == 512


def test_there_is_no_call_for_responses() -> None:
    assert COHERE.cannot_test(target("cohere", RESPONSES)) == "mode"


@pytest.mark.parametrize(
    ("content", "finish", "code", "detail"),
    [
        ([{"type": "text", "text": "pong"}], "COMPLETE", "ok", ""),
        ([{"type": "thinking", "thinking": "Hm"}], "MAX_TOKENS", "ok", ""),
        ([], "MAX_TOKENS", "ok_truncated", ""),
        (None, "MAX_TOKENS", "ok_truncated", ""),
        ([], "COMPLETE", "bad_shape", "no_text"),
    ],
)
def test_an_answer_is_judged(content: object, finish: str, code: str, detail: str) -> None:
    assert outcome(probe("cohere").read(answer(told(content, finish)))) == (code, detail)


def test_counts_may_come_as_floats() -> None:
    verdict = probe("cohere").read(answer(told([{"type": "text", "text": "pong"}])))

    assert (verdict.prompt_tokens, verdict.output_tokens) == (9, None)


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ({"embeddings": {"float": [[0.1, 0.2, 0.3]]}}, "ok", ""),
        ({"embeddings": [[0.1, 0.2, 0.3]]}, "bad_shape", "vector"),
        ({"embeddings": {"float": []}}, "bad_shape", "vector"),
    ],
)
def test_a_vector_is_measured(body: object, code: str, detail: str) -> None:
    verdict = probe("cohere", EMBEDDING).read(answer(body))

    assert outcome(verdict) == (code, detail)
    assert verdict.dimensions == (3 if code == "ok" else None)


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (400, "invalid request: message must be at least 1 token long", "bad_parameter"),
        (400, "chat is not an available endpoint on this model", "wrong_operation"),
        (401, "invalid api token", "bad_key"),
        (402, "Please add or update your payment method to continue", "no_credit"),
        (403, "You are not allowed to do this", "forbidden"),
        (404, "model 'acme-1' not found", "model_missing"),
        (422, "invalid request: input_type is required", "bad_parameter"),
        (429, "You are using a Trial key, which is limited to 10 calls", "rate_limited"),
        (498, "invalid token", "bad_key"),
        (499, "request cancelled", "server_error"),
        (500, "internal server error", "server_error"),
        (503, "no healthy upstream", "overloaded"),
    ],
)
def test_flat_refusals_are_told_apart_by_their_status(status: int, message: str, code: str) -> None:
    verdict = probe("cohere").read(answer({"message": message, "id": "1"}, status))

    assert (verdict.code, verdict.said) == (code, message)


@pytest.mark.parametrize(
    ("said", "code", "detail"),
    [
        (page(403), "bad_shape", "html"),
        (page(404), "bad_shape", "html"),
        (page(502), "server_error", "HTTP 502"),
        (plain("upstream connect error", 503), "overloaded", ""),
        (plain("404 page not found", 404), "bad_shape", "not_json"),
    ],
)
def test_a_gateway_does_not_speak_for_the_api(said: Any, code: str, detail: str) -> None:
    assert outcome(probe("cohere").read(said)) == (code, detail)


def test_the_list_comes_in_pages() -> None:
    rows = [
        {"name": "command-acme", "endpoints": ["chat"], "context_length": 128_000},
        {"name": "embed-acme", "endpoints": ["embed", "classify"]},
        {"name": "rerank-acme", "endpoints": ["rerank"], "context_length": 0},
    ]

    call = COHERE.list_call(target("cohere"))
    found = COHERE.read_list(target("cohere"), answer({"models": rows, "next_page_token": "a/b=="}))

    assert call is not None
    assert call.url == f"{BASE}/v1/models?page_size=1000"
    assert [(model.id, model.values) for model in found.models] == [
        ("command-acme", {"context_window": 128_000, "type": "generation"}),
        ("embed-acme", {"type": "embedding"}),
        ("rerank-acme", {}),
    ]
    assert found.next is not None
    assert found.next.url == f"{BASE}/v1/models?page_size=1000&page_token=a%2Fb%3D%3D"


@pytest.mark.parametrize("token", ["", None, 7])
def test_the_last_page_names_no_other(token: object) -> None:
    body = {"models": [{"name": "a"}], "next_page_token": token}

    assert COHERE.read_list(target("cohere"), answer(body)).next is None
