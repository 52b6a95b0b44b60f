"""The shapes of `/available?format=`: what clients report, with the keys they report it by.

Not those of the official clients, which the other files here have; "anthropic" is as near as a
description allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Info = Mapping[str, Any]

# What Anthropic's clients take a model to allow that does not say, in tokens.
USUAL_INPUT = 200_000
USUAL_OUTPUT = 64_000
# The moments that a date-time text can tell.
_LAST_SECOND = int(datetime.max.replace(tzinfo=UTC).timestamp())

_OPENAI_TEXTS = ("type", "display_name", "version", "description")
_OPENAI_LIMITS = ("context_length", "max_completion_tokens")
_GEMINI_TEXTS = (("version", "version"), ("display_name", "displayName"))
_GEMINI_LIMITS = ("inputTokenLimit", "outputTokenLimit")


def entry(handler: str, info: Info) -> dict[str, Any]:
    """Return a client's description of a model in the shape of `handler`; none of it is shared."""
    return _SHAPES.get(handler.strip().casefold(), _generic)(info)


def _openai(info: Info) -> dict[str, Any]:
    return (
        _head(info)
        | _created(info)
        | _texts(info, *((name, name) for name in _OPENAI_TEXTS))
        | _positive(info, *_OPENAI_LIMITS)
        | _lists(info, "supported_parameters")
    )


def _claude(info: Info) -> dict[str, Any]:
    named = (("type", "type"), ("display_name", "display_name"))
    return _head(info) | _created(info) | _texts(info, *named)


def _gemini(info: Info) -> dict[str, Any]:
    return (
        {"name": info.get("name") or info["id"]}
        | _texts(info, *_GEMINI_TEXTS, ("description", "description"))
        | _positive(info, *_GEMINI_LIMITS)
        | _lists(info, "supportedGenerationMethods")
    )


def _generic(info: Info) -> dict[str, Any]:
    told = _texts(info, ("owned_by", "owned_by"), ("type", "type"))
    created = {"created": info["created"]} if info.get("created") else {}
    return {"id": info["id"], "object": "model"} | told | created


def _anthropic(info: Info) -> dict[str, Any]:
    found = _head(info) | {"type": "model", "display_name": info.get("display_name") or info["id"]}
    created = _created(info).get("created", 0)
    if 0 < created <= _LAST_SECOND:
        moment = datetime.fromtimestamp(created, tz=UTC)
        found["created_at"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    longest = _positive(info, "inputTokenLimit", "outputTokenLimit", *_OPENAI_LIMITS)
    context = longest.get("context_length") or longest.get("inputTokenLimit")
    output = longest.get("max_completion_tokens") or longest.get("outputTokenLimit")
    limits = {"max_input_tokens": context or USUAL_INPUT, "max_tokens": output or USUAL_OUTPUT}
    return found | limits


def _head(info: Info) -> dict[str, Any]:
    return {"id": info["id"], "object": "model", "owned_by": info.get("owned_by") or ""}


def _created(info: Info) -> dict[str, int]:
    return _positive(info, "created")


def _texts(info: Info, *names: tuple[str, str]) -> dict[str, str]:
    return {shown: info[name] for name, shown in names if info.get(name)}


def _positive(info: Info, *names: str) -> dict[str, int]:
    return {name: info[name] for name in names if (info.get(name) or 0) > 0}


def _lists(info: Info, name: str) -> dict[str, list[str]]:
    return {name: list(info[name])} if info.get(name) else {}


_SHAPES: dict[str, Callable[[Info], dict[str, Any]]] = {
    "openai": _openai,
    "claude": _claude,
    "gemini": _gemini,
    "anthropic": _anthropic,
}
