from __future__ import annotations

from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.client import ask
from tests.registry.sandbox.speech import GEMINI, Call


def test_a_model_is_told_with_limits_and_methods(sandbox: SandboxServer) -> None:
    chat = GEMINI.ask(sandbox, "/models/sandbox-reasoner").json
    embedding = GEMINI.ask(sandbox, "/models/sandbox-embed").json

    assert (chat["name"], chat["inputTokenLimit"]) == ("models/sandbox-reasoner", 131072)
    assert (chat["supportedGenerationMethods"], chat["thinking"]) == (["generateContent"], True)
    assert "embedContent" in embedding["supportedGenerationMethods"]
    assert "thinking" not in embedding


def test_the_list_comes_in_pages(sandbox: SandboxServer) -> None:
    first = GEMINI.ask(sandbox, "/models?pageSize=3").json
    last = GEMINI.ask(sandbox, f"/models?pageSize=3&pageToken={first['nextPageToken']}").json

    assert len(first["models"]) == 3
    assert GEMINI.ids(last) == ["sandbox-embed-large"]
    assert "nextPageToken" not in last


def test_a_key_in_the_query_is_taken_as_the_real_one_does(sandbox: SandboxServer) -> None:
    assert ask(sandbox, "/v1beta/models?key=open-sesame-77", headers={}).status == 200


def test_a_wrong_key_is_an_invalid_argument_with_a_reason(sandbox: SandboxServer) -> None:
    answer = GEMINI.ask(sandbox, "/models", key="nope")

    assert (answer.status, answer.at("error", "status")) == (400, "INVALID_ARGUMENT")
    assert answer.at("error", "details", 0, "reason") == "API_KEY_INVALID"


def test_no_key_is_permission_denied(sandbox: SandboxServer) -> None:
    assert GEMINI.ask(sandbox, "/models", key=None).at("error", "status") == "PERMISSION_DENIED"


def test_thinking_that_is_cut_short_leaves_no_parts(sandbox: SandboxServer) -> None:
    answer = GEMINI.ask(sandbox, GEMINI.chat("sandbox-reasoner", 16))

    assert answer.at("candidates", 0, "content") == {"role": "model"}
    assert answer.json["usageMetadata"] == {
        "promptTokenCount": 1,
        "candidatesTokenCount": 0,
        "thoughtsTokenCount": 16,
        "totalTokenCount": 17,
    }


def test_thinking_to_the_end_is_a_thought(sandbox: SandboxServer) -> None:
    answer = GEMINI.ask(sandbox, GEMINI.chat("sandbox-reasoner", 512))

    assert answer.at("candidates", 0, "content", "parts", 0, "thought") is True


def test_a_batch_has_a_vector_for_each_text(sandbox: SandboxServer) -> None:
    entry = {"content": {"parts": [{"text": "one"}]}, "outputDimensionality": 8}
    call = ("/models/sandbox-embed-large:batchEmbedContents", {"requests": [entry, entry]})

    vectors = GEMINI.ask(sandbox, call).json["embeddings"]

    assert [len(vector["values"]) for vector in vectors] == [8, 8]


def test_an_embedding_needs_a_text(sandbox: SandboxServer) -> None:
    call: Call = ("/models/sandbox-embed:embedContent", {"content": {"parts": []}})

    assert GEMINI.ask(sandbox, call).status == 400


def test_a_wait_in_seconds_stands_in_the_body(sandbox: SandboxServer) -> None:
    answer = GEMINI.ask(sandbox, GEMINI.listing, fault="rate_limited")

    quota, retry = answer.at("error", "details")
    assert "PerMinute" in quota["violations"][0]["quotaId"]
    assert retry["retryDelay"] == "7s"
    assert "retry-after" not in answer.headers
