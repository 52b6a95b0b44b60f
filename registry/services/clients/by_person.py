"""What a person does to a client's models by hand: to one of them, or to all at once.

A deed is one event of the client, however many models it is about. A quota mark that ends by
itself is told by no event; one that a person clears is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from audit.operations import operation
from registry.fields import LabelField
from registry.models import ClientModel
from registry.models.client import LONGEST_REASON
from registry.services.clients.standing import OFF, SUSPENDED, marked_at
from registry.services.clients.states import is_quota
from registry.services.clock import database_now
from registry.services.revision import availability_write

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from registry.models import Client

_REASON = LabelField(max_length=LONGEST_REASON, blank=True)


def suspend_by_person(
    client: Client,
    reason: str = "",
    *,
    model_ids: Collection[str] | None = None,
    now: datetime | None = None,
) -> list[str]:
    """Suspend these models of the client, or all; return those that were not suspended before.

    As with a client's own report a reason of its own replaces "quota"; else the first one stays.
    Raises ValidationError on `reason`.
    """
    try:
        text = str(_REASON.clean(reason, None))
    except ValidationError as error:
        raise ValidationError({"reason": error.messages}) from None
    moment = database_now(now)
    stays = SUSPENDED if is_quota(text) else OFF
    columns = {"suspended_at": moment, "suspended_reason": text, "changed_at": moment}
    return _write("client_suspended", client, ~stays, columns, model_ids=model_ids, reason=text)


def resume_by_person(
    client: Client,
    *,
    model_ids: Collection[str] | None = None,
    now: datetime | None = None,
) -> list[str]:
    """End the suspensions of these models, or of all; return those that were suspended."""
    columns = {"suspended_at": None, "suspended_reason": "", "changed_at": database_now(now)}
    return _write("client_resumed", client, SUSPENDED, columns, model_ids=model_ids, reason=None)


def clear_quota_by_person(
    client: Client,
    *,
    model_ids: Collection[str] | None = None,
    now: datetime | None = None,
) -> list[str]:
    """Clear the running quota marks of these models, or of all; return those that had one.

    A suspension stays, whatever its reason.
    """
    running = marked_at(database_now(now))
    columns = {"quota_marked_at": None, "quota_until": None}
    return _write("client_quota_cleared", client, running, columns, model_ids=model_ids)


def _write(
    event: str,
    client: Client,
    concerned: Q,
    columns: dict[str, Any],
    *,
    model_ids: Collection[str] | None,
    reason: str | None = "",
) -> list[str]:
    """Write `columns` where that changes something; without anything to change tell nothing.

    The event names the reason; for None the one that all of them had, if it was one.
    """
    with availability_write():
        rows = ClientModel.objects.filter(concerned, client=client).order_by("position")
        if model_ids is not None:
            rows = rows.filter(model_id__in=model_ids)
        found = dict(rows.values_list("model_id", "suspended_reason"))
        names, before = list(found), set(found.values())
        if not names:
            return []
        told: dict[str, Any] = {"model": names[0]} if len(names) == 1 else {"models": names}
        why = "".join(before) if reason is None and len(before) == 1 else reason
        with operation(event, client, always=True, **(told | ({"reason": why} if why else {}))):
            ClientModel.objects.filter(client=client, model_id__in=names).update(**columns)
    return names
