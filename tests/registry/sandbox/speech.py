"""How each API is asked and read, so that one rule can be tried on all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.sandbox.catalogue import KEY
from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.client import Answer, ask

Call = tuple[str, object]  # path and body
Steps = tuple[str | int, ...]
VERSION = "?api-version=2024-10-21"
PING = [{"role": "user", "content": "ping"}]


@dataclass(frozen=True)
class Speech:
    """One API: `chat` takes a model and a token limit, `embed` a model and a length or None."""

    name: str
    base: str
    key: Callable[[str], Mapping[str, str]]
    listing: str
    ids: Callable[[Any], list[str]]
    chat: Callable[[str, int], Call]
    text: Steps
    stop: Steps
    stops: tuple[str, str]  # by itself, by the limit
    counts: Steps
    embed: Callable[[str, int | None], Call] | None = None
    vector: Steps = ()
    always: Mapping[str, str] | None = None  # headers that say which API is meant

    def ask(
        self,
        sandbox: SandboxServer,
        call: Call | str,
        *,
        fault: str = "",
        key: str | None = KEY,
    ) -> Answer:
        path, body = (call, None) if isinstance(call, str) else call
        headers = {**(self.key(key) if key is not None else {}), **(self.always or {})}
        prefix = f"/faults/{fault}" if fault else ""
        return ask(sandbox, prefix + self.base + path, body, headers=headers)

    def __str__(self) -> str:
        return self.name


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def header(name: str) -> Callable[[str], dict[str, str]]:
    return lambda key: {name: key}


def wish(name: str, length: int | None) -> dict[str, int]:
    return {} if length is None else {name: length}


def openai_call(chat: str, embed: str) -> tuple[Any, Any]:
    """Return the two calls of an API that speaks as OpenAI does, at these paths."""

    def ask_chat(model: str, limit: int) -> Call:
        body = {"model": model, "messages": PING, "max_completion_tokens": limit}
        return chat.format(model=model), body

    def ask_embedding(model: str, length: int | None) -> Call:
        body = {"model": model, "input": "ping", **wish("dimensions", length)}
        return embed.format(model=model), body

    return ask_chat, ask_embedding


def ids_of(part: str, name: str = "id", prefix: str = "") -> Callable[[Any], list[str]]:
    return lambda found: [row[name].removeprefix(prefix) for row in found[part]]


def openai_like(
    name: str, base: str, listing: str, calls: tuple[str, str], *, key: Any = bearer
) -> Speech:
    ask_chat, ask_embedding = openai_call(*calls)
    return Speech(
        name=name,
        base=base,
        key=key,
        listing=listing,
        ids=ids_of("data"),
        chat=ask_chat,
        text=("choices", 0, "message", "content"),
        stop=("choices", 0, "finish_reason"),
        stops=("stop", "length"),
        counts=("usage", "completion_tokens"),
        embed=ask_embedding,
        vector=("data", 0, "embedding"),
    )


OPENAI = openai_like("openai", "/v1", "/models", ("/chat/completions", "/embeddings"))
AZURE = openai_like(
    "azure",
    "",
    f"/openai/models{VERSION}",
    (
        "/openai/deployments/{model}/chat/completions" + VERSION,
        "/openai/deployments/{model}/embeddings" + VERSION,
    ),
    key=header("api-key"),
)
AZURE_V1 = openai_like(
    "azure v1",
    "/openai/v1",
    "/models",
    ("/chat/completions", "/embeddings"),
    key=header("api-key"),
)
OPENWEBUI = openai_like(
    "open webui", "/openwebui", "/api/models", ("/api/chat/completions", "/api/embeddings")
)
ANTHROPIC = Speech(
    name="anthropic",
    base="/v1",
    key=header("x-api-key"),
    always={"anthropic-version": "2023-06-01"},
    listing="/models?limit=1000",
    ids=ids_of("data"),
    chat=lambda model, limit: (
        "/messages",
        {"model": model, "max_tokens": limit, "messages": PING},
    ),
    text=("content", 0, "text"),
    stop=("stop_reason",),
    stops=("end_turn", "max_tokens"),
    counts=("usage", "output_tokens"),
)
GEMINI = Speech(
    name="gemini",
    base="/v1beta",
    key=header("x-goog-api-key"),
    listing="/models",
    ids=ids_of("models", "name", "models/"),
    chat=lambda model, limit: (
        f"/models/{model}:generateContent",
        {
            "contents": [{"role": "user", "parts": [{"text": "ping"}]}],
            "generationConfig": {"maxOutputTokens": limit},
        },
    ),
    text=("candidates", 0, "content", "parts", 0, "text"),
    stop=("candidates", 0, "finishReason"),
    stops=("STOP", "MAX_TOKENS"),
    counts=("usageMetadata", "candidatesTokenCount"),
    embed=lambda model, length: (
        f"/models/{model}:embedContent",
        {"content": {"parts": [{"text": "ping"}]}, **wish("outputDimensionality", length)},
    ),
    vector=("embedding", "values"),
)
COHERE = Speech(
    name="cohere",
    base="/cohere",
    key=bearer,
    listing="/v1/models",
    ids=ids_of("models", "name"),
    chat=lambda model, limit: (
        "/v2/chat",
        {"model": model, "messages": PING, "max_tokens": limit},
    ),
    text=("message", "content", 0, "text"),
    stop=("finish_reason",),
    stops=("COMPLETE", "MAX_TOKENS"),
    counts=("usage", "tokens", "output_tokens"),
    embed=lambda model, length: (
        "/v2/embed",
        {
            "model": model,
            "texts": ["ping"],
            "input_type": "search_document",
            "embedding_types": ["float"],
            **wish("output_dimension", length),
        },
    ),
    vector=("embeddings", "float", 0),
)
OLLAMA = Speech(
    name="ollama",
    base="",
    key=bearer,
    listing="/api/tags",
    ids=lambda found: [row["model"].removesuffix(":latest") for row in found["models"]],
    chat=lambda model, limit: (
        "/api/chat",
        {
            "model": model,
            "messages": PING,
            "stream": False,
            "options": {"num_predict": limit},
        },
    ),
    text=("message", "content"),
    stop=("done_reason",),
    stops=("stop", "length"),
    counts=("eval_count",),
    embed=lambda model, length: (
        "/api/embed",
        {"model": model, "input": "ping", **wish("dimensions", length)},
    ),
    vector=("embeddings", 0),
)
ALL = (OPENAI, AZURE, AZURE_V1, GEMINI, ANTHROPIC, COHERE, OLLAMA, OPENWEBUI)
EMBEDDING = tuple(speech for speech in ALL if speech.embed is not None)
