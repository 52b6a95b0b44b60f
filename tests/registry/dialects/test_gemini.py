from __future__ import annotations

from typing import Any

import pytest

from registry.choices import Stage
from tests.registry.dialects.answers import (
    CHAT,
    EMBEDDING,
    answer,
    body_of,
    dialect,
    outcome,
    page,
    probe,
    target,
)

GEMINI = dialect("gemini")
BASE = "https://generativelanguage.googleapis.com/v1beta"
DETAIL = "type.googleapis.com/google.rpc"
PER_DAY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"


def refused(code: int, status: str, message: str = "No", details: object = ()) -> dict[str, Any]:
    parts = {"code": code, "message": message, "status": status, "details": details}
    return {"error": parts}


def told(parts: object, finish: str = "STOP") -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish}],
        "usageMetadata": {
            "promptTokenCount": 1,
            "candidatesTokenCount": 2,
            "thoughtsTokenCount": 30,
            "totalTokenCount": 33,
        },
    }


def model(*methods: str) -> dict[str, Any]:
    return {"name": "models/acme-1", "supportedGenerationMethods": list(methods)}


def test_the_key_stands_in_a_header_and_never_in_the_address() -> None:
    (check,) = GEMINI.checks(target("gemini"))

    assert check.call.url == f"{BASE}/models/acme-1"
    assert check.call.credential is not None
    assert (check.call.credential.header, check.call.credential.prefix) == ("x-goog-api-key", "")
    assert check.proves == (Stage.REACH, Stage.AUTH, Stage.MODEL)


@pytest.mark.parametrize(
    ("model_id", "path"),
    [
        ("gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("models/gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("tunedModels/mine-1", "tunedModels/mine-1"),
        ("maker/model", "models/maker%2Fmodel"),
        ("a:generateContent", "models/a%3AgenerateContent"),
    ],
)
def test_a_model_id_cannot_leave_its_place_in_the_path(model_id: str, path: str) -> None:
    check = probe("gemini", model_id=model_id)

    assert check.call.url == f"{BASE}/{path}:generateContent"


@pytest.mark.parametrize(
    ("mode", "methods", "code"),
    [
        (CHAT, ("generateContent", "countTokens"), "ok"),
        (CHAT, ("embedContent",), "wrong_operation"),
        (EMBEDDING, ("embedContent",), "ok"),
        (EMBEDDING, ("generateContent",), "wrong_operation"),
        (EMBEDDING, (), "ok"),
    ],
)
def test_the_free_check_knows_what_the_model_does(
    mode: str, methods: tuple[str, ...], code: str
) -> None:
    (check,) = GEMINI.checks(target("gemini", mode))

    assert outcome(check.read(answer(model(*methods)))) == (code, "")


def test_a_model_without_a_name_is_none() -> None:
    (check,) = GEMINI.checks(target("gemini"))

    assert outcome(check.read(answer({"displayName": "x"}))) == ("bad_shape", "shape")


def test_the_calls_have_geminis_form() -> None:
    chat, embedding = probe("gemini"), probe("gemini", EMBEDDING, dimensions=768)

    assert body_of(chat) == {
        "contents": [{"role": "user", "parts": [{"text": "ping"}]}],
        "generationConfig": {"maxOutputTokens": 32},
    }
    assert embedding.call.url == f"{BASE}/models/acme-1:embedContent"
    assert body_of(embedding) == {"content": {"parts": [{"text": "ping"}]}}


def test_only_models_that_cut_vectors_are_told_the_dimensions() -> None:
    check = probe("gemini", EMBEDDING, model_id="models/gemini-embedding-001", dimensions=768)

    assert body_of(check)["outputDimensionality"] == 768


def test_the_token_limit_of_a_test_is_sent() -> None:
    check = probe("gemini", max_tokens=100)

    assert body_of(check)["generationConfig"] == {"maxOutputTokens": 100}


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (told([{"text": "pong"}]), "ok", ""),
        (told([{"text": "Let me think", "thought": True}], "MAX_TOKENS"), "ok", ""),
        (told(None, "MAX_TOKENS"), "ok_truncated", ""),
        (told([], "MAX_TOKENS"), "ok_truncated", ""),
        (told(None, "SAFETY"), "ok", ""),
        (told([{"text": ""}], "STOP"), "bad_shape", "no_text"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "ok", ""),
        ({"candidates": []}, "bad_shape", "shape"),
        ({"usageMetadata": {}}, "bad_shape", "shape"),
    ],
)
def test_an_answer_is_judged(body: object, code: str, detail: str) -> None:
    assert outcome(probe("gemini").read(answer(body))) == (code, detail)


def test_thoughts_count_as_output() -> None:
    verdict = probe("gemini").read(answer(told([{"text": "pong"}])))

    assert (verdict.prompt_tokens, verdict.output_tokens) == (1, 32)


@pytest.mark.parametrize(
    "body", [{"embedding": {"values": [0.1, 0.2]}}, {"embeddings": [{"values": [0.1, 0.2]}]}]
)
def test_a_vector_is_measured(body: object) -> None:
    verdict = probe("gemini", EMBEDDING).read(answer(body))

    assert (outcome(verdict), verdict.dimensions) == (("ok", ""), 2)


