"""A person's own records in another hand: his connections and models, to a user or to all.

A key is bound to its owner and stays behind. Called under the catalogue's lock, as a part of an
operation; the rows' own events tell the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from registry.choices import LLMStatus
from registry.models import Connection, LLMModel
from registry.services import health, slugs
from registry.services.connections import forget_key, settle
from registry.services.revision import refresh, store
from registry.types import Change

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_NOTHING_NAMED = Change(frozenset())
_LONGEST_LABEL = 200


def hand_over_connection(connection: Connection, to: User | None) -> bool:
    """Give a connection another owner; without its key, which is missed from now on.

    `to` None is the organisation. Returns whether a key stayed behind. Its names make way for
    those of the new owner's. Raises GoneError.
    """
    users = health.hold_models_of(connection)
    stored = refresh(connection, _NOTHING_NAMED)
    former = connection.owner
    connection.owner = to
    if connection.private_to_id is None:
        _rename(connection, former)
    loses_key = connection.has_key
    if loses_key:
        forget_key(connection, lost_at=timezone.now())
    settle(connection, None)
    store(connection, stored)
    if health.calls_differ(stored, connection):
        health.forget(users)
    return loses_key


def hand_over_llm(llm: LLMModel, to: User | None) -> bool:
    """Give a model another owner. One for the organisation starts inactive: all would see it.

    Its connection goes before it. What the organisation has registered over the same connection,
    or over none as this one, is not there twice: the model is deleted and False returned.
    Raises GoneError.
    """
    stored = refresh(llm, _NOTHING_NAMED)
    if to is None and _is_registered(llm):
        llm.delete()
        return False
    former = "" if llm.owner is None else llm.owner.get_username()
    llm.owner = to
    rows = LLMModel.objects.exclude(pk=llm.pk)
    taken = rows.shared() if to is None else rows.filter(owner=to)
    llm.slug = slugs.free_slug(llm.slug, taken, prefix=former)
    if to is None:
        llm.status = LLMStatus.INACTIVE
    store(llm, stored)
    return True


def _is_registered(llm: LLMModel) -> bool:
    same = {"type": llm.type, "provider": llm.provider_id, "model_id": llm.model_id}
    return LLMModel.objects.shared().filter(**same, connection=llm.connection_id).exists()


def _rename(connection: Connection, former: User | None) -> None:
    """Keep the names as far as the new owner has no connection of them."""
    others = Connection.objects.exclude(pk=connection.pk)
    if connection.owner is not None:
        taken = others.filter(owner=connection.owner)
        prefix = "" if former is None else former.get_username()
        connection.slug = slugs.free_slug(connection.slug or connection.label, taken, prefix=prefix)
        return
    connection.slug = ""
    labels = set(
        others.shared().filter(provider=connection.provider).values_list("label", flat=True)
    )
    connection.label = _free_label(connection.label, labels, former)


def _free_label(label: str, taken: set[str], former: User | None) -> str:
    found, number = label, 1
    whose = "" if former is None else former.get_username()
    while found in taken:
        mark = f" ({whose} {number})" if number > 1 else f" ({whose})"
        found = f"{label[: _LONGEST_LABEL - len(mark)]}{mark}"
        number += 1
    return found
