"""The local model that answers when somebody asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roles.services.resolution import resolve

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User

    from roles.services.configuration import Configuration


def best_local(
    user: User | None, role: str = "chat", *, now: datetime | None = None
) -> Configuration | None:
    """Return the first usable local model of the role's slots, else the first there is.

    None where there is none: no provider takes its place. Raises ValidationError on `role`.
    """
    return resolve(user, role, local_only=True, now=now).chosen
