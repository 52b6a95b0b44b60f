"""A client's own description of a model, in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.moments import exact

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a client may say, in the order in which the page tells it; the id stands above.
_NAMES: dict[str, Any] = {
    "display_name": gettext_lazy("name shown"),
    "name": gettext_lazy("name"),
    "version": gettext_lazy("version"),
    "description": gettext_lazy("description"),
    "owned_by": gettext_lazy("owned by"),
    "created": gettext_lazy("created"),
    "type": gettext_lazy("type"),
    "object": gettext_lazy("kind of object"),
    "context_length": gettext_lazy("context, tokens"),
    "max_completion_tokens": gettext_lazy("longest answer, tokens"),
    "inputTokenLimit": gettext_lazy("longest prompt, tokens"),
    "outputTokenLimit": gettext_lazy("longest answer (Gemini), tokens"),
    "supportedGenerationMethods": gettext_lazy("methods"),
    "supported_parameters": gettext_lazy("parameters"),
}
_THINKING: dict[str, Any] = {
    "min": gettext_lazy("thinking, fewest tokens"),
    "max": gettext_lazy("thinking, most tokens"),
    "levels": gettext_lazy("thinking levels"),
    "zero_allowed": gettext_lazy("thinking can be turned off"),
    "dynamic_allowed": gettext_lazy("thinking can be left to the model"),
}


def info_lines(info: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the client says, each with its name in words; what it leaves out is left out."""
    lines = [
        (str(label), _moment(info[name]) if name == "created" else _text(info[name]))
        for name, label in _NAMES.items()
        if _is_said(info.get(name))
    ]
    thinking = info.get("thinking")
    if isinstance(thinking, dict):
        lines += [
            (str(label), _text(thinking[name]))
            for name, label in _THINKING.items()
            if _is_said(thinking.get(name))
        ]
    return lines


def _is_said(value: Any) -> bool:
    return value not in (None, "", [], {})


def _moment(value: Any) -> str:
    """Return a time in seconds as a date; what is none stays a number."""
    try:
        return exact(datetime.fromtimestamp(float(value), tz=UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return number_format(value, force_grouping=True)
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
