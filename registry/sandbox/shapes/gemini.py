"""Gemini: operations behind a colon, and a wrong key that is a 400."""

from __future__ import annotations

from typing import Any

from registry.sandbox.ask import Ask, said
from registry.sandbox.catalogue import Operation, Said, SandboxModel
from registry.sandbox.exchange import Problem, RefusedError, Reply
from registry.sandbox.shapes.base import Shape, get, post

_DETAIL = "type.googleapis.com/google.rpc"
_INVALID = "INVALID_ARGUMENT"
_NO_MODEL = (
    "models/{model} is not found for API version v1beta, or is not supported for this method. "
    "Call ListModels to see the list of available models and their supported methods."
)
# problem -> status, its name, reason in the details
_ERRORS: dict[Problem, tuple[int, str, str]] = {
    Problem.NO_PATH: (404, "NOT_FOUND", ""),
    Problem.BAD_BODY: (400, _INVALID, ""),
    Problem.MISSING_KEY: (403, "PERMISSION_DENIED", ""),
    Problem.BAD_KEY: (400, _INVALID, "API_KEY_INVALID"),
    Problem.FORBIDDEN: (403, "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED"),
    Problem.NO_CREDIT: (403, "PERMISSION_DENIED", "BILLING_DISABLED"),
    Problem.MODEL_MISSING: (404, "NOT_FOUND", ""),
    Problem.DEPLOYMENT_MISSING: (404, "NOT_FOUND", ""),
    Problem.NO_CHAT: (404, "NOT_FOUND", ""),
    Problem.NO_EMBEDDINGS: (404, "NOT_FOUND", ""),
    Problem.BAD_PARAMETER: (400, _INVALID, ""),
    Problem.UNSUPPORTED_PARAMETER: (400, _INVALID, ""),
    Problem.BUDGET_USED_UP: (400, _INVALID, ""),
    Problem.RATE_LIMITED: (429, "RESOURCE_EXHAUSTED", ""),
    Problem.OVERLOADED: (503, "UNAVAILABLE", ""),
    Problem.SERVER_ERROR: (500, "INTERNAL", ""),
}
_WORDS = {
    Problem.MISSING_KEY: "Method doesn't allow unregistered callers.",
    Problem.BAD_KEY: "API key not valid. Please pass a valid API key.",
    Problem.NO_CREDIT: "This API method requires billing to be enabled.",
    Problem.MODEL_MISSING: _NO_MODEL,
    Problem.DEPLOYMENT_MISSING: _NO_MODEL,
    Problem.NO_CHAT: _NO_MODEL,
    Problem.NO_EMBEDDINGS: _NO_MODEL,
    Problem.OVERLOADED: "The model is overloaded. Please try again later.",
}
_PER_MINUTE = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"


def list_models(ask: Ask) -> dict[str, Any]:
    shown, following = ask.page(
        ask.whole("pageSize", 50, 1000) or 50, ask.whole("pageToken", 0, 1000)
    )
    more = {} if following is None else {"nextPageToken": str(following)}
    return {"models": [_entry(model) for model in shown], **more}


def get_model(ask: Ask, name: str) -> dict[str, Any]:
    return _entry(ask.model(name))


def generate(ask: Ask, name: str) -> dict[str, Any]:
    model = ask.model(name, Operation.CHAT)
    answer = model.say(said(ask.objects("contents")), ask.token_limit)
    return {
        "candidates": [
            {
                "content": _content(answer),
                "finishReason": "MAX_TOKENS" if answer.is_cut else "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": answer.prompt_tokens,
            "candidatesTokenCount": answer.output_tokens - answer.thought_tokens,
            "thoughtsTokenCount": answer.thought_tokens,
            "totalTokenCount": answer.total_tokens,
        },
        "modelVersion": model.id,
    }


def embed(ask: Ask, name: str) -> dict[str, Any]:
    return {"embedding": _embedding(ask, name, ask.fields)}


def embed_batch(ask: Ask, name: str) -> dict[str, Any]:
    entries = [entry for entry in ask.objects("requests") if isinstance(entry, dict)]
    return {"embeddings": [_embedding(ask, name, entry) for entry in entries]}


def _embedding(ask: Ask, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    model = ask.model(name, Operation.EMBEDDING)
    text, wanted = said(entry.get("content")), entry.get("outputDimensionality")
    if not text:
        raise RefusedError(Problem.BAD_BODY, param="content")
    length = wanted if isinstance(wanted, int) else None
    return {"values": model.vector(text, wanted=length, param="outputDimensionality")}


def _content(answer: Said) -> dict[str, Any]:
    """Thinking that was cut short leaves no parts at all."""
    if answer.text:
        return {"role": "model", "parts": [{"text": answer.text}]}
    if answer.thought and not answer.is_cut:
        return {"role": "model", "parts": [{"text": answer.thought, "thought": True}]}
    return {"role": "model"}


def _entry(model: SandboxModel) -> dict[str, Any]:
    methods = ["generateContent"] if model.does_chat else ["embedContent", "batchEmbedContents"]
    return {
        "name": f"models/{model.id}",
        "version": "1",
        "displayName": model.name,
        "description": "",
        "inputTokenLimit": model.context_tokens,
        "outputTokenLimit": model.output_tokens or 1,
        "supportedGenerationMethods": methods,
        **({"thinking": True} if model.thinks else {}),
    }


def _details(refused: RefusedError, reason: str) -> list[dict[str, Any]]:
    """A wait in seconds stands here and in no header."""
    found: list[dict[str, Any]] = []
    if reason:
        info = {"@type": f"{_DETAIL}.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        found.append(info)
    if refused.problem is Problem.RATE_LIMITED:
        quota = {"quotaId": _PER_MINUTE, "quotaValue": "15"}
        found.append({"@type": f"{_DETAIL}.QuotaFailure", "violations": [quota]})
    if refused.retry_after.isdecimal():
        wait = f"{refused.retry_after}s"
        found.append({"@type": f"{_DETAIL}.RetryInfo", "retryDelay": wait})
    return found


class Gemini(Shape):
    name = "Gemini"
    base = "/v1beta"
    routes = (
        get("/models", list_models),
        get("/models/([^:]+)", get_model),
        post("/models/([^:]+):generateContent", generate, Operation.CHAT),
        post("/models/([^:]+):embedContent", embed, Operation.EMBEDDING),
        post("/models/([^:]+):batchEmbedContents", embed_batch, Operation.EMBEDDING),
    )

    def key_of(self, ask: Ask) -> str:
        return ask.request.headers.get("x-goog-api-key", "") or ask.query.get("key", "")

    def refuse(self, refused: RefusedError) -> Reply:
        status, name, reason = _ERRORS[refused.problem]
        content: dict[str, Any] = {
            "code": status,
            "message": refused.message(_WORDS.get(refused.problem, "")),
            "status": name,
        }
        details = _details(refused, reason)
        if details:
            content["details"] = details
        headers = {} if refused.retry_after.isdecimal() else refused.headers
        return Reply.of({"error": content}, status, headers)
