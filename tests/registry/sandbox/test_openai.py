"""What is OpenAI's own: ids, usage, base64, the Responses API, and its errors."""

from __future__ import annotations

import base64
import struct

import pytest

from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.client import ask
from tests.registry.sandbox.speech import PING

RESPONSES = "/v1/responses"


def test_a_model_is_told_with_its_context(sandbox: SandboxServer) -> None:
    assert ask(sandbox, "/v1/models/sandbox-chat").json == {
        "id": "sandbox-chat",
        "object": "model",
        "created": 1760000000,
        "owned_by": "sandbox",
        "shutdown_date": None,
        "max_model_len": 32768,
    }


@pytest.mark.parametrize("name", ["acme/chat", "acme%2Fchat"])
def test_ids_may_have_slashes(sandbox: SandboxServer, name: str) -> None:
    answer = ask(sandbox, f"/v1/models/{name}")

    assert answer.status == 404
    assert "'acme/chat'" in answer.at("error", "message")
    assert answer.at("error", "code") == "model_not_found"
    assert answer.at("error", "param") == "model"


def test_usage_adds_up(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-reasoner", "messages": PING, "max_tokens": 12}

    answer = ask(sandbox, "/v1/chat/completions", body)

    assert answer.json["model"] == "sandbox-reasoner"
    assert answer.json["usage"] == {
        "prompt_tokens": 1,
        "completion_tokens": 12,
        "total_tokens": 13,
        "completion_tokens_details": {"reasoning_tokens": 12},
    }


def test_messages_may_have_parts(sandbox: SandboxServer) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "image_url"}, {"type": "text", "text": "2"}]
    body = {"model": "sandbox-chat", "messages": [{"role": "user", "content": parts}]}

    answer = ask(sandbox, "/v1/chat/completions", body)

    assert answer.at("choices", 0, "message", "content") == "sandbox-chat heard: one\n\n2"


def test_several_texts_have_a_vector_each(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-embed", "input": ["one", "two", "one"]}

    answer = ask(sandbox, "/v1/embeddings", body)

    first, second, third = (row["embedding"] for row in answer.json["data"])
    assert [row["index"] for row in answer.json["data"]] == [0, 1, 2]
    assert first == third
    assert first != second
    assert answer.json["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


def test_tokens_are_taken_for_a_text(sandbox: SandboxServer) -> None:
    answer = ask(sandbox, "/v1/embeddings", {"model": "sandbox-embed", "input": [1, 2]})

    assert len(answer.json["data"]) == 1


def test_vectors_come_packed_for_clients_that_want_them_so(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-embed", "input": "ping"}
    plain = ask(sandbox, "/v1/embeddings", body).at("data", 0, "embedding")

    packed = ask(sandbox, "/v1/embeddings", body | {"encoding_format": "base64"})

    numbers = struct.unpack("<768f", base64.b64decode(packed.at("data", 0, "embedding")))
    assert numbers == pytest.approx(plain, abs=1e-6)


def test_too_many_texts_are_refused(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-embed", "input": ["x"] * 2049}

    assert ask(sandbox, "/v1/embeddings", body).status == 400


def test_the_responses_api_answers(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-chat", "input": "ping", "max_output_tokens": 16}

    answer = ask(sandbox, RESPONSES, body)

    assert (answer.json["object"], answer.json["status"]) == ("response", "completed")
    assert answer.at("output", 0, "content", 0, "text") == "sandbox-chat heard: ping"
    assert answer.json["usage"]["total_tokens"] == 7


def test_the_responses_api_says_what_cut_it_short(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-reasoner", "input": PING, "max_output_tokens": 16}

    answer = ask(sandbox, RESPONSES, body)

    assert answer.json["status"] == "incomplete"
    assert answer.json["incomplete_details"] == {"reason": "max_output_tokens"}
    assert [part["type"] for part in answer.json["output"]] == ["reasoning"]


@pytest.mark.parametrize(
    ("change", "param"),
    [({"max_output_tokens": 15}, "max_output_tokens"), ({"input": ""}, "input")],
)
def test_the_responses_api_names_what_it_refuses(
    sandbox: SandboxServer, change: dict[str, object], param: str
) -> None:
    answer = ask(sandbox, RESPONSES, {"model": "sandbox-chat", "input": "ping"} | change)

    assert (answer.status, answer.at("error", "param")) == (400, param)


@pytest.mark.parametrize("path", ["/v1/chat/completions", RESPONSES])
def test_streaming_is_refused_rather_than_ignored(sandbox: SandboxServer, path: str) -> None:
    body = {"model": "sandbox-chat", "messages": PING, "input": "ping", "stream": True}

    answer = ask(sandbox, path, body)

    assert (answer.status, answer.at("error", "param")) == (400, "stream")


def test_a_wrong_key_has_a_code_and_a_missing_one_has_none(sandbox: SandboxServer) -> None:
    wrong = ask(sandbox, "/v1/models", headers={"authorization": "Bearer nope"})
    other = ask(sandbox, "/v1/models", headers={"authorization": "Basic open-sesame-77"})

    assert wrong.at("error", "code") == "invalid_api_key"
    assert (other.status, other.at("error", "code")) == (401, None)


@pytest.mark.parametrize("path", ["/v1/chat", "/v1", "/v1/models/"])
def test_another_path_is_an_invalid_url(sandbox: SandboxServer, path: str) -> None:
    answer = ask(sandbox, path)

    assert (answer.status, answer.at("error", "message")) == (404, "Invalid URL")


@pytest.mark.parametrize("path", ["/", "/v2/models", "/v1x", "*", "//v9//", "/login"])
def test_outside_every_base_the_bases_are_named(sandbox: SandboxServer, path: str) -> None:
    answer = ask(sandbox, path)

    assert answer.status == 404
    assert answer.at("error", "bases")["Gemini"] == "/v1beta"
