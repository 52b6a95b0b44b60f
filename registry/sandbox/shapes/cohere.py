"""Cohere: two versions of paths, and errors that are a bare message."""

from __future__ import annotations

import uuid
from typing import Any

from registry.sandbox.ask import Ask
from registry.sandbox.catalogue import Operation, SandboxModel, tokens
from registry.sandbox.exchange import Problem, RefusedError, Reply
from registry.sandbox.shapes.base import Shape, get, post

# problem -> status, words
_ERRORS: dict[Problem, tuple[int, str]] = {
    Problem.NO_PATH: (404, "404 page not found"),
    Problem.BAD_BODY: (422, "invalid request: {param} is required"),
    Problem.MISSING_KEY: (401, "no api key supplied"),
    Problem.BAD_KEY: (401, "invalid api token"),
    Problem.FORBIDDEN: (403, ""),
    Problem.NO_CREDIT: (402, "Please add or update your payment method to continue."),
    Problem.MODEL_MISSING: (404, "model '{model}' not found"),
    Problem.DEPLOYMENT_MISSING: (404, "model '{model}' not found"),
    Problem.NO_CHAT: (400, "chat is not an available endpoint on this model"),
    Problem.NO_EMBEDDINGS: (400, "embed is not an available endpoint on this model"),
    Problem.BAD_PARAMETER: (400, "invalid request: {param} is not supported with this model"),
    Problem.UNSUPPORTED_PARAMETER: (400, ""),
    Problem.BUDGET_USED_UP: (400, ""),
    Problem.RATE_LIMITED: (429, ""),
    Problem.OVERLOADED: (503, ""),
    Problem.SERVER_ERROR: (500, "internal server error"),
}
_ENDPOINTS = {Operation.CHAT: "chat", Operation.EMBEDDING: "embed"}
_MOST = 1000


def check_key(ask: Ask) -> dict[str, Any]:
    organisation = "00000000-0000-4000-8000-000000000001"
    return {"valid": True, "organization_id": organisation, "owner_id": organisation}


def list_models(ask: Ask) -> dict[str, Any]:
    """List a page, then keep the models of one endpoint, as a page may be shorter than asked."""
    size = ask.whole("page_size", 20, _MOST) or 20
    shown, following = ask.page(size, ask.whole("page_token", 0, _MOST))
    endpoint = ask.query.get("endpoint")
    entries = [_entry(model) for model in shown]
    kept = [entry for entry in entries if endpoint in (None, *entry["endpoints"])]
    more = {} if following is None else {"next_page_token": str(following)}
    return {"models": kept, **more}


def get_model(ask: Ask, name: str) -> dict[str, Any]:
    return _entry(ask.model(name))


def embed(ask: Ask) -> dict[str, Any]:
    model = ask.model(ask.text("model"), Operation.EMBEDDING)
    texts, wanted = ask.texts("texts"), ask.number("output_dimension")
    ask.text("input_type")
    vectors = [model.vector(text, wanted=wanted, param="output_dimension") for text in texts]
    used = sum(tokens(text) for text in texts)
    return {
        "id": str(uuid.uuid4()),
        "embeddings": {"float": vectors},
        "texts": texts,
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": used}},
        "response_type": "embeddings_by_type",
    }


def chat(ask: Ask) -> dict[str, Any]:
    model = ask.model(ask.text("model"), Operation.CHAT)
    ask.refuse_streaming()
    answer = model.say(ask.prompt, ask.token_limit)
    content: list[dict[str, str]] = []
    if answer.thought:
        content.append({"type": "thinking", "thinking": answer.thought})
    if answer.text:
        content.append({"type": "text", "text": answer.text})
    counts = {"input_tokens": answer.prompt_tokens, "output_tokens": answer.output_tokens}
    return {
        "id": str(uuid.uuid4()),
        "finish_reason": "MAX_TOKENS" if answer.is_cut else "COMPLETE",
        "message": {"role": "assistant", "content": content},
        "usage": {"billed_units": counts, "tokens": counts},
    }


def _entry(model: SandboxModel) -> dict[str, Any]:
    return {
        "name": model.id,
        "is_deprecated": False,
        "endpoints": [_ENDPOINTS[model.operation]],
        "finetuned": False,
        "context_length": model.context_tokens,
        "features": ["reasoning"] if model.thinks else [],
        "default_endpoints": [],
    }


class Cohere(Shape):
    name = "Cohere"
    base = "/cohere"
    routes = (
        post("/v1/check-api-key", check_key),
        get("/v1/models", list_models),
        get("/v1/models/(.+)", get_model),
        post("/v2/embed", embed, Operation.EMBEDDING),
        post("/v2/chat", chat, Operation.CHAT),
    )

    def refuse(self, refused: RefusedError) -> Reply:
        status, words = _ERRORS[refused.problem]
        content = {"id": str(uuid.uuid4()), "message": refused.message(words)}
        return Reply.of(content, status, refused.headers)
