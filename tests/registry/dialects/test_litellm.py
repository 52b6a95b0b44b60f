"""A LiteLLM proxy in place of a provider: its own refusals are judged rightly, too."""

from __future__ import annotations

from typing import Any

import pytest

from registry.choices import ProbeCode
from tests.registry.dialects.answers import (
    CHAT,
    EMBEDDING,
    answer,
    dialect,
    outcome,
    probe,
    target,
)

CALLS = ["openai", "azure", "anthropic", "gemini", "openai_compatible"]


def refused(message: str, kind: str | None, code: str, param: str | None = None) -> Any:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


NO_DATABASE = refused("No connected db.", "no_db_connection", "400")
WRONG_KEY = refused(
    "Authentication Error, Invalid proxy server token passed. Received API Key = sk-..., Key Hash "
    "(Token) =ab12. Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
    "token_not_found_in_db",
    "401",
    "key",
)
NO_KEY = refused("Authentication Error, No api key passed in.", "auth_error", "401", "None")
UPSTREAM_KEY = refused("litellm.AuthenticationError: OpenAIException - bad", None, "401")
UNKNOWN = refused(
    "/chat/completions: Invalid model name passed in model=nope. Call `/v1/models` to view",
    "invalid_request_error",
    "400",
)
REFUSED = refused("litellm.InternalServerError: Connection error.", None, "500")
SILENT = refused("litellm.Timeout: Connection timed out.", "None", "408")
LIMITED = refused("litellm.RateLimitError", "throttling_error", "429")
BUDGET = refused("Budget has been exceeded!", "budget_exceeded", "400")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, NO_DATABASE, "bad_key"),
        (401, WRONG_KEY, "bad_key"),
        (401, NO_KEY, "bad_key"),
        (401, UPSTREAM_KEY, "bad_key"),
        (400, UNKNOWN, "model_missing"),
        (500, REFUSED, "server_error"),
        (408, SILENT, "timeout"),
        (429, LIMITED, "rate_limited"),
        (400, BUDGET, "no_credit"),
        (500, "Internal Server Error", "server_error"),
    ],
)
def test_its_refusals_are_told_apart(name: str, status: int, body: object, code: str) -> None:
    assert probe(name).read(answer(body, status)).code == code


def test_an_unknown_model_in_anthropics_form_is_missing() -> None:
    text = "anthropic_messages: Invalid model name passed in model=nope."
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": text}}

    assert outcome(probe("anthropic").read(answer(body, 400))) == ("model_missing", "")


def test_the_same_words_without_their_type_are_no_evidence() -> None:
    said = answer({"error": {"message": "Invalid model name", "type": "x", "code": "400"}}, 400)

    assert probe("openai").read(said).code == ProbeCode.BAD_PARAMETER


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini"])
def test_an_unknown_model_is_missing_in_the_free_check(name: str) -> None:
    text = "The model `nope` does not exist or is not accessible"
    (check,) = dialect(name).checks(target(name))

    assert outcome(check.read(answer({"detail": text}, 404))) == ("model_missing", "")


@pytest.mark.parametrize("name", ["openai", "azure", "openai_compatible"])
def test_a_mocked_text_in_place_of_a_vector_is_unusable(name: str) -> None:
    body = {"object": "list", "data": [{"object": "embedding", "embedding": "mock says hi"}]}

    assert outcome(probe(name, EMBEDDING).read(answer(body))) == ("bad_shape", "vector")


@pytest.mark.parametrize(
    ("name", "mode"), [("gemini", EMBEDDING), ("ollama", CHAT), ("cohere", CHAT)]
)
def test_a_path_that_it_lacks_is_no_missing_model(name: str, mode: str) -> None:
    assert outcome(probe(name, mode).read(answer({"detail": "Not Found"}, 404))) == (
        "bad_shape",
        "path",
    )


@pytest.mark.parametrize(
    ("status", "body"), [(404, {"detail": "Not Found"}), (500, "Internal Server Error")]
)
def test_azures_list_is_optional_because_the_proxy_lacks_it(status: int, body: object) -> None:
    (check,) = dialect("azure").checks(target("azure"))

    verdict = check.read(answer(body, status))

    assert check.optional is True
    assert verdict.code in (ProbeCode.BAD_SHAPE, ProbeCode.SERVER_ERROR)
    assert verdict.is_final is False


@pytest.mark.parametrize("name", ["openai", "openai_compatible"])
def test_its_list_is_read(name: str) -> None:
    row = {"id": "db-1", "object": "model", "mode": "chat", "max_input_tokens": 128_000}

    found = dialect(name).read_list(target(name), answer({"data": [row], "object": "list"}))

    assert [(model.id, model.values) for model in found.models] == [
        ("db-1", {"context_window": 128_000})
    ]
