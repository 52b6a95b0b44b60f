"""The ways to users, groups and tokens, those of the commands, and the pages closed to all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from typing import Any

from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from audit.models import LogEntry
from registry.models import Capability, Tag
from registry.services import accounts, people
from registry.services.tokens import create_token, revoke_token
from tests.factories import make_llm, make_test, make_token, make_user
from tests.invariants.changes_by_way import Act, Stage, Way

PASSWORD = "quite-Long-77-words"
TYPED: dict[str, Any] = {"password1": PASSWORD, "password2": PASSWORD}
OTHER = {"new_password1": PASSWORD[::-1], "new_password2": PASSWORD[::-1]}
DELETED = ("model_deleted", "token_deleted", "user_deleted")


# Rows
# ------------------------------------------------------------------------
def group(name: str = "auditors") -> Group:
    """Return a group of one right and one member."""
    made: Group = Group.objects.create(name=name)
    made.permissions.add(accounts.permission_of("llmmodel", "view"))
    make_user().groups.add(made)
    return made


def owner() -> User:
    """Return a user in a group who has a token, and a model with a key of its own."""
    user = make_user(permissions=["llmmodel.view"])
    user.groups.add(group())
    make_token(user)
    make_llm(owner=user)
    return user


def renamed(row: Any) -> Any:
    if isinstance(row, User):
        row.first_name = "Renamed"
    else:
        row.name = "Renamed"
    return row


def rights() -> list[Permission]:
    return [accounts.permission_of("llmmodel", "change")]


# Services
# ------------------------------------------------------------------------
def _first_administrator(_stage: Stage) -> Act:
    accounts.ensure_groups()
    _demote_all()
    return partial(accounts.ensure_first_administrator, "root")


def _demote_all() -> None:
    for user in User.objects.filter(is_superuser=True):
        user.is_superuser = False
        user.save()


def _own_password(_stage: Stage) -> Act:
    form = SetPasswordForm(make_user(), OTHER)
    assert form.is_valid()
    return partial(accounts.change_password, form)


def _given_password(_stage: Stage) -> Act:
    user = make_user()

    def write() -> User:
        user.set_password(PASSWORD)
        user.save()
        return user

    return partial(people.set_password, user, write)


def ways_of_user_services() -> Iterator[Way]:
    user = "service save_user"
    nothing: dict[str, Any] = {"groups": [], "permissions": []}
    yield Way(
        f"{user}: new",
        lambda _: partial(
            people.save_user, User(username="new"), groups=[group()], permissions=rights()
        ),
        ("user_created",),
    )
    yield Way(
        f"{user}: change",
        lambda _: partial(people.save_user, renamed(owner()), **nothing),
        ("user_updated",),
    )
    yield Way(f"{user}: the same", lambda _: partial(people.save_user, owner()))
    yield Way("service delete_user", lambda _: partial(people.delete_user, owner()), DELETED)
    yield Way("service set_password", _given_password, ("password_set",))
    yield Way("service change_password", _own_password, ("password_changed",))
    yield Way("service ensure_first_administrator", _first_administrator, ("user_created",))


def ways_of_group_and_token_services() -> Iterator[Way]:
    team = "service save_group"
    yield Way("service ensure_groups", lambda _: accounts.ensure_groups, ("group_created",) * 4)
    yield Way(
        f"{team}: new",
        lambda _: partial(people.save_group, Group(name="new"), permissions=rights()),
        ("group_created",),
    )
    yield Way(
        f"{team}: change",
        lambda _: partial(people.save_group, renamed(group()), permissions=rights()),
        ("group_updated",),
    )
    yield Way(
        "service delete_group",
        lambda _: partial(people.delete_group, group()),
        ("group_deleted",),
        ("auth.User",),
    )
    yield Way(
        "service create_token",
        lambda _: partial(create_token, make_user(), application="new", scopes=["catalogue:read"]),
        ("token_created",),
    )
    yield Way(
        "service revoke_token",
        lambda _: partial(revoke_token, make_token()[0]),
        ("token_revoked",),
    )


# The admin
# ------------------------------------------------------------------------
def submit(
    page: str, make: Callable[[], Any] | None = None, **typed: Any
) -> Callable[[Stage], Act]:
    def prepare(stage: Stage) -> Act:
        row = [] if make is None else [make().pk]
        return partial(stage.admin.submit, page, *row, **typed)

    return prepare


def ways_of_people_pages() -> Iterator[Way]:
    user, team, token = "auth_user", "auth_group", "registry_apitoken"
    yield Way(
        f"admin {user}_add", submit(f"{user}_add", username="new", **TYPED), ("user_created",)
    )
    yield Way(f"admin {user}_add: wrong", submit(f"{user}_add", username="new"), status=200)
    everything = {"first_name": "New", "groups": [], "user_permissions": []}
    updated = ("user_updated",)
    yield Way(f"admin {user}_change", submit(f"{user}_change", owner, **everything), updated)
    yield Way(f"admin {user}_change: the same", submit(f"{user}_change", owner), status=302)
    page = f"{user}_password_change"
    yield Way(f"admin {page}", submit(page, owner, **TYPED), ("password_set",))
    yield Way(f"admin {user}_delete", submit(f"{user}_delete", owner), DELETED)
    yield Way(f"admin {team}_add", submit(f"{team}_add", name="new"), ("group_created",))
    new = {"name": "new", "permissions": []}
    yield Way(f"admin {team}_change", submit(f"{team}_change", group, **new), ("group_updated",))
    yield Way(f"admin {team}_change: the same", submit(f"{team}_change", group), status=302)
    gone = ("group_deleted",)
    yield Way(f"admin {team}_delete", submit(f"{team}_delete", group), gone, ("auth.User",))
    yield Way(f"admin {token}_add", submit(f"{token}_add", application="new"), ("token_created",))
    yield Way(f"admin {token}_add: wrong", submit(f"{token}_add", application=""), status=200)
    revoked = ("token_revoked",)
    yield Way(f"admin {token}_delete", submit(f"{token}_delete", lambda: make_token()[0]), revoked)


def _login(name: str, password: str) -> Callable[[Stage], Act]:
    def prepare(_stage: Stage) -> Act:
        make_user("anna", staff=True, password=PASSWORD)
        body = {"username": name, "password": password, "next": "/admin/"}
        return partial(Client().post, reverse("admin:login"), body)

    return prepare


def _locked(stage: Stage) -> Act:
    act = _login("anna", "wrong")(stage)
    while act().status_code != 429:
        pass
    return act


def _own_client() -> Client:
    client = Client()
    client.force_login(make_user(superuser=True, password=PASSWORD))
    return client


def ways_of_logins() -> Iterator[Way]:
    own, out = reverse("admin:password_change"), reverse("admin:logout")
    new = {"old_password": PASSWORD, **OTHER}
    failed = ("login_failed",)
    yield Way("admin login", _login("anna", PASSWORD), ("login",))
    yield Way("admin login: wrong password", _login("anna", "wrong"), failed)
    yield Way("admin login: wrong name", _login("nobody", PASSWORD), failed)
    yield Way("admin login: locked", _locked, status=429)
    yield Way("admin logout", lambda _: partial(_own_client().post, out), ("logout",))
    yield Way("admin logout: logged out", lambda _: partial(Client().post, out), status=302)
    yield Way(
        "admin password_change",
        lambda _: partial(_own_client().post, own, new),
        ("password_changed",),
    )
    yield Way(
        "admin password_change: wrong",
        lambda _: partial(_own_client().post, own, OTHER),
        status=200,
    )


def ways_of_closed_pages() -> Iterator[Way]:
    """Yield the pages where not even a superuser writes."""
    rows: dict[str, Callable[[], Any]] = {
        "registry_tag": lambda: Tag.objects.create(name="fast", folded="fast"),
        "registry_capability": lambda: Capability.objects.create(name="vision", label="Vision"),
        "audit_logentry": lambda: LogEntry.objects.latest("id"),
        "registry_connectiontest": make_test,
        "registry_apitoken": lambda: make_token()[0],
    }

    def send(page: str, make: Callable[[], Any] | None) -> Callable[[Stage], Act]:
        def prepare(stage: Stage) -> Act:
            row = [] if make is None else [make().pk]
            return partial(stage.admin.post, page, *row, name="new", post="yes")

        return prepare

    for page, make in rows.items():
        closed = ("change",) if page == "registry_apitoken" else ("add", "change", "delete")
        for verb in closed:
            row = None if verb == "add" else make
            yield Way(f"admin {page}_{verb}", send(f"{page}_{verb}", row), status=403)


# Commands
# ------------------------------------------------------------------------
def command(*arguments: str) -> Act:
    return partial(call_command, *arguments, "--as", "boss", stdout=StringIO())


def ways_of_commands() -> Iterator[Way]:
    def bare(_stage: Stage) -> Act:
        _demote_all()
        return command("bootstrap")

    def again(_stage: Stage) -> Act:
        command("bootstrap")()
        return command("bootstrap")

    def statuses(status: str) -> Callable[[Stage], Act]:
        return lambda _: command("set_status", status, make_llm().slug, make_llm().slug)

    yield Way("command bootstrap", bare, None)
    yield Way("command bootstrap: again", again)
    yield Way("command set_status", statuses("beta"), ("model_updated",) * 2)
    yield Way("command set_status: the same", statuses("active"))
    yield Way("command export_catalog", lambda _: command("export_catalog", "--format", "openai"))
    yield Way(
        "command create_token",
        lambda _: command("create_token", make_user().username, "new"),
        ("token_created",),
    )


def ways_of_people() -> Iterator[Way]:
    yield from ways_of_user_services()
    yield from ways_of_group_and_token_services()
    yield from ways_of_people_pages()
    yield from ways_of_logins()
    yield from ways_of_closed_pages()
    yield from ways_of_commands()
