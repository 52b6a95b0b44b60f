"""What a client holds, as answers show it: each row with its state at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from registry.errors import NotRegisteredError
from registry.models import ClientModel
from registry.services.clients import states
from registry.services.clock import database_now


def shown(rows: Iterable[ClientModel]) -> list[dict[str, Any]]:
    """Return the values of `HeldSerializer` for each row."""
    now = database_now()
    return [_shown(row, now) for row in rows]


def _shown(row: ClientModel, now: datetime) -> dict[str, Any]:
    marks = (row.quota_until, row.suspended_at, row.suspended_reason)
    state, until = states.standing(marks, now)
    return {
        "model_id": row.model_id,
        "seats": row.seats,
        "state": state,
        "until": until,
        "reason": row.suspended_reason,
        "changed_at": row.changed_at,
    }


def registered(client: str, model: str) -> ClientModel:
    """Return what the client holds of the model. Raises NotRegisteredError."""
    rows = ClientModel.objects.of(client.strip(), model.strip()).select_related("client")
    row = rows.first()
    if row is None:
        raise NotRegisteredError
    return row
