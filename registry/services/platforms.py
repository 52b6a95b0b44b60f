"""Platforms: where models of several providers can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import events
from registry.errors import InUseError
from registry.models import Route
from registry.services import origins
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, refresh, store
from registry.types import UNSET, Change, Unset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.models import Platform, Provider

NO_CHANGE = Change()


def save_platform(
    platform: Platform,
    change: Change = NO_CHANGE,
    *,
    providers: Sequence[Provider] | Unset = UNSET,
) -> Platform:
    """Create or change a platform. Raises ValidationError, StaleRevisionError, GoneError."""
    event = "platform_created" if platform._state.adding else "platform_updated"
    with catalogue_write(event, platform):
        stored = refresh(platform, change)
        problems = Problems()
        with problems.gather(**{NON_FIELD_ERRORS: "base_url"}):
            platform.base_url = origins.normalise(platform.base_url)
        with problems.gather():
            platform.full_clean()
        _refuse_foreign(platform, problems)
        problems.finish()
        wanted = None if providers is UNSET else list(providers)
        present = set() if stored is None else set(stored.providers.all())
        touched = wanted is not None and present != set(wanted)
        store(platform, stored, touched=touched)
        if touched and wanted is not None:
            platform.providers.set(wanted)
    return platform


def delete_platform(platform: Platform, change: Change = NO_CHANGE) -> None:
    """Delete a platform without routes. Raises InUseError, which names them.

    Providers and connections stay.
    """
    with catalogue_write("platform_deleted", platform):
        refresh(platform, Change(frozenset(), change.expected_revision))
        users = users_of(platform)
        if not any(users.values()):
            platform.delete()
    if any(users.values()):
        with transaction.atomic():
            events.record("platform_delete_blocked", platform, **users)
        raise InUseError(_("Routes lead over this platform."), **users)


def _refuse_foreign(platform: Platform, problems: Problems) -> None:
    """Platforms are the organisation's: a connection of one user or one model is none of theirs."""
    connection = platform.connection
    if connection is None:
        return
    if connection.owner_id is not None or connection.private_to_id is not None:
        problems.add("connection", _("Only a shared connection can be used by a platform."))


def users_of(platform: Platform) -> dict[str, list[str]]:
    """Return the names of the routes over the platform."""
    return {
        "routes": sorted(Route.objects.filter(platform=platform).values_list("slug", flat=True))
    }
