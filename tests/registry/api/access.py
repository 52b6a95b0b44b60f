"""Who gets which answer where: observed cell by cell, each undone before the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.test import Client

from registry.models import Capability, Platform
from registry.services.platforms import save_platform
from tests.factories import make_token, make_user
from tests.registry.api.matrix_file import Column
from tests.registry.api.routes import Route, every_route, make_rows

ACTORS = (
    *("anonymous", "wrong token", "user", "staff without rights", "reader's token"),
    *("operator", "administrator"),
)
SESSIONS: dict[str, dict[str, Any]] = {
    "user": {},
    "staff without rights": {"staff": True},
    "operator": {"staff": True, "groups": ["operators"]},
    "administrator": {"superuser": True, "groups": ["administrators"]},
}
VERBS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
WITH_BODY = {"POST", "PUT", "PATCH"}


def make_actor(name: str) -> Client:
    """Return one of the seven who ask."""
    client = Client(raise_request_exception=False)
    if name == "wrong token":
        client.defaults["HTTP_AUTHORIZATION"] = "Bearer reg_wrong"
    elif name == "reader's token":
        reader = make_user(staff=True, groups=["readers"])
        _token, text = make_token(reader, scopes=("catalogue:read", "admin:read"))
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    elif name != "anonymous":
        client.force_login(make_user(**SESSIONS[name]))
    return client


def make_world() -> list[Route]:
    """Fill the database and return every route with an address in it."""
    Capability(name="vision", label="Vision").save()
    save_platform(Platform(slug="hub", name="Hub"))
    return every_route(make_rows())


def observe(actor: Client, routes: list[Route]) -> Column:
    """Ask everything as one of them."""
    return {
        (route.pattern, verb): status_of(actor, verb, route.path)
        for route in routes
        for verb in VERBS
    }


def status_of(client: Client, verb: str, path: str) -> int:
    with undone(client):
        return ask(client, verb, path)


def ask(client: Client, verb: str, path: str) -> int:
    """Make a request, which may write; return the status."""
    body = b"{}" if verb in WITH_BODY else b""
    answer = client.generic(verb, path, body, content_type="application/json")
    return int(answer.status_code)


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """Undo what the block wrote, and the cookies that it got."""
    cookies = client.cookies.output()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = SimpleCookie()
    client.cookies.load(cookies.replace("Set-Cookie: ", ""))


def every_row() -> dict[str, list[str]]:
    """Return what the database has, table by table."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            found[model._meta.db_table] = sorted(repr(row) for row in cursor.fetchall())
    return found
