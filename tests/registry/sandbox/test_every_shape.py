"""What holds whatever API is spoken."""

from __future__ import annotations

import math

import pytest

from registry.sandbox.catalogue import MODELS
from registry.sandbox.server import SandboxServer
from tests.registry.sandbox import speech as spoken
from tests.registry.sandbox.speech import Call, Speech

every_shape = pytest.mark.parametrize("speech", spoken.ALL, ids=str)
every_embedding_shape = pytest.mark.parametrize("speech", spoken.EMBEDDING, ids=str)

# name -> status of a wrong key, of none, of an unknown model, of chat asked of an embedding model,
# of an embedding asked of a chat model
STATUSES: dict[str, tuple[int, int, int, int, int]] = {
    "openai": (401, 401, 404, 404, 403),
    "azure": (401, 401, 404, 400, 400),
    "azure v1": (401, 401, 404, 400, 400),
    "gemini": (400, 403, 404, 404, 404),
    "anthropic": (401, 401, 404, 400, 0),
    "cohere": (401, 401, 404, 400, 400),
    "ollama": (401, 200, 404, 400, 400),
    "open webui": (401, 401, 404, 400, 400),
}


def embedding(speech: Speech, model: str, length: int | None = None) -> Call:
    assert speech.embed is not None
    return speech.embed(model, length)


@every_shape
def test_the_list_has_every_model(sandbox: SandboxServer, speech: Speech) -> None:
    answer = speech.ask(sandbox, speech.listing)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert speech.ids(answer.json) == [model.id for model in MODELS]


@every_shape
def test_a_chat_model_repeats_what_it_heard(sandbox: SandboxServer, speech: Speech) -> None:
    answer = speech.ask(sandbox, speech.chat("sandbox-chat", 64))

    assert answer.status == 200
    assert answer.at(*speech.text) == "sandbox-chat heard: ping"
    assert answer.at(*speech.stop) == speech.stops[0]
    assert answer.at(*speech.counts) == 6


@every_shape
def test_the_token_limit_cuts_an_answer(sandbox: SandboxServer, speech: Speech) -> None:
    answer = speech.ask(sandbox, speech.chat("sandbox-chat", 2))

    assert answer.at(*speech.text) == "sandbox-"
    assert answer.at(*speech.stop) == speech.stops[1]
    assert answer.at(*speech.counts) == 2


@every_shape
@pytest.mark.parametrize(("limit", "ending"), [(16, 1), (512, 0)])
def test_the_reasoner_thinks_and_answers_nothing(
    sandbox: SandboxServer, speech: Speech, limit: int, ending: int
) -> None:
    answer = speech.ask(sandbox, speech.chat("sandbox-reasoner", limit))

    assert answer.status == 200
    assert answer.at(*speech.stop) == speech.stops[ending]
    assert b"heard" not in answer.body
    thinks_aloud = b"the sandbox's reasoner" in answer.body
    assert thinks_aloud or (speech.name == "gemini" and limit == 16)


@every_embedding_shape
@pytest.mark.parametrize(
    ("model", "length", "numbers"),
    [
        ("sandbox-embed", None, 768),
        ("sandbox-embed", 768, 768),
        ("sandbox-embed-large", None, 1024),
        ("sandbox-embed-large", 256, 256),
    ],
)
def test_vectors_have_their_length_and_are_of_length_one(
    sandbox: SandboxServer, speech: Speech, model: str, length: int | None, numbers: int
) -> None:
    vector = speech.ask(sandbox, embedding(speech, model, length)).at(*speech.vector)

    assert len(vector) == numbers
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)


@every_embedding_shape
@pytest.mark.parametrize(
    ("model", "length"), [("sandbox-embed", 256), ("sandbox-embed-large", 1025)]
)
def test_a_length_that_a_model_has_not_is_refused(
    sandbox: SandboxServer, speech: Speech, model: str, length: int
) -> None:
    assert speech.ask(sandbox, embedding(speech, model, length)).status == 400


@every_shape
@pytest.mark.parametrize("key", ["wrong-key", "open-sesame-772", "Sandbox-Key"])
def test_another_key_is_refused(sandbox: SandboxServer, speech: Speech, key: str) -> None:
    chat, listing = speech.chat("sandbox-chat", 16), speech.listing

    assert speech.ask(sandbox, listing, key=key).status == STATUSES[speech.name][0]
    assert speech.ask(sandbox, chat, key=key).status == STATUSES[speech.name][0]


@every_shape
def test_a_missing_key_is_refused_but_by_ollama(sandbox: SandboxServer, speech: Speech) -> None:
    chat, listing = speech.chat("sandbox-chat", 16), speech.listing

    assert speech.ask(sandbox, listing, key=None).status == STATUSES[speech.name][1]
    assert speech.ask(sandbox, chat, key=None).status == STATUSES[speech.name][1]


@every_shape
def test_an_unknown_model_is_not_found(sandbox: SandboxServer, speech: Speech) -> None:
    assert speech.ask(sandbox, speech.chat("gpt-nothing", 16)).status == STATUSES[speech.name][2]


@every_shape
def test_an_embedding_model_does_not_chat(sandbox: SandboxServer, speech: Speech) -> None:
    assert speech.ask(sandbox, speech.chat("sandbox-embed", 16)).status == STATUSES[speech.name][3]


@every_embedding_shape
def test_a_chat_model_does_not_embed(sandbox: SandboxServer, speech: Speech) -> None:
    answer = speech.ask(sandbox, embedding(speech, "sandbox-chat"))

    assert answer.status == STATUSES[speech.name][4]


@every_shape
@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"model": 7}', b"\xff", b"[" * 9000])
def test_an_unusable_body_is_refused_and_no_crash(
    sandbox: SandboxServer, speech: Speech, body: bytes
) -> None:
    path, _body = speech.chat("sandbox-chat", 16)

    answer = speech.ask(sandbox, (path, body))

    assert 400 <= answer.status < 500


@every_shape
def test_the_wrong_method_finds_nothing(sandbox: SandboxServer, speech: Speech) -> None:
    path, _body = speech.chat("sandbox-chat", 16)

    assert speech.ask(sandbox, path).status == 404
