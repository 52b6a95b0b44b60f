"""Users and groups: nobody gives rights that he does not have himself.

A superuser may do all. Whoever may change users without being one neither sees superusers nor
makes any, and manages only people whose rights are among his own: else setting somebody's
password would be a way to that person's rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group, Permission, User
from django.utils.translation import gettext_lazy as _

from audit import context
from audit.operations import operation
from registry.errors import NotPermittedError
from registry.models import Connection
from registry.services import tokens
from registry.services.accounts import require_password_change
from registry.services.revision import catalogue_write
from registry.types import UNSET, Unset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet


def visible_users(actor: Any) -> QuerySet[User]:
    return User.objects.all() if is_trusted(actor) else User.objects.filter(is_superuser=False)


def grantable_groups(actor: Any) -> QuerySet[Group]:
    """Return the groups whose rights `actor` has all himself."""
    if is_trusted(actor):
        return Group.objects.all()
    beyond = Permission.objects.exclude(pk__in=_permissions_of(actor))
    return Group.objects.exclude(permissions__in=beyond)


def may_manage(actor: Any, user: User) -> bool:
    """Whether `actor` has all rights that `user` has, active or not."""
    if is_trusted(actor):
        return True
    if user.is_superuser:
        return False
    return not _permissions_of(user).exclude(pk__in=_permissions_of(actor)).exists()


def save_user(
    user: User,
    *,
    groups: Iterable[Group] | Unset = UNSET,
    permissions: Iterable[Permission] | Unset = UNSET,
) -> User:
    """Create or change a user as one event. Raises NotPermittedError.

    Groups that the actor may not give stay as they are. A new user with a password has to
    choose his own at his first login. One who is deactivated loses his tokens, so that they do
    not come back with him.
    """
    actor, created = _actor(), user._state.adding
    _refuse_foreign(actor, user, permissions)
    wanted = None if groups is UNSET else set(groups)
    if wanted is not None:
        wanted |= _untouchable(actor, user)
        _refuse_wider(actor, user, wanted)
    with operation("user_created" if created else "user_updated", user) as running:
        user.save()
        if wanted is not None:
            user.groups.set(wanted)
        if permissions is not UNSET:
            user.user_permissions.set(permissions)
        if created and user.has_usable_password():
            require_password_change(user)
        if not (created or user.is_active):
            tokens.end_all(user, running)
    return user


def set_password(user: User, write: Callable[[], User]) -> User:
    """Give somebody a password, which he has to change at his next login; `write` stores it."""
    actor = _actor()
    _refuse_foreign(actor, user, UNSET)
    with operation("password_set", user):
        write()
        if user.has_usable_password() and (actor is None or actor.pk != user.pk):
            require_password_change(user)
    return user


def delete_user(user: User) -> None:
    """Delete a user with his tokens, slots, models and connections, each on the trail."""
    _refuse_foreign(_actor(), user, UNSET)
    with catalogue_write("user_deleted", user) as running:
        owned = {
            "models": sorted(user.llms.values_list("name", flat=True)),
            "connections": sorted(own_connections(user).values_list("label", flat=True)),
        }
        running.tell(**{name: names for name, names in owned.items() if names})
        tokens.end_all(user, running)
        user.delete()


def own_connections(user: User) -> QuerySet[Connection]:
    """Return a person's connections; what is one model's own goes with that model."""
    found: QuerySet[Connection] = Connection.objects.filter(owner=user, private_to__isnull=True)
    return found


def save_group(group: Group, *, permissions: Iterable[Permission]) -> Group:
    """Create or change a group. Only a superuser may: its members get what he puts in."""
    if not is_trusted(_actor()):
        raise NotPermittedError
    with operation("group_created" if group._state.adding else "group_updated", group):
        group.save()
        group.permissions.set(permissions)
    return group


def delete_group(group: Group) -> None:
    """Delete a group; its event names the members, who lose its rights."""
    if not is_trusted(_actor()):
        raise NotPermittedError
    with operation("group_deleted", group) as running:
        running.tell(members=sorted(group.user_set.values_list("username", flat=True)))
        group.delete()


def names_told_to(viewer: Any, pks: Iterable[int | None]) -> dict[int, str]:
    """Return the user names of these people, as far as `viewer` may know who they are.

    Everybody knows himself; the others are the matter of whoever may look at users.
    """
    wanted = {pk for pk in pks if pk is not None}
    if not wanted:
        return {}
    rows = visible_users(viewer).filter(pk__in=wanted)
    if not (is_trusted(viewer) or viewer.has_perm("auth.view_user")):
        rows = rows.filter(pk=viewer.pk)
    return dict(rows.values_list("pk", "username"))


def require_management(user: User) -> None:
    """Refuse whoever may not change this person. Raises NotPermittedError."""
    if not may_manage(_actor(), user):
        raise NotPermittedError(_("This person has rights that you do not have."))


def is_trusted(actor: Any) -> bool:
    """Whether nothing is beyond `actor`: a superuser, or nobody, which is a command."""
    return actor is None or bool(actor.is_active and actor.is_superuser)


def _actor() -> Any:
    running = context.current()
    return running.person if running else None


def _permissions_of(user: User) -> QuerySet[Permission]:
    own = Permission.objects.filter(user=user)
    return (own | Permission.objects.filter(group__user=user)).distinct()


def _refuse_foreign(actor: Any, user: User, permissions: object) -> None:
    """Refuse superusers, single permissions and stronger people to everybody but superusers."""
    if is_trusted(actor):
        return
    stored = User.objects.filter(pk=user.pk).first() if user.pk else None
    if user.is_superuser or permissions is not UNSET:
        raise NotPermittedError(_("Only a superuser gives these rights."))
    if stored is not None and not may_manage(actor, stored):
        raise NotPermittedError(_("This person has rights that you do not have."))


def _untouchable(actor: Any, user: User) -> set[Group]:
    if is_trusted(actor) or user._state.adding:
        return set()
    return set(user.groups.exclude(pk__in=grantable_groups(actor)))


def _refuse_wider(actor: Any, user: User, wanted: set[Group]) -> None:
    new = wanted if user._state.adding else wanted - set(user.groups.all())
    if new - set(grantable_groups(actor)):
        raise NotPermittedError(_("These groups have rights that you do not have."))
