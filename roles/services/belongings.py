"""What a person leaves behind: his connections, models, slots and tokens, in other hands or gone.

Only who is deactivated leaves anything: else he would go on working with what is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.models import ApiToken, Connection, LLMModel
from registry.services import people, tokens
from registry.services.connections import delete_connection
from registry.services.deletion import delete_llm
from registry.services.handing_over import hand_over_connection, hand_over_llm
from registry.services.revision import catalogue_write
from roles.models import CatalogEntry, RoleSlot

if TYPE_CHECKING:
    from audit.operations import Operation


@dataclass(frozen=True)
class Belongings:
    """A person's own records; a connection that is a model's own belongs to that model."""

    connections: list[Connection]
    llms: list[LLMModel]
    slots: list[RoleSlot]
    tokens: list[ApiToken]
    catalog_entries: int = 0

    def __bool__(self) -> bool:
        return any(self.counts().values())

    def counts(self) -> dict[str, int]:
        return {
            "connections": len(self.connections),
            "models": len(self.llms),
            "slots": len(self.slots),
            "tokens": len(self.tokens),
            "catalog_entries": self.catalog_entries,
        }


@dataclass(frozen=True)
class Transferred:
    """What became of somebody's records, by name."""

    connections: list[str]
    models: list[str]
    # Connections that had a key, which stays behind: it has to be entered anew.
    need_keys: list[str]
    # Models that the organisation had already.
    dropped: list[str]


def belongings_of(user: User) -> Belongings:
    """Return what belongs to a user, by name; keys are not among it."""
    connections = people.own_connections(user).select_related("provider")
    llms = LLMModel.objects.filter(owner=user).select_related("provider", "connection")
    slots = RoleSlot.objects.filter(owner=user).select_related("llm")
    return Belongings(
        connections=list(connections.order_by("label", "pk")),
        llms=list(llms.order_by("name", "slug")),
        slots=list(slots.order_by("role", "slot")),
        tokens=list(ApiToken.objects.filter(user=user).order_by("application", "pk")),
        catalog_entries=CatalogEntry.objects.filter(owner=user).count(),
    )


def transfer(user: User, to: User | None) -> Transferred:
    """Give a deactivated person's connections and models to another one, or to all (None).

    Keys are bound to their owner: a connection that had one needs it anew. Models start inactive
    where all would see them. Slots say what their owner chose for himself and nobody else: they
    are emptied, as are his additions to catalogues; tokens end. Raises ValidationError (on `to`,
    or of who is active) and NotPermittedError.
    """
    _require_left(user)
    if not belongings_of(user):
        _receiver(user, to)
        return Transferred([], [], [], [])
    with catalogue_write("belongings_transferred", user, always=True) as running:
        _require_left(user)
        receiver = _receiver(user, to)
        _end_what_is_personal(user, running)
        private = Connection.objects.filter(owner=user, private_to__isnull=False)
        need_keys = [str(row) for row in private if hand_over_connection(row, receiver)]
        connections = list(people.own_connections(user).order_by("label", "pk"))
        need_keys += [str(row) for row in connections if hand_over_connection(row, receiver)]
        moved: list[str] = []
        dropped: list[str] = []
        for llm in LLMModel.objects.filter(owner=user).order_by("name", "slug"):
            name = llm.name
            (moved if hand_over_llm(llm, receiver) else dropped).append(name)
        done = Transferred([str(row) for row in connections], moved, sorted(need_keys), dropped)
        running.tell(
            to="" if receiver is None else receiver.get_username(),
            connections=done.connections,
            models=done.models,
            need_keys=done.need_keys,
            dropped=done.dropped,
        )
    return done


def remove(user: User) -> dict[str, int]:
    """Delete a deactivated person's records; return how many of each kind. The user stays.

    Raises ValidationError, NotPermittedError.
    """
    _require_left(user)
    if not belongings_of(user):
        return Belongings([], [], [], []).counts()
    with catalogue_write("belongings_removed", user, always=True) as running:
        _require_left(user)
        there = belongings_of(user)
        _end_what_is_personal(user, running)
        for llm in there.llms:
            delete_llm(llm)
        for connection in there.connections:
            delete_connection(connection)
        running.tell(
            models=[llm.name for llm in there.llms],
            connections=[connection.label for connection in there.connections],
        )
    return there.counts()


def _require_left(user: User) -> None:
    """Refuse what is still somebody's; read under the lock, with whoever may decide it."""
    people.require_management(user)
    if User.objects.filter(pk=user.pk, is_active=True).exists():
        raise ValidationError(_("This person is active. Deactivate the account first."))


def _receiver(user: User, to: User | None) -> User | None:
    """Return who takes over, as he is now. Raises ValidationError on `to`."""
    if to is None:
        return None
    found = User.objects.filter(pk=to.pk, is_active=True).exclude(pk=user.pk).first()
    if found is None:
        raise ValidationError({"to": [_("Choose another person, who is active.")]})
    return found


def _end_what_is_personal(user: User, running: Operation) -> None:
    slots = list(RoleSlot.objects.filter(owner=user).order_by("role", "slot"))
    for slot in slots:
        slot.delete()
    if slots:
        running.tell(slots=[str(slot) for slot in slots])
    for entry in CatalogEntry.objects.filter(owner=user):
        entry.delete()
    tokens.end_all(user, running)
