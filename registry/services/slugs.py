"""Names for addresses, made from what people and providers call things."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from registry.choices import Transport
from registry.models.base import RESERVED_SLUGS, is_uuid

if TYPE_CHECKING:
    from registry.models import Connection, LLMModel
    from registry.models.base import TrackedQuerySet

LONGEST = 200
# A built-in model has the name of its transport, and wins over a stored one of that name.
_NEVER_MADE = RESERVED_SLUGS | set(Transport.values)


def slug_from(text: str) -> str:
    """Return `text` in lower case with `-` for other characters; `x` when nothing is left."""
    slug = re.sub(r"[^a-z0-9._-]+", "-", text.strip().lower())
    return re.sub(r"^[^a-z0-9]+", "", slug).rstrip("-")[:LONGEST] or "x"


def free_slug(text: str, taken: TrackedQuerySet, *, prefix: str = "") -> str:
    """Return a slug made from `text` that no row of `taken` has.

    On a collision `prefix` comes first, then a number is appended.
    """
    plain = slug_from(text)
    base = f"{slug_from(prefix)}-{plain}"[: LONGEST - 8] if prefix else plain[: LONGEST - 8]
    usable = plain not in _NEVER_MADE and not is_uuid(plain)
    if usable and not taken.filter(slug=plain).exists():
        return plain
    candidates = set(taken.filter(slug__startswith=base).values_list("slug", flat=True))
    number, candidate = 2, base if prefix else f"{base}-2"
    while candidate in candidates or candidate in _NEVER_MADE:
        candidate = f"{base}-{number}"
        number += 1
    return candidate


def give_slug(llm: LLMModel) -> None:
    """Fill an empty slug from the model id, prefixed by the provider on a collision."""
    if llm.slug:
        return
    manager = type(llm).objects
    taken = manager.filter(owner=llm.owner) if llm.owner_id else manager.shared()
    llm.slug = free_slug(llm.model_id, taken, prefix=llm.provider.slug)


def give_connection_slug(connection: Connection) -> None:
    """Name a person's own connection after its label; the organisation's need no short name."""
    if connection.owner_id is None or connection.private_to_id is not None or connection.slug:
        return
    taken = type(connection).objects.filter(owner=connection.owner_id)
    connection.slug = free_slug(connection.label, taken)
