from __future__ import annotations

import pytest

from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.client import BEARER, ask
from tests.registry.sandbox.speech import ANTHROPIC, PING

VERSIONED = {**BEARER, "anthropic-version": "2023-06-01"}


def test_the_header_decides_which_shape_answers(sandbox: SandboxServer) -> None:
    ours = ask(sandbox, "/v1/models", headers=VERSIONED)
    theirs = ask(sandbox, "/v1/models", headers=BEARER)

    assert ours.json["first_id"] == "sandbox-chat"
    assert theirs.json["object"] == "list"


def test_a_model_is_told_with_its_limits(sandbox: SandboxServer) -> None:
    model = ANTHROPIC.ask(sandbox, "/models/sandbox-chat").json

    assert (model["type"], model["display_name"]) == ("model", "Sandbox Chat")
    assert (model["max_input_tokens"], model["max_tokens"]) == (32768, 4096)


def test_the_list_comes_in_pages(sandbox: SandboxServer) -> None:
    first = ANTHROPIC.ask(sandbox, "/models?limit=3").json
    last = ANTHROPIC.ask(sandbox, f"/models?limit=3&after_id={first['last_id']}").json

    assert (len(first["data"]), first["has_more"]) == (3, True)
    assert ([row["id"] for row in last["data"]], last["has_more"]) == (
        ["sandbox-embed-large"],
        False,
    )


def test_a_page_after_the_last_is_empty(sandbox: SandboxServer) -> None:
    page = ANTHROPIC.ask(sandbox, "/models?after_id=sandbox-embed-large").json

    assert page == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_the_path_alone_is_enough_for_messages(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-chat", "max_tokens": 16, "messages": PING}

    assert ask(sandbox, "/v1/messages", body).json["type"] == "message"


def test_the_system_prompt_counts(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-chat", "max_tokens": 16, "messages": PING, "system": "Be brief."}

    usage = ANTHROPIC.ask(sandbox, ("/messages", body)).json["usage"]

    assert usage["input_tokens"] == 4


def test_tokens_are_counted_for_nothing(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-chat", "messages": PING}

    answer = ANTHROPIC.ask(sandbox, ("/messages/count_tokens", body), fault="no_credit")

    assert (answer.status, answer.json) == (200, {"input_tokens": 1})


@pytest.mark.parametrize(
    "change", [{"max_tokens": None}, {"max_tokens": "16"}, {"messages": []}, {"stream": True}]
)
def test_a_request_that_lacks_something_is_invalid(
    sandbox: SandboxServer, change: dict[str, object]
) -> None:
    body = {"model": "sandbox-chat", "max_tokens": 16, "messages": PING} | change

    answer = ANTHROPIC.ask(sandbox, ("/messages", body))

    assert (answer.status, answer.at("error", "type")) == (400, "invalid_request_error")


def test_there_are_no_embeddings(sandbox: SandboxServer) -> None:
    answer = ANTHROPIC.ask(sandbox, ("/embeddings", {"model": "sandbox-embed", "input": "x"}))

    assert (answer.status, answer.at("error", "type")) == (404, "not_found_error")


def test_an_error_has_its_envelope(sandbox: SandboxServer) -> None:
    answer = ANTHROPIC.ask(sandbox, "/models/claude-nothing").json

    assert answer["type"] == "error"
    assert answer["error"] == {"type": "not_found_error", "message": "model: claude-nothing"}
    assert answer["request_id"].startswith("req_")
