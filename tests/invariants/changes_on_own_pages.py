"""The ways on the pages where people keep what is their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registry.models import LLMModel
from tests.cases import pages
from tests.factories import API_KEY, make_token, make_user
from tests.invariants.changes_by_tests import asks_for
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.invariants.changes_to_own_records import MODEL, SLOT, TAG, host_of, of
from tests.invariants.changes_to_people import OTHER, PASSWORD
from tests.invariants.changes_to_roles import SLOT_EMPTIED, SLOT_SET, makers
from tests.roles.factories import fill, make_account, make_claude, make_host, make_login

Prepare = Callable[[Stage], Act]
Make = Callable[[User], tuple[Any, ...]]


class Person:
    """Somebody who is no staff, with a browser."""

    def __init__(self) -> None:
        makers()
        self.user = make_user(password=PASSWORD)
        self.client = Client()
        self.client.force_login(self.user)

    def post(self, page: str, *args: Any, **sent: Any) -> Any:
        return self.client.post(reverse(f"my:{page}", args=args), sent)

    def submit(self, page: str, *args: Any, **typed: Any) -> Any:
        """Send all of a page's form as a browser would, with some fields changed."""
        answer = self.client.get(reverse(f"my:{page}", args=args))
        assert answer.status_code == 200, answer.status_code
        sent: dict[str, Any] = {}
        for form in pages.forms(pages.parse(answer.content.decode())):
            if form.get("action") == "" and form.get("method").lower() == "post":
                sent |= pages.values(form)
        return self.post(page, *args, **sent | typed)


def _nothing(_user: User) -> tuple[Any, ...]:
    return ()


def _submit(page: str, make: Make = _nothing, **typed: Any) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        person = Person()
        return partial(person.submit, page, *make(person.user), **typed)

    return prepare


def _post(page: str, make: Make = _nothing, **sent: Any) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        person = Person()
        return partial(person.post, page, *make(person.user), **sent)

    return prepare


def _host(user: User) -> tuple[Any, ...]:
    return ("hosts", make_host(user).pk)


def _account(user: User) -> tuple[Any, ...]:
    return ("accounts", make_account(user).pk)


def _login(user: User) -> tuple[Any, ...]:
    return ("accounts", make_login(user).pk)


def _used_host(user: User) -> tuple[Any, ...]:
    return ("hosts", host_of(user).pk)


def _llm(user: User) -> tuple[Any, ...]:
    return (of(user).pk,)


def _cloud(user: User) -> tuple[Any, ...]:
    return (make_claude(user).pk,)


def _token(user: User) -> tuple[Any, ...]:
    return (make_token(user)[0].pk,)


def _role(user: User) -> tuple[Any, ...]:
    fill(user, of(user))
    return ("chat",)


# Connections
# ------------------------------------------------------------------------
def ways_of_own_connections() -> Iterator[Way]:
    created, updated, deleted = (
        (f"connection_{verb}",) for verb in ("created", "updated", "deleted")
    )
    host: dict[str, Any] = {"label": "New", "api_url": "http://new.example", "api_key": API_KEY}
    account: dict[str, Any] = {"label": "New", "provider": "gemini", "api_key": API_KEY}
    yield Way("my add-host", _submit("add-host", **host), created, status=302)
    yield Way("my add-host: wrong", _submit("add-host", **host | {"api_url": "?"}), status=200)
    yield Way("my add-account", _submit("add-account", **account), created, status=302)
    yield Way("my add-account: wrong", _submit("add-account"), status=200)
    yield Way("my add-login", _submit("add-login", label="New"), created, status=302)
    for make, noun in ((_host, "host"), (_account, "account"), (_login, "login")):
        way = f"my connection: {noun}"
        yield Way(way, _submit("connection", make, label="Renamed"), updated, status=302)
        yield Way(f"{way}, the same", _submit("connection", make), status=302)
    yield Way("my connection: wrong", _submit("connection", _host, label=""), status=200)
    stale = _submit("connection", _host, label="Renamed", revision="7")
    yield Way("my connection: outdated", stale, status=200)
    gone = "my remove-connection"
    yield Way(gone, _post("remove-connection", _host), deleted, status=302)
    with_model = _post("remove-connection", _used_host)
    yield Way(f"{gone}: with its model", with_model, deleted, MODEL, status=302)
    tested = _post("test-connection", _host)
    yield Way("my test-connection", asks_for(1, tested), status=302)


