"""Which tables are on the trail. The one caller of django-auditlog's registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditlog.registry import auditlog
from django.db.models import QuerySet

from audit import context
from audit.errors import MissingContextError, UntrackedWriteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model


@dataclass(frozen=True)
class Tracked:
    """How the changes of one table are told.

    `part_of` names the link to the row whose story this one belongs to (a private connection
    belongs to its model); `part` then rewrites its diff in that row's words. `secret` maps
    columns of which only the fact of a change is told to the name it is told under.
    """

    noun: str
    secret: dict[str, str]
    part_of: str | None
    part: Callable[[Any, dict[str, Any]], dict[str, Any]] | None


_tracked: dict[type[Model], Tracked] = {}


def track(
    model: type[Model],
    *,
    noun: str,
    exclude: tuple[str, ...] = (),
    secret: tuple[str, ...] | dict[str, str] = (),
    m2m: tuple[str, ...] = (),
    part_of: str | None = None,
    part: Callable[[Any, dict[str, Any]], dict[str, Any]] | None = None,
) -> None:
    """Put the rows of `model` on the trail.

    `secret` may map a watched column to the name told (`key_fingerprint` -> `api_key`).
    A row whose link `part_of` is empty is its own subject.
    """
    names = secret if isinstance(secret, dict) else {name: name for name in secret}
    _tracked[model] = Tracked(noun, names, part_of, part)
    fields = [field.name for field in model._meta.concrete_fields if field.name not in exclude]
    auditlog.register(model, include_fields=fields, m2m_fields=set(m2m))


def of(model: type[Model]) -> Tracked:
    return _tracked[model]


def is_tracked(model: type[Model]) -> bool:
    return model in _tracked


def models() -> list[type[Model]]:
    return list(_tracked)


def subjects() -> list[type[Model]]:
    """Return the tables whose rows have events of their own; the others are parts of theirs."""
    return [
        model
        for model, tracked in _tracked.items()
        if tracked.part_of is None or model._meta.get_field(tracked.part_of).null
    ]


class TrackedQuerySetMixin:
    """Refuses the writes that Django makes without telling the row.

    Mixed into the QuerySet of every tracked table; `delete()` stays, since Django then
    collects the rows and tells each.
    """

    model: type[Model]

    def _refuse(self, method: str) -> UntrackedWriteError:
        return UntrackedWriteError(self.model.__name__, method)

    def update(self, **kwargs: Any) -> int:
        raise self._refuse("update")

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Any]:
        raise self._refuse("bulk_create")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise self._refuse("bulk_update")

    def _raw_delete(self, using: str | None) -> int:
        raise self._refuse("_raw_delete")


class TrailRouter:
    """Refuses every write on a tracked table outside an audit context, before any SQL.

    auditlog tells of a new row only after its INSERT, which is too late to refuse it. It is
    Django's database router, since that is asked before each write, accounts' included.
    """

    def db_for_write(self, model: type[Model], **hints: Any) -> None:
        if is_tracked(model) and context.current() is None:
            raise MissingContextError(model.__name__)


def unaudited(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return a plain QuerySet over the same rows, for bookkeeping columns that are no change."""
    plain: QuerySet[Any] = QuerySet(model=queryset.model, query=queryset.query, using=queryset.db)
    return plain
