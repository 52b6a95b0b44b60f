"""Open WebUI: OpenAI's calls below /api, and FastAPI's errors."""

from __future__ import annotations

from typing import Any

from registry.sandbox.ask import Ask
from registry.sandbox.catalogue import CREATED, Operation, SandboxModel
from registry.sandbox.exchange import Problem, RefusedError, Reply
from registry.sandbox.shapes import openai
from registry.sandbox.shapes.base import Shape, get, post

# problem -> status, words
_ERRORS: dict[Problem, tuple[int, str]] = {
    Problem.NO_PATH: (404, "Not Found"),
    Problem.BAD_BODY: (400, ""),
    Problem.MISSING_KEY: (401, "Not authenticated"),
    Problem.BAD_KEY: (401, "Your session has expired or the token is invalid."),
    Problem.FORBIDDEN: (403, "You do not have permission to access this resource."),
    Problem.NO_CREDIT: (402, ""),
    Problem.MODEL_MISSING: (404, "Model not found"),
    Problem.DEPLOYMENT_MISSING: (404, "Model not found"),
    Problem.NO_CHAT: (400, ""),
    Problem.NO_EMBEDDINGS: (400, ""),
    Problem.BAD_PARAMETER: (400, ""),
    Problem.UNSUPPORTED_PARAMETER: (400, ""),
    Problem.BUDGET_USED_UP: (400, ""),
    Problem.RATE_LIMITED: (429, ""),
    Problem.OVERLOADED: (503, ""),
    Problem.SERVER_ERROR: (500, "Open WebUI: Server Connection Error"),
}


def list_models(ask: Ask) -> dict[str, Any]:
    return {"data": [_entry(model) for model in ask.models]}


def _entry(model: SandboxModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "object": "model",
        "created": CREATED,
        "owned_by": "openai",
        "connection_type": "external",
        "urlIdx": 0,
        "openai": {"id": model.id},
        "actions": [],
        "filters": [],
        "tags": [],
    }


class OpenWebUI(Shape):
    name = "Open WebUI"
    base = "/openwebui"
    routes = (
        get("/api(?:/v1)?/models", list_models),
        post("/api/chat/completions", openai.chat, Operation.CHAT),
        post("/api(?:/v1)?/embeddings", openai.embeddings, Operation.EMBEDDING),
    )

    def refuse(self, refused: RefusedError) -> Reply:
        status, words = _ERRORS[refused.problem]
        return Reply.of({"detail": refused.message(words)}, status, refused.headers)
