"""Ollama: a host that asks for no key, and refuses a wrong one as a proxy before it would."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from registry.sandbox.ask import Ask
from registry.sandbox.catalogue import Operation, Said, SandboxModel, tokens
from registry.sandbox.exchange import Problem, RefusedError, Reply
from registry.sandbox.shapes.base import Shape, get, post

_LATEST = ":latest"
_MOMENT = "2026-02-01T10:00:00Z"
# Nanoseconds; loading a model, and answering.
_LOADING, _ANSWERING = 120_000_000, 40_000_000
# Numbers inside a chat model; no vectors come out of it.
_WIDTH = 2048
# problem -> status, words
_ERRORS: dict[Problem, tuple[int, str]] = {
    Problem.NO_PATH: (404, "404 page not found"),
    Problem.BAD_BODY: (400, "{param} is required"),
    Problem.MISSING_KEY: (401, "unauthorized"),
    Problem.BAD_KEY: (401, "unauthorized"),
    Problem.FORBIDDEN: (403, "forbidden"),
    Problem.NO_CREDIT: (402, "you have reached your usage limit, upgrade for more"),
    Problem.MODEL_MISSING: (404, "model '{model}' not found"),
    Problem.DEPLOYMENT_MISSING: (404, "model '{model}' not found"),
    Problem.NO_CHAT: (400, '"{model}" does not support chat'),
    Problem.NO_EMBEDDINGS: (400, '"{model}" does not support embeddings'),
    Problem.BAD_PARAMETER: (400, "invalid option: {param}"),
    Problem.UNSUPPORTED_PARAMETER: (400, "invalid option: {param}"),
    Problem.BUDGET_USED_UP: (400, ""),
    Problem.RATE_LIMITED: (429, "too many requests"),
    Problem.OVERLOADED: (503, "server busy, please try again. maximum pending requests exceeded"),
    Problem.SERVER_ERROR: (500, "llama runner process has terminated"),
}


def version(ask: Ask) -> dict[str, Any]:
    return {"version": "0.12.6"}


def tags(ask: Ask) -> dict[str, Any]:
    return {"models": [_entry(model) for model in ask.models]}


def show(ask: Ask) -> dict[str, Any]:
    model = _model(ask)
    operation = "completion" if model.does_chat else "embedding"
    return {
        "license": "",
        "modelfile": f"FROM {model.id}",
        "parameters": "num_ctx 4096",
        "template": "{{ .Prompt }}",
        "details": _details(),
        "model_info": {
            "general.architecture": "sandbox",
            "sandbox.context_length": model.context_tokens,
            "sandbox.embedding_length": model.dimensions or _WIDTH,
        },
        "capabilities": [operation, *(["thinking"] if model.thinks else [])],
        "modified_at": _MOMENT,
    }


def chat(ask: Ask) -> Any:
    """Answer whole when told not to stream, else in two lines, as streaming is the default."""
    model = _model(ask, Operation.CHAT)
    answer = model.say(ask.prompt, ask.token_limit)
    if ask.fields.get("stream") is False:
        return _chunk(ask, answer) | _end(answer)
    last = {
        "model": ask.text("model"),
        "created_at": _MOMENT,
        "message": _message(""),
        "done": True,
    }
    lines = [_chunk(ask, answer), last | _end(answer)]
    body = "".join(json.dumps(line) + "\n" for line in lines)
    return Reply(200, body.encode(), {"content-type": "application/x-ndjson"})


def embed(ask: Ask) -> dict[str, Any]:
    model = _model(ask, Operation.EMBEDDING)
    texts, wanted = ask.texts("input"), ask.number("dimensions")
    return {
        "model": ask.text("model"),
        "embeddings": [model.vector(text, wanted=wanted, param="dimensions") for text in texts],
        "total_duration": _LOADING + _ANSWERING,
        "load_duration": _LOADING,
        "prompt_eval_count": sum(tokens(text) for text in texts),
    }


def embed_one(ask: Ask) -> dict[str, Any]:
    """Answer as servers of old did, which know no other way."""
    model = _model(ask, Operation.EMBEDDING)
    return {"embedding": model.vector(ask.text("prompt"), param="dimensions")}


def _model(ask: Ask, operation: Operation | None = None) -> SandboxModel:
    return ask.model(ask.text("model").removesuffix(_LATEST), operation)


def _entry(model: SandboxModel) -> dict[str, Any]:
    name = model.id + _LATEST
    return {
        "name": name,
        "model": name,
        "modified_at": _MOMENT,
        "size": 4_000_000_000,
        "digest": hashlib.sha256(model.id.encode()).hexdigest(),
        "details": _details(),
    }


def _details() -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": "sandbox",
        "families": ["sandbox"],
        "parameter_size": "7B",
        "quantization_level": "Q4_K_M",
    }


def _message(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _chunk(ask: Ask, answer: Said) -> dict[str, Any]:
    message = _message(answer.text)
    if answer.thought:
        message["thinking"] = answer.thought
    return {
        "model": ask.text("model"),
        "created_at": _MOMENT,
        "message": message,
        "done": False,
    }


def _end(answer: Said) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "length" if answer.is_cut else "stop",
        "total_duration": _LOADING + _ANSWERING,
        "load_duration": _LOADING,
        "prompt_eval_count": answer.prompt_tokens,
        "eval_count": answer.output_tokens,
    }


class Ollama(Shape):
    name = "Ollama"
    routes = (
        get("/api/version", version),
        get("/api/tags", tags),
        post("/api/show", show),
        post("/api/chat", chat, Operation.CHAT),
        post("/api/embed", embed, Operation.EMBEDDING),
        post("/api/embeddings", embed_one, Operation.EMBEDDING),
    )

    def authenticate(self, ask: Ask) -> None:
        """A key may be left out."""
        if self.key_of(ask):
            super().authenticate(ask)

    def refuse(self, refused: RefusedError) -> Reply:
        status, words = _ERRORS[refused.problem]
        text = refused.message(words)
        if refused.problem is Problem.NO_PATH:
            return Reply.text(text, status)
        return Reply.of({"error": text}, status, refused.headers)
