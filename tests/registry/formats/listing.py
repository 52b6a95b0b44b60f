"""Models as the lists get them, and the answer that a client would read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from registry.formats import FORMATS
from registry.formats.base import ListFormat, encode
from registry.types import ListedModel, Thinking

CREATED = 1_760_000_000  # 2025-10-09T08:53:20Z


def bare(model_id: str = "acme-chat", **fields: Any) -> ListedModel:
    """Return a model of which nothing is known but its id and what is given."""
    return ListedModel(id=model_id, **fields)


def known(model_id: str = "acme-chat", **fields: Any) -> ListedModel:
    """Return a model of which everything is known, unless `fields` say otherwise."""
    told: dict[str, Any] = {
        "created": CREATED,
        "owned_by": "acme",
        "type": "generation",
        "name": "Acme Chat",
        "slug": "acme-chat",
        "family": "Acme 4",
        "version": "4.1",
        "description": "Talks.",
        "provider_name": "Acme Inc.",
        "proxy_prefix": "openai/",
        "mode": "chat",
        "context_window": 128_000,
        "max_input_tokens": 100_000,
        "max_output_tokens": 8_192,
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 40,
        "supported_parameters": ("temperature", "tools"),
        "methods": ("generateContent",),
        "capabilities": {"vision": True, "tools": True, "reasoning": True, "audio": False},
        "prices": {"input": Decimal("0.150000000"), "output": Decimal("0.600000000")},
        "thinking": Thinking(min=0, max=1024, zero_allowed=True, levels=("low", "high")),
        "release_date": date(2025, 10, 9),
        "updated_at": datetime(2026, 2, 1, 10, 0, 0, 123456, tzinfo=UTC),
        "retires_on": date(2027, 3, 31),
    }
    return ListedModel(id=model_id, **(told | fields))


def numbered(count: int) -> list[ListedModel]:
    """Return so many models; the one of the highest number is the newest."""
    return [bare(f"m{number}", created=CREATED + number) for number in range(1, count + 1)]


def shape(name: str) -> ListFormat:
    found = FORMATS.get(name)
    assert isinstance(found, ListFormat)
    return found


def answer(name: str, models: Sequence[ListedModel], **query: str) -> bytes:
    """Return what the client gets that asks with this query, as the service puts it together."""
    form = shape(name)
    ordered = form.arrange(models)
    ids = tuple(model.id for model in ordered)
    entries = [encode(form.entry(model)) for model in ordered]
    window = form.window(query, ids)
    if window is None:
        return form.whole(ordered, entries)
    return form.frame(entries[window.start : window.stop], ids, window)


def read(name: str, models: Sequence[ListedModel], **query: str) -> Any:
    """Return that answer as a program reads it; numbers keep every digit."""
    return json.loads(answer(name, models, **query), parse_float=Decimal)
