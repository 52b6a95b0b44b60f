from __future__ import annotations

from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.speech import OPENWEBUI


def test_the_list_has_only_data_and_the_upstreams_copy(sandbox: SandboxServer) -> None:
    answer = OPENWEBUI.ask(sandbox, "/api/models").json

    assert set(answer) == {"data"}
    assert answer["data"][0]["openai"] == {"id": "sandbox-chat"}
    assert answer["data"][0]["name"] == "Sandbox Chat"
    assert OPENWEBUI.ask(sandbox, "/api/v1/models").json == answer


def test_errors_are_a_detail(sandbox: SandboxServer) -> None:
    model = OPENWEBUI.ask(sandbox, OPENWEBUI.chat("nothing", 16))
    path = OPENWEBUI.ask(sandbox, "/api/none")
    key = OPENWEBUI.ask(sandbox, "/api/models", key=None)

    assert (model.status, model.json) == (404, {"detail": "Model not found"})
    assert (path.status, path.json) == (404, {"detail": "Not Found"})
    assert (key.status, key.json) == (401, {"detail": "Not authenticated"})
