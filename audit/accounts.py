"""Users and groups are on the trail like everything else; password hashes never are."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, GroupManager, User, UserManager
from django.db.models import QuerySet

from audit import tracking


class AccountQuerySet(tracking.TrackedQuerySetMixin, QuerySet[Any]):
    """Users or groups, whose bulk writes are refused like those of the catalogue."""


def track_accounts() -> None:
    # The managers stay Django's own: another one would be a migration of its app.
    for manager in (UserManager, GroupManager):
        manager._queryset_class = AccountQuerySet  # type: ignore[union-attr]  # not in the stubs
    tracking.track(
        User,
        noun="user",
        exclude=("last_login",),
        secret=("password",),
        m2m=("groups", "user_permissions"),
    )
    tracking.track(Group, noun="group", m2m=("permissions",))