BAD_KEY = [{"@type": f"{DETAIL}.ErrorInfo", "reason": "API_KEY_INVALID"}]
DAILY = [
    {"@type": f"{DETAIL}.QuotaFailure", "violations": [{"quotaId": PER_DAY}]},
    {"@type": f"{DETAIL}.RetryInfo", "retryDelay": "37s"},
]
MINUTE = [{"@type": f"{DETAIL}.RetryInfo", "retryDelay": "7.9s"}]
BILLING = [{"@type": f"{DETAIL}.ErrorInfo", "reason": "BILLING_DISABLED"}]


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (refused(400, "INVALID_ARGUMENT", "API key not valid.", BAD_KEY), "bad_key", ""),
        (refused(400, "INVALID_ARGUMENT", "Unknown name"), "bad_parameter", ""),
        (refused(400, "FAILED_PRECONDITION", "User location"), "forbidden", ""),
        (refused(401, "UNAUTHENTICATED"), "bad_key", ""),
        (refused(403, "PERMISSION_DENIED"), "forbidden", ""),
        (
            refused(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers."),
            "bad_key",
            "",
        ),
        (refused(403, "PERMISSION_DENIED", "Billing", BILLING), "no_credit", ""),
        (refused(404, "NOT_FOUND", "models/acme-1 is not found"), "model_missing", ""),
        (refused(429, "RESOURCE_EXHAUSTED", "Quota", MINUTE), "rate_limited", ""),
        (refused(429, "RESOURCE_EXHAUSTED", "Quota", DAILY), "rate_limited", "per_day"),
        (refused(500, "INTERNAL"), "server_error", "HTTP 500"),
        (refused(503, "UNAVAILABLE", "The model is overloaded."), "overloaded", ""),
        (refused(504, "DEADLINE_EXCEEDED"), "timeout", ""),
    ],
)
def test_refusals_are_told_apart(body: dict[str, Any], code: str, detail: str) -> None:
    status = body["error"]["code"]

    plain = probe("gemini").read(answer(body, status))
    in_a_list = probe("gemini").read(answer([body], status))

    assert outcome(plain) == (code, detail)
    assert outcome(in_a_list) == (code, detail)  # as Google's streaming paths wrap it


@pytest.mark.parametrize(("details", "seconds"), [(DAILY, 37), (MINUTE, 7)])
def test_the_wait_that_google_names_is_kept(details: object, seconds: int) -> None:
    said = answer(refused(429, "RESOURCE_EXHAUSTED", "Quota", details), 429)

    assert probe("gemini").read(said).retry_after == seconds


def test_a_method_that_a_known_model_lacks_is_a_wrong_operation() -> None:
    text = "models/acme-1 is not found for API version v1beta, or is not supported for embedContent"
    said = answer(refused(404, "NOT_FOUND", text), 404)
    (check,) = GEMINI.checks(target("gemini", EMBEDDING))

    assert outcome(check.read(said)) == ("model_missing", "")
    assert outcome(probe("gemini", EMBEDDING).read(said)) == ("wrong_operation", "")


def test_an_unknown_length_of_vectors_is_left_out_once() -> None:
    violation = {"field": "output_dimensionality", "description": "Not supported"}
    details = [{"@type": f"{DETAIL}.BadRequest", "fieldViolations": [violation]}]
    check = probe("gemini", EMBEDDING, model_id="gemini-embedding-001", dimensions=7)

    verdict = check.read(answer(refused(400, "INVALID_ARGUMENT", "Bad", details), 400))

    assert verdict.corrected == "outputDimensionality"
    assert verdict.retry is not None
    assert body_of(verdict.retry) == {"content": {"parts": [{"text": "ping"}]}}


def test_the_list_comes_in_pages() -> None:
    row = {
        "name": "models/acme-flash",
        "displayName": "Acme Flash",
        "inputTokenLimit": 1_000_000,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
    body = {"models": [row, {"name": "models/acme-embed"}], "nextPageToken": "b2Zm+/=&x"}

    call = GEMINI.list_call(target("gemini"))
    found = GEMINI.read_list(target("gemini"), answer(body))

    assert call is not None
    assert call.url == f"{BASE}/models?pageSize=1000"
    flash, embed = found.models
    assert (flash.id, flash.name, embed.id) == ("acme-flash", "Acme Flash", "acme-embed")
    assert flash.values == {
        "context_window": 1_000_000,
        "max_output_tokens": 65_536,
        "type": "generation",
    }
    assert found.next is not None
    assert found.next.url == f"{BASE}/models?pageSize=1000&pageToken=b2Zm%2B%2F%3D%26x"


def test_the_last_page_names_no_other() -> None:
    found = GEMINI.read_list(target("gemini"), answer({"models": [{"name": "models/a"}]}))

    assert found.next is None


def test_an_empty_list_is_an_empty_object() -> None:
    assert GEMINI.read_list(target("gemini"), answer({})).models == ()


def test_without_a_model_the_list_is_the_check() -> None:
    (check,) = GEMINI.checks(target("gemini", model_id=""))

    assert check.proves == (Stage.REACH, Stage.AUTH)
    assert check.read(answer({"models": [{"name": "models/a"}]})).listed == ("a",)
    assert outcome(check.read(page())) == ("bad_shape", "html")
