"""Users and groups are on the trail like everything else; password hashes never are."""

from __future__ import annotations

from django.contrib.auth.models import Group, User

from audit import tracking


def track_accounts() -> None:
    tracking.track(
        User,
        noun="user",
        exclude=("last_login",),
        secret=("password",),
        m2m=("groups", "user_permissions"),
    )
    tracking.track(Group, noun="group", m2m=("permissions",))
