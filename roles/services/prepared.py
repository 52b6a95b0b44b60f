"""Answers for roles as prepared bytes: one query where nothing has changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roles.services import own_slots
from roles.services.kept import Kept
from roles.services.own_slots import by_own_slots, read_slots
from roles.services.resolution import resolve
from roles.services.role_table import role_name

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.models import User

    from roles.services.own_slots import SlotsRead
    from roles.services.resolution import Resolution

# Answers that one process keeps; about 2 kB each.
MOST = 16_384


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer as JSON, and the stored model it names: for the note of who uses what."""

    content: bytes
    llm_id: UUID | None


# Whose, for which role, local only, and whether with the whole trace.
_Key = tuple["int | None", str, bool, bool]

_kept: Kept[Prepared] = Kept(lambda: MOST)


def prepared(
    user: User | None,
    role: str,
    *,
    healthy_only: bool = False,
    local_only: bool = False,
    whole: bool = False,
    read: SlotsRead | None = None,
    now: datetime | None = None,
) -> Prepared:
    """Return the answer of `resolve` as JSON; one query if this process knows it already.

    None if `read` says what fills the user's own slots of the role: only what it tells of the
    catalogue before anything else was read makes an answer that is not older than its revision.

    With `healthy_only` it is made anew each time: what is measured of a model, and what its
    clients report, moves no revision of the catalogue. Raises ValidationError on `role`.
    """
    if healthy_only:
        return _made(
            resolve(user, role, healthy_only=True, local_only=local_only, whole=whole, now=now)
        )
    name = role_name(role)
    key: _Key = (None if user is None else user.pk, name, local_only, whole)
    # Read before all else: an answer is never older than the revision it is kept under.
    read = read or read_slots(key[0], name)
    if not read.slots and not local_only:
        user, key = None, (None, *key[1:])  # the organisation's answer, the same for many
    found = _kept.get(read.revision, key)
    if found is None:
        found = _find(user, key, read, now)
        _kept.put(read.revision, key, found)
    return found


def prepared_resolution(
    user: User | None,
    role: str,
    *,
    healthy_only: bool = False,
    local_only: bool = False,
    whole: bool = False,
    now: datetime | None = None,
) -> bytes:
    """Return the JSON alone, see `prepared`."""
    found = prepared(
        user, role, healthy_only=healthy_only, local_only=local_only, whole=whole, now=now
    )
    return found.content


def forget() -> None:
    """Forget what this process has prepared."""
    _kept.forget()
    own_slots.forget()


def _find(user: User | None, key: _Key, read: SlotsRead, now: datetime | None) -> Prepared:
    _user_id, role, local_only, whole = key
    if user is not None and not (local_only or whole):
        found = by_own_slots(user.pk, role, read)
        if found is not None:
            return _made(found)
    return _made(resolve(user, role, local_only=local_only, whole=whole, now=now))


def _made(resolution: Resolution) -> Prepared:
    llm = None if resolution.chosen is None else resolution.chosen.llm
    content = json.dumps(resolution.facts(), ensure_ascii=False).encode()
    return Prepared(content, None if llm is None else llm.pk)
