"""Canaries that connection tests carry to far sides: good ones, wrong ones, and one that echoes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.models import Provider
from registry.sandbox.server import SandboxServer
from tests.invariants.canaries import database_bytes
from tests.outbound import Server
from tests.registry.api.client import Api
from tests.registry.api.tested import work

MODELS, CONNECTIONS = "/api/v1/admin/models", "/api/v1/admin/connections"
# At these the sandbox fails, each in its own way; the first repeats the key that came.
FAULTS = ("echo_key", "bad_key", "server_error", "html")
Keep = Callable[[Any], Any]


@dataclass(frozen=True)
class FarSides:
    """Who is called: one that agrees to everything, and one that fails as its address says."""

    agreeing: Server
    sandbox: SandboxServer

    @property
    def addresses(self) -> list[str]:
        faults = [self.sandbox.address("/v1", fault=fault) for fault in FAULTS]
        return [f"{self.agreeing.url}/v1", self.sandbox.address("/v1"), *faults]


def plant_by_tests(api: Api, keep: Keep, canary: Callable[[], str], far_sides: FarSides) -> bytes:
    """Test stored models, connections and unsaved settings, and read what was found.

    Returns the database as it was while all of them waited. Every answer is kept.
    """
    for number, address in enumerate(far_sides.addresses):
        _plant(api, keep, canary, f"tested{number}", address)
    waiting = database_bytes()
    work()
    found = keep(api.get("/api/v1/admin/tests?page_size=200")).json()["results"]
    for test in found:
        keep(api.get(f"/api/v1/admin/tests/{test['id']}"))
    codes = {test["code"] for test in found}
    assert {"ok", "bad_key", "server_error", "bad_shape"} <= codes, codes
    assert all(test["state"] == "done" for test in found)
    return waiting


def _plant(api: Api, keep: Keep, canary: Callable[[], str], slug: str, address: str) -> None:
    provider = Provider.objects.get(slug="maker").slug
    new = {"type": "generation", "provider": provider, "name": slug, "model_id": slug}
    at = {"api_endpoint": address}
    made = keep(api.post(MODELS, new | at | {"slug": slug, "api_key": canary()}))
    assert made.status_code == 201, made.content
    row = {"provider": provider, "label": slug, "api_url": address, "api_key": canary()}
    connection = keep(api.post(CONNECTIONS, row)).json()["id"]
    asked = [
        keep(api.post(f"{MODELS}/{slug}/test")),
        keep(api.post(f"{CONNECTIONS}/{connection}/test", None, **_once(f"c {slug}"))),
        keep(api.post(f"{MODELS}/test", new | at | {"api_key": canary()}, **_once(slug))),
    ]
    assert [answer.status_code for answer in asked] == [202, 202, 202]
    keep(api.post(f"{CONNECTIONS}/{connection}/models"))
    keep(api.post(f"{MODELS}/test", new | {"api_key": f"{canary()}***"}))
    keep(api.post(f"{MODELS}/test", new | at | {"api_key": [canary()]}))


def _once(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


def messages_in(folder: Path) -> bytes:
    """Return the messages of a queue that is a folder, and their bodies as Celery reads them."""
    found = [file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()]
    messages = [json.loads(file.read_bytes()) for file in sorted(folder.rglob("*.msg"))]
    assert len(messages) >= 3 * len(FAULTS), "workers were not rung"
    return b"\n".join([*found, *(base64.b64decode(message["body"]) for message in messages)])
