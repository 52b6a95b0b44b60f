"""Who acts, and from where: one value per request, command or task."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.choices import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


@dataclass(frozen=True)
class AuditContext:
    """The circumstances of a write, copied onto each entry of the trail."""

    source: Source
    actor: AbstractBaseUser | AnonymousUser | None = None
    request_id: str = ""
    application: str = ""
    remote_addr: str | None = None

    @property
    def person(self) -> AbstractBaseUser | None:
        """The logged-in actor, or None for nobody and for an anonymous visitor."""
        if self.actor is None or self.actor.pk is None:
            return None
        return self.actor  # type: ignore[return-value]  # a pk excludes AnonymousUser

    @property
    def person_id(self) -> int | None:
        return None if self.person is None else self.person.pk


_current: ContextVar[AuditContext | None] = ContextVar("audit_context", default=None)


def current() -> AuditContext | None:
    return _current.get()


@contextmanager
def use(
    *,
    source: Source | str,
    actor: AbstractBaseUser | AnonymousUser | None = None,
    request_id: str = "",
    application: str = "",
    remote_addr: str | None = None,
) -> Iterator[AuditContext]:
    """Make this the context of everything written inside; the outer one returns afterwards."""
    context = AuditContext(
        source=Source(source),
        actor=actor,
        request_id=request_id or new_request_id(),
        application=application,
        remote_addr=remote_addr,
    )
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def act_as(
    actor: AbstractBaseUser | AnonymousUser | None,
    *,
    application: str = "",
    source: Source | str | None = None,
) -> None:
    """Name the actor of the running context, once authentication knows him.

    Without a running context this does nothing: there is no write to attribute either.
    """
    context = _current.get()
    if context is not None:
        chosen = context.source if source is None else Source(source)
        _current.set(replace(context, actor=actor, application=application, source=chosen))


def new_request_id() -> str:
    return uuid.uuid4().hex
