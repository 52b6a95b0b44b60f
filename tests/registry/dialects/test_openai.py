from __future__ import annotations

from typing import Any

import pytest

from registry.choices import ProbeCode, Stage
from registry.dialects.base import PROBE_TOKENS
from tests.registry.dialects.answers import (
    CHAT,
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

OPENAI = dialect("openai")
VECTOR = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.1, -0.2, 3]}],
    "model": "acme-1",
    "usage": {"prompt_tokens": 1, "total_tokens": 1},
}


def refused(message: str, kind: str, code: str | None = None, param: str | None = None) -> Any:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def completion(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "acme-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11},
    }


def response(output: list[Any], reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "status": "incomplete" if reason else "completed",
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": output,
        "usage": {"input_tokens": 8, "output_tokens": 16},
    }


def test_one_unbilled_call_proves_address_key_and_model() -> None:
    (check,) = OPENAI.checks(target("openai"))

    assert (check.call.method, check.call.url) == ("GET", "https://api.openai.com/v1/models/acme-1")
    assert check.proves == (Stage.REACH, Stage.AUTH, Stage.MODEL)
    assert (check.is_billed, check.optional) == (False, False)


@pytest.mark.parametrize(
    ("model_id", "path"),
    [
        ("acme/chat", "models/acme%2Fchat"),
        ("ft:gpt-4o:acme::1", "models/ft:gpt-4o:acme::1"),
        ("a b?c#d", "models/a%20b%3Fc%23d"),
        ("../files", "models/..%2Ffiles"),
        ("modèle", "models/mod%C3%A8le"),
    ],
)
def test_a_model_id_is_one_segment_of_the_path(model_id: str, path: str) -> None:
    (check,) = OPENAI.checks(target("openai", model_id=model_id))

    assert check.call.url == f"https://api.openai.com/v1/{path}"


def test_without_a_model_the_list_proves_address_and_key() -> None:
    (check,) = OPENAI.checks(target("openai", model_id=""))

    assert check.call.url == "https://api.openai.com/v1/models"
    assert check.proves == (Stage.REACH, Stage.AUTH)
    assert check.read(answer({"object": "list", "data": [{"id": "acme-1"}]})).listed == ("acme-1",)


@pytest.mark.parametrize(
    ("said", "code", "detail"),
    [
        (answer({"id": "acme-1", "object": "model", "created": 1, "owned_by": "acme"}), "ok", ""),
        (answer({"object": "model"}), "bad_shape", "shape"),
        (answer({"id": ["acme-1"]}), "bad_shape", "shape"),
        (page(), "bad_shape", "html"),
        (answer("", 204), "bad_shape", "empty"),
        (
            answer(refused("No such", "invalid_request_error", "model_not_found", "model"), 404),
            "model_missing",
            "",
        ),
        (
            answer(refused("Incorrect API key", "invalid_request_error", "invalid_api_key"), 401),
            "bad_key",
            "",
        ),
    ],
)
def test_the_check_of_a_model_is_judged(said: Any, code: str, detail: str) -> None:
    (check,) = OPENAI.checks(target("openai"))

    assert outcome(check.read(said)) == (code, detail)


def test_an_embedding_is_asked_for_as_numbers() -> None:
    check = probe("openai", EMBEDDING)

    assert check.call.url == "https://api.openai.com/v1/embeddings"
    assert body_of(check) == {"model": "acme-1", "input": "ping", "encoding_format": "float"}
    assert (check.is_billed, check.proves) == (True, (Stage.INFERENCE,))


@pytest.mark.parametrize(
    ("model_id", "dimensions", "sent"),
    [
        ("text-embedding-3-small", 512, True),
        ("openai/text-embedding-3-large", 512, True),
        ("text-embedding-3-small", None, False),
        ("text-embedding-ada-002", 1536, False),
    ],
)
def test_only_models_that_cut_vectors_are_told_the_dimensions(
    model_id: str, dimensions: int | None, sent: bool
) -> None:
    check = probe("openai", EMBEDDING, model_id=model_id, dimensions=dimensions)

    assert body_of(check).get("dimensions") == (512 if sent else None)


def test_the_dimensions_are_those_of_the_vector() -> None:
    verdict = probe("openai", EMBEDDING, dimensions=1536).read(answer(VECTOR))

    assert outcome(verdict) == ("ok", "")
    assert (verdict.dimensions, verdict.prompt_tokens) == (3, 1)


@pytest.mark.parametrize(
    "vector", [[], [True, False], ["0.1"], [0.1, None], [[0.1]], {}, "AAAA", None, 3]
)
def test_a_vector_is_a_list_of_numbers(vector: object) -> None:
    said = answer({"data": [{"embedding": vector}]})

    assert outcome(probe("openai", EMBEDDING).read(said)) == ("bad_shape", "vector")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_no_answer(number: str) -> None:
    said = answer(f'{{"data": [{{"embedding": [0.1, {number}]}}]}}')

    assert outcome(probe("openai", EMBEDDING).read(said)) == ("bad_shape", "not_json")


def test_chat_allows_a_few_tokens_by_their_newer_name() -> None:
    check = probe("openai")

    assert check.call.url == "https://api.openai.com/v1/chat/completions"
    assert body_of(check) == {
        "model": "acme-1",
        "messages": [{"role": "user", "content": "ping"}],
        "max_completion_tokens": PROBE_TOKENS,
    }


