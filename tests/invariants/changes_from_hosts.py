"""The ways to a host's own list of models, and from there into the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from registry.models import Connection
from registry.types import LLMChange
from tests.factories import make_connection, make_llm
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.registry.api.client import CONNECTIONS

PAGE = "registry_connection_host_models"
PICKED = [json.dumps({"id": name}) for name in ("one", "two")]


def ways_from_hosts() -> Iterator[Way]:
    way, created = f"admin {PAGE}", ("model_created",)
    yield Way("api POST connections-models", _asked_by_api, status=200)
    yield Way(f"{way}: only opened", _opened, status=200)
    yield Way(f"{way}: asked", _asked, status=200)
    yield Way(way, partial(_added, PICKED), created * 2)
    yield Way(f"{way}: what is there", _added_again, created)
    yield Way(f"{way}: nothing picked", partial(_added, []), status=302)


def _asked_by_api(stage: Stage) -> Act:
    return partial(stage.api.post, f"{CONNECTIONS}/{make_connection().pk}/models")


def _opened(stage: Stage) -> Act:
    return partial(stage.admin.get, PAGE, make_connection().pk)


def _asked(stage: Stage) -> Act:
    act = partial(stage.admin.post, PAGE, make_connection().pk)

    def run() -> Any:
        answer = act()
        assert answer.context["offers"]
        return answer

    return run


def _added(picked: list[str], stage: Stage, connection: Connection | None = None) -> Act:
    sent = {"add": "yes", "type": "generation", "dimensions": "", "model": picked}
    return partial(stage.admin.post, PAGE, (connection or make_connection()).pk, **sent)


def _added_again(stage: Stage) -> Act:
    """One of the picked is in the list already: it is refused, and the other one added."""
    connection = make_connection()
    there = LLMChange(connection=connection)
    make_llm(provider=connection.provider, model_id="one", change=there)
    return _added(PICKED, stage, connection)
