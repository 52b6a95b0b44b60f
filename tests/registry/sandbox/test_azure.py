from __future__ import annotations

import pytest

from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.client import BEARER, ask
from tests.registry.sandbox.speech import AZURE, AZURE_V1, PING, VERSION


def test_the_list_is_of_base_models_with_what_they_can(sandbox: SandboxServer) -> None:
    rows = {row["id"]: row for row in AZURE.ask(sandbox, AZURE.listing).json["data"]}

    assert rows["sandbox-chat"]["capabilities"]["chat_completion"]
    assert rows["sandbox-embed"]["capabilities"]["embeddings"]
    assert not rows["sandbox-embed"]["capabilities"]["chat_completion"]


@pytest.mark.parametrize(
    "path", [f"/openai/models/sandbox-chat{VERSION}", "/openai/v1/models/sandbox-chat"]
)
def test_one_base_model_is_told(sandbox: SandboxServer, path: str) -> None:
    assert AZURE.ask(sandbox, path).at("id") == "sandbox-chat"


@pytest.mark.parametrize("query", ["", "?api-version=", "?version=2024-10-21"])
def test_without_a_version_there_is_no_such_path(sandbox: SandboxServer, query: str) -> None:
    path = "/openai/deployments/sandbox-chat/chat/completions" + query

    answer = AZURE.ask(sandbox, (path, {"messages": PING}))

    assert answer.status == 404
    assert answer.json == {"error": {"code": "404", "message": "Resource not found"}}


def test_the_model_in_the_body_is_not_needed(sandbox: SandboxServer) -> None:
    path = f"/openai/deployments/sandbox-chat/chat/completions{VERSION}"

    answer = AZURE.ask(sandbox, (path, {"messages": PING}))

    assert (answer.status, answer.at("model")) == (200, "sandbox-chat")


def test_an_unknown_deployment_has_its_own_code(sandbox: SandboxServer) -> None:
    for speech in (AZURE, AZURE_V1):
        answer = speech.ask(sandbox, speech.chat("nothing", 16))

        assert answer.at("error", "code") == "DeploymentNotFound"


def test_a_wrong_operation_has_its_own_code(sandbox: SandboxServer) -> None:
    answer = AZURE.ask(sandbox, AZURE.chat("sandbox-embed", 16))

    assert answer.at("error", "code") == "OperationNotSupported"
    assert "sandbox-embed" in answer.at("error", "message")


def test_a_token_instead_of_a_key_is_taken(sandbox: SandboxServer) -> None:
    assert ask(sandbox, AZURE.listing, headers=BEARER).status == 200


def test_a_refused_key_has_the_status_for_its_code(sandbox: SandboxServer) -> None:
    assert AZURE.ask(sandbox, AZURE.listing, key="nope").at("error", "code") == "401"


def test_a_refused_parameter_is_told_as_openai_does(sandbox: SandboxServer) -> None:
    answer = AZURE.ask(sandbox, AZURE.chat("sandbox-chat", 16), fault="bad_parameter")

    assert answer.at("error", "code") == "unsupported_value"
    assert answer.at("error", "param") == "temperature"


def test_the_newer_paths_have_the_responses_api(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-chat", "input": "ping"}

    assert AZURE_V1.ask(sandbox, ("/responses", body)).at("object") == "response"
