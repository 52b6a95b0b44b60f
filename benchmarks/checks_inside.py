"""`python -m benchmarks.checks_inside fill|start|left ...`: the parts that need Django, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import django

from audit import context

KEY = "open-sesame-77"
MODEL_ID = "sandbox-chat"
_BULK = 500  # rows of one INSERT


def fill(address: str, count: str) -> dict[str, Any]:
    """Add `count` models over one connection to `address`, and somebody who may look at them."""
    models = import_module("registry.models")
    types = import_module("registry.types")
    connections = import_module("registry.services.connections")
    filling = import_module("benchmarks.filling")
    revision = import_module("registry.services.revision")
    tracking = import_module("audit.tracking")
    provider = models.Provider.objects.get(slug="openai")
    provider.direct_api_url, provider.dialect = address, "openai_compatible"
    provider.save()
    first = connections.save_connection(
        models.Connection(provider=provider, label="benchmark"),
        types.ConnectionChange(api_key=types.Secret(KEY)),
    )
    # One connection a model, since a model id stands once on each.
    links = [_copy(first, number, types.Secret(KEY)) for number in range(int(count))]
    rows = [
        models.LLMModel(
            slug=f"m{number}",
            type="generation",
            mode="chat",
            provider=provider,
            name=f"Model {number}",
            model_id=MODEL_ID,
            connection=link,
        )
        for number, link in enumerate(links)
    ]
    with revision.catalogue_write("catalogue_filled"):
        tracking.unaudited(models.Connection.objects.all()).bulk_create(links, _BULK)
        tracking.unaudited(models.LLMModel.objects.all()).bulk_create(rows, _BULK)
    return dict(filling.ways_in(filling.person()))


def _copy(first: Any, number: int, key: Any) -> Any:
    link = type(first)(
        provider=first.provider,
        label=f"benchmark {number}",
        origin=first.origin,
        state=first.state,
        key_fingerprint=first.key_fingerprint,
        key_changed_at=first.key_changed_at,
    )
    link.put_key(key)
    return link


def start() -> dict[str, Any]:
    """Ask for a test of every model, with inference; return when all are asked for."""
    models = import_module("registry.models")
    sweeps = import_module("registry.services.sweeps")
    rows = models.LLMModel.objects.select_related("provider", "connection")
    sweep = sweeps.start(rows, inference=True)
    return {"sweep": str(sweep.pk)}


def left(sweep: str) -> dict[str, Any]:
    """Return how far the tests are, and between which moments they ran, in seconds."""
    models = import_module("registry.models")
    sweeps = import_module("registry.services.sweeps")
    aggregates = import_module("django.db.models")
    progress = sweeps.progress_of(models.Sweep.objects.get(pk=sweep))
    ran = models.Job.objects.aggregate(
        first=aggregates.Min("started_at"), last=aggregates.Max("finished_at")
    )
    seconds = (ran["last"] - ran["first"]).total_seconds() if ran["first"] and ran["last"] else 0.0
    found = {"total": progress.total, "done": progress.done, "codes": progress.codes}
    return {**found, "seconds": seconds}


if __name__ == "__main__":
    django.setup()
    with context.use(source="system"):
        parts: dict[str, Callable[..., dict[str, Any]]] = {
            "fill": fill,
            "start": start,
            "left": left,
        }
        answer = parts[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(answer))
