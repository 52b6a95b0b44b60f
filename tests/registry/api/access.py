"""Who gets which answer where: observed cell by cell, each undone before the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookies import SimpleCookie

from django.db import transaction
from django.test import Client

from registry.models import Capability, Platform
from registry.services.platforms import save_platform
from tests.factories import make_token, make_user
from tests.registry.api.matrix_file import Matrix
from tests.registry.api.routes import Route, every_route, make_rows

VERBS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
WITH_BODY = {"POST", "PUT", "PATCH"}


def make_actors() -> dict[str, Client]:
    """Return the seven who ask, by what they are."""

    def session(client: Client, **who: object) -> Client:
        client.force_login(make_user(**who))  # type: ignore[arg-type]
        return client

    def caller(**headers: str) -> Client:
        return Client(raise_request_exception=False, headers=headers)

    reader = make_user(staff=True, groups=["readers"])
    _token, text = make_token(reader, scopes=("catalogue:read", "admin:read"))
    return {
        "anonymous": caller(),
        "wrong token": caller(Authorization="Bearer reg_wrong"),
        "user": session(caller()),
        "staff without rights": session(caller(), staff=True),
        "reader's token": caller(Authorization=f"Bearer {text}"),
        "operator": session(caller(), staff=True, groups=["operators"]),
        "administrator": session(caller(), superuser=True, groups=["administrators"]),
    }


def make_world() -> list[Route]:
    """Fill the database and return every route with an address in it."""
    Capability(name="vision", label="Vision").save()
    save_platform(Platform(slug="hub", name="Hub"))
    return every_route(make_rows())


def observe(routes: list[Route], actors: Mapping[str, Client]) -> Matrix:
    """Ask everything as everyone."""
    return {
        route.pattern: {
            verb: " ".join(str(status_of(actor, verb, route.path)) for actor in actors.values())
            for verb in VERBS
        }
        for route in routes
    }


def status_of(client: Client, verb: str, path: str) -> int:
    body = b"{}" if verb in WITH_BODY else b""
    with undone(client):
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