def test_the_settings_of_a_test_are_sent() -> None:
    check = probe("openai", max_tokens=64, reasoning_effort="low")

    assert body_of(check)["max_completion_tokens"] == 64
    assert body_of(check)["reasoning_effort"] == "low"


@pytest.mark.parametrize(
    ("message", "finish", "code"),
    [
        ({"content": "pong"}, "stop", "ok"),
        ({"content": "pong"}, "length", "ok"),
        ({"content": "", "reasoning_content": "ok"}, "stop", "ok"),
        ({"content": None, "reasoning": "Let me think"}, "length", "ok"),
        ({"content": None, "refusal": "I cannot"}, "stop", "ok"),
        ({"content": [{"type": "text", "text": "pong"}]}, "stop", "ok"),
        ({"content": [{"type": "thinking", "thinking": [{"text": "hm"}]}]}, "stop", "ok"),
        ({"content": ""}, "length", "ok_truncated"),
        ({"content": None}, "length", "ok_truncated"),
        ({}, "length", "ok_truncated"),
        ({"content": ""}, "content_filter", "ok"),
        ({"content": ""}, "stop", "bad_shape"),
        ({"content": " \n"}, "stop", "bad_shape"),
        ({"content": 7}, "stop", "bad_shape"),
    ],
)
def test_a_completion_is_judged(message: dict[str, Any], finish: str, code: str) -> None:
    verdict = probe("openai").read(answer(completion(message, finish)))

    assert outcome(verdict) == (code, "no_text" if code == "bad_shape" else "")
    assert (verdict.prompt_tokens, verdict.output_tokens) == (8, 3)


def test_a_filter_that_silenced_the_model_is_noted() -> None:
    verdict = probe("openai").read(answer(completion({"content": ""}, "content_filter")))

    assert (verdict.code, verdict.note) == (ProbeCode.OK, "content_filter")


def test_responses_are_asked_for_in_their_own_form() -> None:
    check = probe("openai", RESPONSES, reasoning_effort="minimal")

    assert check.call.url == "https://api.openai.com/v1/responses"
    assert body_of(check) == {
        "model": "acme-1",
        "input": "ping",
        "max_output_tokens": PROBE_TOKENS,
        "reasoning": {"effort": "minimal"},
    }


MESSAGE = {"type": "message", "content": [{"type": "output_text", "text": "pong"}]}
THOUGHT = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Thinking"}]}
SILENT = {"type": "reasoning", "summary": []}


@pytest.mark.parametrize(
    ("output", "reason", "code", "detail"),
    [
        ([SILENT, MESSAGE], None, "ok", ""),
        ([THOUGHT], "max_output_tokens", "ok", ""),
        ([SILENT], "max_output_tokens", "ok_truncated", ""),
        ([], "content_filter", "ok", ""),
        ([SILENT], None, "bad_shape", "no_text"),
    ],
)
def test_a_response_is_judged(output: list[Any], reason: str, code: str, detail: str) -> None:
    verdict = probe("openai", RESPONSES).read(answer(response(output, reason)))

    assert outcome(verdict) == (code, detail)
    assert (verdict.prompt_tokens, verdict.output_tokens) == (8, 16)


@pytest.mark.parametrize(
    ("mode", "body"),
    [(CHAT, {"choices": []}), (CHAT, VECTOR), (RESPONSES, {"output": "pong"}), (RESPONSES, {})],
)
def test_an_answer_to_something_else_is_unusable(mode: str, body: object) -> None:
    assert outcome(probe("openai", mode).read(answer(body))) == ("bad_shape", "shape")


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (429, refused("Slow down", "requests", "rate_limit_exceeded"), "rate_limited"),
        (429, refused("Quota", "insufficient_quota", "insufficient_quota"), "no_credit"),
        (403, refused("Region", "x", "unsupported_country_region_territory"), "forbidden"),
        (403, refused("Project", "invalid_request_error", "model_not_found"), "model_missing"),
        (
            403,
            refused(
                "You are not allowed to generate embeddings from this model",
                "invalid_request_error",
            ),
            "wrong_operation",
        ),
        (
            404,
            refused(
                "This model is only supported in v1/responses and not in v1/chat/completions.",
                "invalid_request_error",
                param="model",
            ),
            "wrong_operation",
        ),
        (
            404,
            refused("This is not a chat model and thus", "invalid_request_error", param="model"),
            "wrong_operation",
        ),
        (500, refused("Oops", "server_error"), "server_error"),
        (503, refused("Busy", "server_error"), "overloaded"),
    ],
)
def test_refusals_are_told_apart(status: int, body: object, code: str) -> None:
    assert probe("openai").read(answer(body, status)).code == code


def test_the_list_is_read_by_ids() -> None:
    rows = [{"id": "b"}, {"id": "acme/a", "max_model_len": 8192}, {"id": "b"}, {"no": "id"}]

    found = OPENAI.read_list(target("openai"), answer({"object": "list", "data": rows}))

    assert [model.id for model in found.models] == ["b", "acme/a"]
    assert found.models[1].values == {"context_window": 8192}
    assert found.next is None
