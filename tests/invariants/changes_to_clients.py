"""The ways by which people mark and remove clients in the admin; nobody edits one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from registry.models import Client
from tests.factories import make_client
from tests.invariants.changes_by_clients import suspended
from tests.invariants.changes_by_way import Act, Stage, Way

REMOVED = ("client_unregistered",)


def _known() -> Client:
    return make_client("known", "one", "two")


def _send(name: str, make: Callable[[], Client] | None, **typed: Any) -> Callable[[Stage], Act]:
    def prepare(stage: Stage) -> Act:
        row = [] if make is None else [make().pk]
        return partial(stage.admin.post, name, *row, **typed)

    return prepare


def _dialog(name: str, make: Callable[[], Client], **typed: Any) -> Callable[[Stage], Act]:
    return _send(name, make, _form_submitted="True", **typed)


def ways_to_clients() -> Iterator[Way]:
    page, edge = "registry_client", "admin registry_client"
    yield Way(f"{edge}_add", _send(f"{page}_add", None), status=403)
    yield Way(f"{edge}_change", _send(f"{page}_change", _known, client_id="x"), status=403)
    yield Way(f"{edge}_delete", _send(f"{page}_delete", _known, post="yes"), REMOVED, status=302)
    yield Way(f"{edge}_remove", _dialog(f"{page}_remove", _known), REMOVED, status=302)
    suspend, resume, clear = (f"{page}_{name}" for name in ("suspend", "resume", "clear_quota"))
    off, ready = ("client_suspended",), ("client_resumed",)
    yield Way(f"admin {suspend}", _dialog(suspend, _known, reason="x"), off, status=302)
    yield Way(f"admin {suspend}: again", _dialog(suspend, suspended, reason="x"), status=302)
    yield Way(f"admin {resume}", _dialog(resume, suspended), ready, status=302)
    yield Way(f"admin {resume}: again", _dialog(resume, _known), status=302)
    yield Way(f"admin {clear}", _dialog(clear, suspended), ("client_quota_cleared",), status=302)
    yield Way(f"admin {clear}: again", _dialog(clear, _known), status=302)
