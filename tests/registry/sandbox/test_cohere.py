from __future__ import annotations

import pytest

from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.speech import COHERE, PING

EMBED = {"model": "sandbox-embed", "texts": ["one", "two"], "input_type": "search_query"}


def test_the_key_is_checked_for_nothing(sandbox: SandboxServer) -> None:
    answer = COHERE.ask(sandbox, ("/v1/check-api-key", {}), fault="no_credit")

    assert answer.status == 200
    assert answer.json["valid"] is True
    assert set(answer.json) == {"valid", "organization_id", "owner_id"}


def test_a_model_is_told_with_endpoints_and_context(sandbox: SandboxServer) -> None:
    model = COHERE.ask(sandbox, "/v1/models/sandbox-reasoner").json

    assert (model["name"], model["endpoints"]) == ("sandbox-reasoner", ["chat"])
    assert (model["context_length"], model["is_deprecated"]) == (131072, False)
    assert model["features"] == ["reasoning"]


def test_the_list_comes_in_pages_and_by_endpoint(sandbox: SandboxServer) -> None:
    first = COHERE.ask(sandbox, "/v1/models?page_size=3&endpoint=embed").json
    token = first["next_page_token"]
    last = COHERE.ask(sandbox, f"/v1/models?page_size=3&endpoint=embed&page_token={token}").json

    assert COHERE.ids(first) == ["sandbox-embed"]
    assert COHERE.ids(last) == ["sandbox-embed-large"]
    assert "next_page_token" not in last


@pytest.mark.parametrize("token", ["99", "-1", "x", "9" * 40])
def test_a_page_that_is_not_there_is_no_crash(sandbox: SandboxServer, token: str) -> None:
    assert COHERE.ask(sandbox, f"/v1/models?page_token={token}").status == 200


def test_texts_have_a_vector_each_and_are_counted(sandbox: SandboxServer) -> None:
    answer = COHERE.ask(sandbox, ("/v2/embed", EMBED)).json

    assert [len(row) for row in answer["embeddings"]["float"]] == [768, 768]
    assert answer["texts"] == ["one", "two"]
    assert answer["meta"]["billed_units"] == {"input_tokens": 2}


@pytest.mark.parametrize("field", ["input_type", "texts", "model"])
def test_what_is_required_is_unprocessable_without(sandbox: SandboxServer, field: str) -> None:
    body = {name: value for name, value in EMBED.items() if name != field}

    answer = COHERE.ask(sandbox, ("/v2/embed", body))

    assert answer.status == 422
    assert answer.json["message"] == f"invalid request: {field} is required"


def test_thoughts_are_content_of_their_own_kind(sandbox: SandboxServer) -> None:
    answer = COHERE.ask(sandbox, COHERE.chat("sandbox-reasoner", 512))

    assert [part["type"] for part in answer.at("message", "content")] == ["thinking"]


def test_streaming_is_refused_rather_than_ignored(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-chat", "messages": PING, "stream": True}

    assert COHERE.ask(sandbox, ("/v2/chat", body)).status == 400


def test_errors_are_a_bare_message(sandbox: SandboxServer) -> None:
    answer = COHERE.ask(sandbox, "/v1/models/nothing").json

    assert set(answer) == {"id", "message"}
    assert answer["message"] == "model 'nothing' not found"
