"""OpenAI, and what is compatible with it."""

from __future__ import annotations

import base64
import struct
import time
import uuid
from typing import Any

from registry.sandbox.ask import Ask, said
from registry.sandbox.catalogue import CREATED, Operation, Said, SandboxModel, tokens
from registry.sandbox.exchange import Problem, RefusedError, Reply
from registry.sandbox.shapes.base import Shape, get, post

# Fewer are refused by the Responses API.
_LEAST_OUTPUT = 16
_INVALID = "invalid_request_error"
# problem -> status, type, code
_ERRORS: dict[Problem, tuple[int, str, str | None]] = {
    Problem.NO_PATH: (404, _INVALID, None),
    Problem.BAD_BODY: (400, _INVALID, None),
    Problem.MISSING_KEY: (401, _INVALID, None),
    Problem.BAD_KEY: (401, _INVALID, "invalid_api_key"),
    Problem.FORBIDDEN: (403, "request_forbidden", "unsupported_country_region_territory"),
    Problem.NO_CREDIT: (429, "insufficient_quota", "insufficient_quota"),
    Problem.MODEL_MISSING: (404, _INVALID, "model_not_found"),
    Problem.DEPLOYMENT_MISSING: (404, _INVALID, "model_not_found"),
    Problem.NO_CHAT: (404, _INVALID, None),
    Problem.NO_EMBEDDINGS: (403, _INVALID, None),
    Problem.BAD_PARAMETER: (400, _INVALID, "unsupported_value"),
    Problem.UNSUPPORTED_PARAMETER: (400, _INVALID, "unsupported_parameter"),
    Problem.BUDGET_USED_UP: (400, _INVALID, None),
    Problem.RATE_LIMITED: (429, "requests", "rate_limit_exceeded"),
    Problem.OVERLOADED: (503, "server_error", None),
    Problem.SERVER_ERROR: (500, "server_error", None),
}
_WORDS = {
    Problem.NO_PATH: "Invalid URL",
    Problem.NO_CHAT: (
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
        "Did you mean to use v1/completions?"
    ),
    Problem.NO_EMBEDDINGS: "You are not allowed to generate embeddings from this model",
}


def list_models(ask: Ask) -> dict[str, Any]:
    return {"object": "list", "data": [_entry(model) for model in ask.models]}


def get_model(ask: Ask, name: str) -> dict[str, Any]:
    return _entry(ask.model(name))


def chat(ask: Ask) -> dict[str, Any]:
    return complete(ask, ask.model(ask.text("model"), Operation.CHAT))


def embeddings(ask: Ask) -> dict[str, Any]:
    return embed(ask, ask.model(ask.text("model"), Operation.EMBEDDING))


def complete(ask: Ask, model: SandboxModel) -> dict[str, Any]:
    """Return a chat completion of `model`."""
    ask.refuse_streaming()
    answer = model.say(ask.prompt, ask.token_limit)
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.thought:
        message["reasoning_content"] = answer.thought
    finish = "length" if answer.is_cut else "stop"
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model.id,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.output_tokens,
            "total_tokens": answer.total_tokens,
            "completion_tokens_details": {"reasoning_tokens": answer.thought_tokens},
        },
    }


def embed(ask: Ask, model: SandboxModel) -> dict[str, Any]:
    """Return the vectors of `model`, as numbers or packed in base64."""
    texts, wanted = ask.texts("input"), ask.number("dimensions")
    vectors = [model.vector(text, wanted=wanted, param="dimensions") for text in texts]
    packed = ask.fields.get("encoding_format") == "base64"
    used = sum(tokens(text) for text in texts)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _pack(row) if packed else row}
            for index, row in enumerate(vectors)
        ],
        "model": model.id,
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def respond(ask: Ask) -> dict[str, Any]:
    """Return an answer of the Responses API."""
    model = ask.model(ask.text("model"), Operation.CHAT)
    ask.refuse_streaming()
    limit = ask.number("max_output_tokens")
    if limit is not None and limit < _LEAST_OUTPUT:
        raise RefusedError(Problem.BAD_PARAMETER, param="max_output_tokens")
    given = ask.fields.get("input")
    if not given:
        raise RefusedError(Problem.BAD_BODY, param="input")
    answer = model.say(said(given), limit)
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "incomplete" if answer.is_cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if answer.is_cut else None,
        "error": None,
        "model": model.id,
        "output": _output(answer),
        "usage": {
            "input_tokens": answer.prompt_tokens,
            "output_tokens": answer.output_tokens,
            "output_tokens_details": {"reasoning_tokens": answer.thought_tokens},
            "total_tokens": answer.total_tokens,
        },
    }


def error(refused: RefusedError) -> Reply:
    """Say a refusal as OpenAI does."""
    status, kind, code = _ERRORS[refused.problem]
    text = refused.message(_WORDS.get(refused.problem, ""))
    # A refused embedding names no parameter.
    param = None if refused.problem is Problem.NO_EMBEDDINGS else refused.param
    content = {"message": text, "type": kind, "param": param, "code": code}
    return Reply.of({"error": content}, status, refused.headers)


def _entry(model: SandboxModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": CREATED,
        "owned_by": "sandbox",
        "shutdown_date": None,
        # Not OpenAI's: vLLM and others say here how long the context is.
        "max_model_len": model.context_tokens,
    }


def _pack(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _output(answer: Said) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if answer.thought:
        summary = [{"type": "summary_text", "text": answer.thought}]
        found.append({"type": "reasoning", "id": f"rs_{uuid.uuid4().hex}", "summary": summary})
    if answer.text:
        text = {"type": "output_text", "text": answer.text, "annotations": []}
        found.append(
            {
                "type": "message",
                "id": f"msg_{uuid.uuid4().hex}",
                "status": "incomplete" if answer.is_cut else "completed",
                "role": "assistant",
                "content": [text],
            }
        )
    return found


class OpenAI(Shape):
    name = "OpenAI and compatible"
    base = "/v1"
    routes = (
        get("/models", list_models),
        get("/models/(.+)", get_model),
        post("/chat/completions", chat, Operation.CHAT),
        post("/embeddings", embeddings, Operation.EMBEDDING),
        post("/responses", respond, Operation.CHAT),
    )

    def refuse(self, refused: RefusedError) -> Reply:
        return error(refused)
