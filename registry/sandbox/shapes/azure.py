"""Azure OpenAI: deployments, named as the sandbox's models, and the newer paths below /v1."""

from __future__ import annotations

from typing import Any

from registry.sandbox.ask import Ask
from registry.sandbox.catalogue import CREATED, Operation, SandboxModel
from registry.sandbox.exchange import Problem, RefusedError, Reply
from registry.sandbox.shapes import openai
from registry.sandbox.shapes.base import Shape, bearer, get, post

_REFUSED_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
    "valid key for an active subscription and use a correct regional API endpoint for your "
    "resource."
)
_NO_DEPLOYMENT = (
    "The API deployment for this resource does not exist. If you created the deployment within "
    "the last 5 minutes, please wait a moment and try again."
)
_WRONG_OPERATION = (
    "The requested operation does not work with the specified model, {model}. "
    "Please choose different model and try again."
)
# problem -> status, code, words; what is not here is said as OpenAI does.
_ERRORS: dict[Problem, tuple[int, str, str]] = {
    Problem.NO_PATH: (404, "404", "Resource not found"),
    Problem.MISSING_KEY: (401, "401", _REFUSED_KEY),
    Problem.BAD_KEY: (401, "401", _REFUSED_KEY),
    Problem.FORBIDDEN: (403, "403", "Access denied due to Virtual Network/Firewall rules."),
    Problem.MODEL_MISSING: (404, "DeploymentNotFound", _NO_DEPLOYMENT),
    Problem.DEPLOYMENT_MISSING: (404, "DeploymentNotFound", _NO_DEPLOYMENT),
    Problem.NO_CHAT: (400, "OperationNotSupported", _WRONG_OPERATION),
    Problem.NO_EMBEDDINGS: (400, "OperationNotSupported", _WRONG_OPERATION),
    Problem.RATE_LIMITED: (429, "RateLimitReached", ""),
    Problem.OVERLOADED: (503, "ServiceUnavailable", ""),
    Problem.SERVER_ERROR: (500, "InternalServerError", ""),
}


def list_base_models(ask: Ask) -> dict[str, Any]:
    """List the resource's base models, which says nothing of its deployments."""
    return {"object": "list", "data": [_entry(model) for model in ask.models]}


def get_base_model(ask: Ask, name: str) -> dict[str, Any]:
    return _entry(ask.model(name))


def chat(ask: Ask, deployment: str) -> dict[str, Any]:
    return openai.complete(ask, ask.model(deployment, Operation.CHAT))


def embeddings(ask: Ask, deployment: str) -> dict[str, Any]:
    return openai.embed(ask, ask.model(deployment, Operation.EMBEDDING))


def _entry(model: SandboxModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "status": "succeeded",
        "created_at": CREATED,
        "updated_at": CREATED,
        "capabilities": {
            "fine_tune": False,
            "inference": True,
            "completion": False,
            "chat_completion": model.does_chat,
            "embeddings": not model.does_chat,
        },
        "lifecycle_status": "generally-available",
        "deprecation": {},
    }


class Azure(Shape):
    name = "Azure OpenAI"
    routes = (
        get("/openai/models", list_base_models),
        get("/openai/models/([^/]+)", get_base_model),
        post("/openai/deployments/([^/]+)/chat/completions", chat, Operation.CHAT),
        post("/openai/deployments/([^/]+)/embeddings", embeddings, Operation.EMBEDDING),
        get("/openai/v1/models", list_base_models),
        get("/openai/v1/models/([^/]+)", get_base_model),
        post("/openai/v1/chat/completions", openai.chat, Operation.CHAT),
        post("/openai/v1/embeddings", openai.embeddings, Operation.EMBEDDING),
        post("/openai/v1/responses", openai.respond, Operation.CHAT),
    )

    def key_of(self, ask: Ask) -> str:
        return ask.request.headers.get("api-key", "") or bearer(ask)

    def authenticate(self, ask: Ask) -> None:
        """Without `api-version` the older paths lead nowhere."""
        super().authenticate(ask)
        if not ask.path.startswith("/openai/v1/") and not ask.query.get("api-version"):
            raise RefusedError(Problem.NO_PATH)

    def refuse(self, refused: RefusedError) -> Reply:
        if refused.problem not in _ERRORS:
            return openai.error(refused)
        status, code, words = _ERRORS[refused.problem]
        content = {"code": code, "message": refused.message(words)}
        return Reply.of({"error": content}, status, refused.headers)