# Models
# ------------------------------------------------------------------------
def ways_of_own_llms() -> Iterator[Way]:
    created, updated, deleted = (f"model_{verb}" for verb in ("created", "updated", "deleted"))
    yield Way("my add-local", _local, (created,), TAG * 2, status=302)
    yield Way("my add-local: wrong", _submit("add-local"), status=200)
    cloud: dict[str, Any] = {"provider": "anthropic", "model_name": "new"}
    yield Way("my add-cloud", _submit("add-cloud", **cloud), (created,), status=302)
    yield Way("my add-cloud: wrong", _submit("add-cloud"), status=200)
    for make, noun in ((_llm, "local"), (_cloud, "cloud")):
        way = f"my model: {noun}"
        yield Way(way, _submit("model", make, label="Renamed"), (updated,), status=302)
        yield Way(f"{way}, the same", _submit("model", make), status=302)
        wrong = _submit("model", make, model_name="")
        yield Way(f"{way}, wrong", wrong, status=200)
    status = "my model-status"
    yield Way(status, _post("model-status", _llm, to="inactive"), (updated,), status=302)
    yield Way(f"{status}: the same", _post("model-status", _llm, to="active"), status=302)
    yield Way("my remove-model", _post("remove-model", _llm), (deleted,), SLOT, status=302)
    yield Way("my test-model", asks_for(1, _post("test-model", _llm)), status=302)
    pick = "my host-models"
    two: dict[str, Any] = {"add": "yes", "model": ["one", "two"]}
    yield Way(pick, _post("host-models", _host, **two), (created,) * 2, status=302)
    yield Way(f"{pick}: of an account", _post("host-models", _account, **two), (created,) * 2)
    yield Way(f"{pick}: only asked", _post("host-models", _host), status=200)


def _local(_stage: Stage) -> Act:
    person = Person()
    host = str(make_host(person.user).pk)
    return partial(person.submit, "add-local", host=host, model_name="new", tags="one, two")


# Roles
# ------------------------------------------------------------------------
def ways_of_own_slots() -> Iterator[Way]:
    page = "my role"
    yield Way(page, _submit("role", _role, backup_1="gemini_cli"), SLOT_SET, status=302)
    two: dict[str, Any] = {"primary": "", "backup_4": "claude_cli"}
    yield Way(f"{page}: two", _submit("role", _role, **two), (*SLOT_EMPTIED, *SLOT_SET), status=302)
    yield Way(f"{page}: the same", _submit("role", _role), status=302)
    yield Way(f"{page}: wrong", _submit("role", _role, primary="no such model"), status=200)
    yield Way(f"{page}: somebody's", _somebodys_model, status=200)


def _somebodys_model(_stage: Stage) -> Act:
    person, other = Person(), make_user()
    llm: LLMModel = of(other)
    return partial(person.submit, "role", "chat", primary=str(llm.pk))


# Coming in, and applications
# ------------------------------------------------------------------------
def ways_of_coming_in() -> Iterator[Way]:
    yield Way("my login", _enter(PASSWORD), ("login",), status=302)
    yield Way("my login: wrong password", _enter("wrong"), ("login_failed",), status=200)
    yield Way("my logout", _post("logout"), ("logout",), status=302)
    yield Way("my logout: logged out", lambda _: partial(Client().post, reverse("my:logout")))
    no_old: dict[str, Any] = dict(OTHER)
    own: dict[str, Any] = {"old_password": PASSWORD, **OTHER}
    yield Way("my password", _post("password", **own), ("password_changed",), status=302)
    yield Way("my password: wrong", _post("password", **no_old), status=200)
    new: dict[str, Any] = {"application": "new", "scopes": ["roles:read"]}
    yield Way("my add-token", _submit("add-token", **new), ("token_created",), status=200)
    yield Way("my add-token: wrong", _submit("add-token", application=""), status=200)
    revoke = _post("revoke-token", _token)
    yield Way("my revoke-token", revoke, ("token_revoked",), status=302)


def _enter(password: str) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        user = make_user(password=PASSWORD)
        sent = {"username": user.username, "password": password}
        return partial(Client().post, reverse("my:login"), sent)

    return prepare


def ways_on_own_pages() -> Iterator[Way]:
    yield from ways_of_own_connections()
    yield from ways_of_own_llms()
    yield from ways_of_own_slots()
    yield from ways_of_coming_in()
