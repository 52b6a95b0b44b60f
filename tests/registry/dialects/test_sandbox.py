"""The dialects against the sandbox's providers: each fault is found for what it is.

No socket is opened here: the sandbox's answers are handed over as they are.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from registry.choices import ProbeCode
from registry.dialects.base import Target
from registry.outbound.calls import Answer, Call
from registry.sandbox import answers
from registry.sandbox.catalogue import KEY
from registry.sandbox.exchange import Request
from registry.types import Secret
from tests.registry.dialects.answers import CHAT, EMBEDDING, RESPONSES, dialect

BASES = {
    "openai": "/v1",
    "azure": "",
    "gemini": "/v1beta",
    "anthropic": "/v1",
    "cohere": "/cohere",
    "ollama": "",
    "openai_compatible": "/v1",
    "openwebui": "/openwebui",
}
MODELS = {CHAT: "sandbox-chat", EMBEDDING: "sandbox-embed-large", RESPONSES: "sandbox-chat"}
FORGIVEN = {ProbeCode.SERVER_ERROR, ProbeCode.BAD_SHAPE}

# fault -> what a test of a chat model finds, and where it differs by dialect.
FAULTS: dict[str, tuple[str, dict[str, str]]] = {
    "": ("ok", {}),
    "bad_key": ("bad_key", {}),
    "forbidden": ("forbidden", {}),
    "rate_limited": ("rate_limited", {}),
    "rate_limited_date": ("rate_limited", {}),
    "overloaded": ("overloaded", {}),
    "server_error": ("server_error HTTP 500", {}),
    "echo_key": ("bad_key", {}),
    "script": ("bad_parameter", {}),
    "no_credit": ("no_credit", {}),
    "model_missing": ("model_missing", {"azure": "deployment_missing"}),
    "deployment_missing": (
        "model_missing",
        {"azure": "deployment_missing", "gemini": "wrong_operation"},
    ),
    "wrong_operation": ("wrong_operation", {}),
    "bad_parameter": ("bad_parameter temperature", {"ollama": "bad_parameter"}),
    "max_tokens": (
        "ok",
        {"openai_compatible": "ok after max_tokens", "openwebui": "ok after max_tokens"},
    ),
    "max_completion_tokens": (
        "ok",
        {"openai": "ok after max_completion_tokens", "azure": "ok after max_completion_tokens"},
    ),
    "reasoning_budget": (
        "ok after max_tokens",
        {
            "openai": "ok after max_completion_tokens",
            "azure": "ok after max_completion_tokens",
            "gemini": "ok after maxOutputTokens",
            "ollama": "ok after num_predict",
        },
    ),
    "truncated": ("ok_truncated", {}),
    "nan": ("bad_shape not_json", {}),
    "truncated_json": ("bad_shape not_json", {}),
    "html": ("bad_shape html", {}),
    "empty": ("bad_shape empty", {}),
    "not_utf8": ("bad_shape not_json", {}),
    "deep": ("bad_shape not_json", {}),
    "error_200": ("server_error HTTP 500", {}),
}


def send(call: Call) -> Answer:
    parts = urlsplit(call.url)
    headers = {name.lower(): value for name, value in call.headers.items()}
    if call.credential is not None:
        secret = call.credential.secret.reveal()
        headers[call.credential.header.lower()] = call.credential.prefix + secret
    body = b"" if call.body is None else json.dumps(call.body).encode()
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    reply = answers.answer(Request(call.method, path, headers, body))
    found = {name.lower(): value for name, value in reply.headers.items()}
    return Answer(reply.status, found, reply.body, 1)


def aim_at(name: str, fault: str = "", mode: str = CHAT, *, base: str | None = None) -> Target:
    prefix = f"/faults/{fault}" if fault else ""
    return Target(
        address=f"http://sandbox.example{prefix}{BASES[name] if base is None else base}",
        key=Secret(KEY),
        model_id=MODELS[mode],
        mode=mode,
        dimensions=1024 if mode == EMBEDDING else None,
    )


def found_by(name: str, aim: Target) -> str:
    """Make the checks and the probe as the service does, and return what ended the test."""
    probe = dialect(name).probe(aim)
    assert probe is not None
    for check in (*dialect(name).checks(aim), probe):
        verdict = check.read(send(check.call))
        corrected = []
        while verdict.retry is not None:
            corrected += [verdict.corrected] if verdict.corrected else []
            verdict = verdict.retry.read(send(verdict.retry.call))
        words = [ProbeCode(verdict.code).value, verdict.detail]
        words += [f"after {', '.join(corrected)}"] if corrected else []
        is_forgiven = check.optional and verdict.code in FORGIVEN and not verdict.is_final
        if not verdict.is_good and not is_forgiven:
            break
    return " ".join(filter(None, words))


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_for_what_it_is(fault: str, name: str) -> None:
    usual, different = FAULTS[fault]

    assert found_by(name, aim_at(name, fault)) == different.get(name, usual)


@pytest.mark.parametrize("name", sorted(set(BASES) - {"anthropic"}))
@pytest.mark.parametrize(("fault", "dimensions"), [("", 1024), ("wrong_dimensions", 1019)])
def test_vectors_are_measured(name: str, fault: str, dimensions: int) -> None:
    probe = dialect(name).probe(aim_at(name, fault, EMBEDDING))
    assert probe is not None

    assert probe.read(send(probe.call)).dimensions == dimensions


@pytest.mark.parametrize(
    ("name", "base"), [("openai", "/v1"), ("azure", "/openai/v1"), ("openai_compatible", "/v1")]
)
@pytest.mark.parametrize(
    ("fault", "found"), [("", "ok"), ("bad_key", "bad_key"), ("truncated", "ok_truncated")]
)
def test_responses_are_probed(name: str, base: str, fault: str, found: str) -> None:
    assert found_by(name, aim_at(name, fault, RESPONSES, base=base)) == found


def test_an_address_without_v1_is_told() -> None:
    aim = aim_at("openai_compatible", base="")

    assert found_by("openai_compatible", aim) == "bad_shape address_lacks_v1"


@pytest.mark.parametrize("fault", ["rate_limited", "rate_limited_date"])
@pytest.mark.parametrize("name", BASES)
def test_the_wait_is_kept(name: str, fault: str) -> None:
    check = dialect(name).checks(aim_at(name, fault))[0]

    assert check.read(send(check.call)).retry_after in (6, 7)


@pytest.mark.parametrize("name", BASES)
def test_the_list_names_the_sandboxs_models(name: str) -> None:
    aim = aim_at(name)
    call = dialect(name).list_call(aim)
    listed: set[str] = set()

    while call is not None:
        page = dialect(name).read_list(aim, send(call))
        listed |= {model.id.removesuffix(":latest") for model in page.models}
        call = page.next

    assert listed >= {"sandbox-chat", "sandbox-embed-large"}
