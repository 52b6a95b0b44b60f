"""Which client serves which models: registered, replaced, heard of, expired."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from audit.operations import operation
from audit.tracking import unaudited
from registry.models import Client, ClientModel
from registry.services.clients.infos import read_infos
from registry.services.clients.states import as_id
from registry.services.clock import database_now
from registry.services.problems import Problems
from registry.services.revision import availability_write

if TYPE_CHECKING:
    from registry.services.clients.infos import Held

logger = logging.getLogger(__name__)

# What follows a client's id in addresses: no part of an id may be read as one of them.
RESERVED_SEGMENTS = frozenset({"models", "supports", "seen"})


@dataclass(frozen=True)
class Registration:
    """What a registration did, by ids of models; `changed` are those with other seats now.

    `client` is None where nobody is registered afterwards; `unregistered` says that somebody was.
    """

    client: Client | None
    created: bool = False
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unregistered: bool = False


def register(
    client_id: str, provider: str | None, models: object, *, now: datetime | None = None
) -> Registration:
    """Take a client's list for all that it serves from now on, instead of any earlier one.

    Its marks end with it. A list without a model unregisters. Raises ValidationError on
    `client`, `provider` and, see `read_infos`, `models`; then the earlier list stays.
    """
    problems = Problems()
    with problems.gather(client_id="client"):
        read = _read_client(client_id, provider)
    held: list[Held] = []
    with problems.gather():
        held = read_infos(models)
    problems.finish()
    if not held:
        return _unregister(read.client_id, now=now)
    with availability_write() as turn:
        read.registered_at = read.last_seen = database_now(now)
        read.registered_turn = turn
        stored = Client.objects.filter(client_id=read.client_id).first()
        return _create(read, held) if stored is None else _replace(stored, read, held)


def unregister(client_id: str, *, now: datetime | None = None) -> bool:
    """Take a client off every list; False for an unknown one."""
    return _unregister(as_id(client_id), now=now).unregistered


def note_seen(client_id: str, *, now: datetime | None = None) -> bool:
    """Note that a client is there, which changes nothing else; False for an unknown one."""
    rows = unaudited(Client.objects.filter(client_id=as_id(client_id)))
    return bool(rows.update(last_seen=database_now(now)))


def expire_stale(now: datetime | None = None) -> int:
    """Unregister who has not been heard of for REGISTRY_CLIENT_MAX_AGE; return how many."""
    if not settings.REGISTRY_CLIENT_MAX_AGE:
        return 0
    moment = database_now(now)
    before = moment - timedelta(seconds=settings.REGISTRY_CLIENT_MAX_AGE)
    stale = Client.objects.filter(last_seen__lt=before).order_by("last_seen", "pk")
    found = [
        _remove("client_expired", moment, client_id=client_id, last_seen__lt=before)
        for client_id in stale.values_list("client_id", flat=True)
    ]
    return sum(registration.unregistered for registration in found)


def _read_client(client_id: object, provider: object) -> Client:
    """Return an unsaved row with both texts as they are kept."""
    problems = Problems()
    read = Client()
    for name, value in (("client_id", client_id), ("provider", provider or "")):
        if isinstance(value, str):
            setattr(read, name, value.strip().lower() if name == "provider" else value)
        else:
            problems.add(name, _("Enter a text."))
    others = {f.name for f in Client._meta.fields} - {"client_id", "provider"}
    with problems.gather():
        read.clean_fields(exclude=others | set(problems.found))
    for segment in sorted(RESERVED_SEGMENTS & set(str(read.client_id).split("/"))):
        problems.add("client_id", _("“%s” is no part of a client's id.") % segment)
    if str(read.client_id).endswith("/"):  # an address with a slash too many is no other client's
        problems.add("client_id", _("A client's id does not end in a slash."))
    problems.finish()
    return read


def _create(client: Client, held: list[Held]) -> Registration:
    added = [one.model_id for one in held]
    with operation("client_registered", client, models=added):
        client.save()
        _hold(client, held)
    logger.info("client %s (%s) registered %d models", client, client.provider, len(held))
    return Registration(client, created=True, added=added)


def _replace(client: Client, read: Client, held: list[Held]) -> Registration:
    """Put a list in the place of the stored one, whatever both have in common."""
    rows = ClientModel.objects.filter(client=client)
    stored = rows.order_by("position").values_list("model_id", "seats", "suspended_at")
    before = {model_id: (seats, since is not None) for model_id, seats, since in stored}
    after = {one.model_id: one.seats for one in held}
    both = [model_id for model_id in after if model_id in before]
    done = Registration(
        client,
        added=[model_id for model_id in after if model_id not in before],
        removed=[model_id for model_id in before if model_id not in after],
        changed=[model_id for model_id in both if before[model_id][0] != after[model_id]],
    )
    told = {"added": done.added, "removed": done.removed, "changed": done.changed}
    told["resumed"] = [model_id for model_id in both if before[model_id][1]]
    told = {word: model_ids for word, model_ids in told.items() if model_ids}
    is_news = bool(told) or client.provider != read.provider
    event = operation("client_updated", client, always=bool(told), **told)
    with event if is_news else nullcontext():
        _store(client, read)
        rows.delete()
        _hold(client, held)
        _note_leaving(done.removed, read.last_seen)
    if is_news:
        counts = {word: len(model_ids) for word, model_ids in told.items()}
        logger.info("client %s (%s) changed its models: %s", client, client.provider, counts)
    return done


def _store(client: Client, read: Client) -> None:
    """Write what differs: without a new provider only moments, which no event tells."""
    moved = {name: getattr(read, name) for name in Client.measured}
    for name, value in moved.items():
        setattr(client, name, value)
    if client.provider == read.provider:
        unaudited(Client.objects.filter(pk=client.pk)).update(**moved, updated_at=read.last_seen)
    else:
        client.provider = read.provider
        client.save()


def _hold(client: Client, held: list[Held]) -> None:
    ClientModel.objects.bulk_create(
        ClientModel(
            client=client,
            model_id=one.model_id,
            position=position,
            seats=one.seats,
            info=one.info,
            changed_at=client.last_seen,
        )
        for position, one in enumerate(held)
    )


def _note_leaving(model_ids: list[str], moment: datetime) -> None:
    """Note with the remaining holders that one has gone."""
    if model_ids:
        ClientModel.objects.filter(model_id__in=model_ids).update(changed_at=moment)


def _unregister(client_id: str, *, now: datetime | None = None) -> Registration:
    if not Client.objects.filter(client_id=client_id).exists():  # asked apart: it moves no list
        return Registration(None)
    return _remove("client_unregistered", now, client_id=client_id)


def _remove(event: str, now: datetime | None, **which: Any) -> Registration:
    """Delete the one client that is `which`, unless it is not so any more under the lock."""
    with availability_write():
        client = Client.objects.select_for_update().filter(**which).first()
        if client is None:
            return Registration(None)
        rows = ClientModel.objects.filter(client=client).order_by("position")
        removed = list(rows.values_list("model_id", flat=True))
        with operation(event, client, models=removed):
            client.delete()
            _note_leaving(removed, database_now(now))
    logger.info("client %s: %s", which["client_id"], event)
    return Registration(None, removed=removed, unregistered=True)
