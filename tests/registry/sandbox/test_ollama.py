from __future__ import annotations

import json

import pytest

from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.speech import OLLAMA, PING


def test_the_version_is_told_without_a_key(sandbox: SandboxServer) -> None:
    assert OLLAMA.ask(sandbox, "/api/version", key=None).json["version"].startswith("0.")


def test_the_list_names_the_latest(sandbox: SandboxServer) -> None:
    first = OLLAMA.ask(sandbox, "/api/tags").at("models", 0)

    assert first["name"] == first["model"] == "sandbox-chat:latest"
    assert first["details"]["family"] == "sandbox"


@pytest.mark.parametrize("name", ["sandbox-embed", "sandbox-embed:latest"])
def test_a_model_is_shown_by_its_architecture(sandbox: SandboxServer, name: str) -> None:
    found = OLLAMA.ask(sandbox, ("/api/show", {"model": name})).json

    assert found["capabilities"] == ["embedding"]
    assert found["model_info"] == {
        "general.architecture": "sandbox",
        "sandbox.context_length": 8192,
        "sandbox.embedding_length": 768,
    }


def test_what_a_chat_model_can_is_shown(sandbox: SandboxServer) -> None:
    found = OLLAMA.ask(sandbox, ("/api/show", {"model": "sandbox-reasoner"})).json

    assert found["capabilities"] == ["completion", "thinking"]


def test_an_unknown_model_and_an_unknown_path_differ(sandbox: SandboxServer) -> None:
    model = OLLAMA.ask(sandbox, ("/api/show", {"model": "nothing"}))
    path = OLLAMA.ask(sandbox, ("/api/none", {"model": "sandbox-chat"}))

    assert (model.status, model.json) == (404, {"error": "model 'nothing' not found"})
    assert (path.status, path.body) == (404, b"404 page not found")
    assert path.headers["content-type"].startswith("text/plain")


def test_the_old_path_embeds_one_text(sandbox: SandboxServer) -> None:
    call = ("/api/embeddings", {"model": "sandbox-embed", "prompt": "ping"})

    old = OLLAMA.ask(sandbox, call).json["embedding"]

    assert old == OLLAMA.ask(sandbox, _embed("ping")).at("embeddings", 0)


def _embed(text: str) -> tuple[str, object]:
    return "/api/embed", {"model": "sandbox-embed", "input": text}


def test_times_are_told_in_nanoseconds(sandbox: SandboxServer) -> None:
    answer = OLLAMA.ask(sandbox, _embed("ping")).json

    assert answer["total_duration"] > answer["load_duration"] > 1_000_000
    assert answer["prompt_eval_count"] == 1


def test_a_chat_streams_unless_told_not_to(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-chat", "messages": PING}

    answer = OLLAMA.ask(sandbox, ("/api/chat", body))

    first, last = (json.loads(line) for line in answer.body.splitlines())
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert (first["done"], first["message"]["content"]) == (False, "sandbox-chat heard: ping")
    assert (last["done"], last["done_reason"]) == (True, "stop")


def test_thinking_stands_beside_an_empty_content(sandbox: SandboxServer) -> None:
    message = OLLAMA.ask(sandbox, OLLAMA.chat("sandbox-reasoner", 512)).json["message"]

    assert message["content"] == ""
    assert message["thinking"]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (OLLAMA.chat("sandbox-embed", 16), '"sandbox-embed" does not support chat'),
        (("/api/embed", {"model": "sandbox-chat", "input": "x"}), "does not support embeddings"),
        (("/api/embed", {"model": "sandbox-embed"}), "input is required"),
    ],
)
def test_errors_are_a_text(sandbox: SandboxServer, call: tuple[str, object], text: str) -> None:
    answer = OLLAMA.ask(sandbox, call)

    assert answer.status == 400
    assert text in answer.json["error"]
