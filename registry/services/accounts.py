"""Groups and their rights, the first administrator, and passwords that must be changed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission, User

from audit.operations import operation
from registry.models import PasswordChangeDue

if TYPE_CHECKING:
    from django.contrib.auth.forms import SetPasswordForm

_CATALOGUE = "llmmodel provider platform route connection knowledgebase tag".split()

# group -> {table: rights}; docs/security.md shows it and a test compares the two.
RIGHTS: dict[str, dict[str, tuple[str, ...]]] = {
    "readers": {
        **dict.fromkeys(
            (*_CATALOGUE, "price", "capability", "connectiontest", "client", "llmuse"), ("view",)
        ),
        **dict.fromkeys(("role", "roleslot"), ("view",)),
    },
    # For applications: registry.report_availability, which is about no table.
    "reporters": {"availability": ("report",)},
    "operators": {
        **dict.fromkeys(_CATALOGUE, ("view", "add", "change", "delete")),
        "price": ("view", "add"),
        "capability": ("view",),
        "connectiontest": ("view", "add"),
        "client": ("view", "change", "delete"),
        "availability": ("report",),
        "llmuse": ("view",),
        "role": ("view", "add", "change", "delete"),
        "roleslot": ("view", "change"),
        "apitoken": ("view", "add", "delete"),
        "logentry": ("view",),
    },
    "administrators": {
        **dict.fromkeys((*_CATALOGUE, "capability"), ("view", "add", "change", "delete")),
        "price": ("view", "add"),
        "connectiontest": ("view", "add"),
        "client": ("view", "change", "delete"),
        "availability": ("report",),
        "llmuse": ("view",),
        "role": ("view", "add", "change", "delete"),
        "roleslot": ("view", "change"),
        "apitoken": ("view", "add", "delete"),
        "logentry": ("view",),
        "user": ("view", "add", "change", "delete"),
        "group": ("view",),
    },
}
# Nobody gets registry.reveal_key or roles.resolve_for_user by a group.
_APPS = {
    "logentry": "audit",
    "user": "auth",
    "group": "auth",
    "role": "roles",
    "roleslot": "roles",
}


def ensure_groups() -> None:
    """Create the groups and give them the rights they lack; what somebody added stays."""
    for name, tables in RIGHTS.items():
        wanted = [
            permission_of(table, right) for table, rights in tables.items() for right in rights
        ]
        with operation("group_created"):  # or group_updated, when it is there
            group, _created = Group.objects.get_or_create(name=name)
            missing = set(wanted) - set(group.permissions.all())
            if missing:
                group.permissions.add(*missing)


def permission_of(table: str, right: str) -> Permission:
    return Permission.objects.get(
        codename=f"{right}_{table}", content_type__app_label=_APPS.get(table, "registry")
    )


def ensure_first_administrator(username: str) -> str | None:
    """Create the first superuser with a random password, due to be changed; return it.

    Returns None when there is a superuser. The password is stored only as its hash.
    """
    if User.objects.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(15)
    with operation("user_created"):
        user = User.objects.create_superuser(username, password=password)
        user.groups.add(Group.objects.get(name="administrators"))
        PasswordChangeDue.objects.create(user=user)
    return password


def is_password_change_due(user: User) -> bool:
    return PasswordChangeDue.objects.filter(user=user).exists()


def change_password(form: SetPasswordForm[User]) -> None:
    """Store the user's own new password; his tokens end, since they are bound to the old one."""
    user = form.user
    with operation("password_changed", user):
        form.save()
        PasswordChangeDue.objects.filter(user=user).delete()


def require_password_change(user: User) -> None:
    """Let the user choose a password of his own at his next login."""
    PasswordChangeDue.objects.get_or_create(user=user)
