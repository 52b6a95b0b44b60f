"""S1: no key, nor a piece of eight characters of one, at rest or in any output."""

from __future__ import annotations

import base64
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve
from pytest_django import Settings

from audit import context
from audit.models import LogEntry
from config.logs import LineFormatter
from registry.models import Connection, ConnectionTest, LLMModel, Provider
from registry.services.connections import delete_connection, remove_key, save_connection
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.types import ConnectionChange, LLMChange, Secret
from tests.cases import pages
from tests.factories import make_connection, make_llm, make_provider, make_user
from tests.invariants.canaries import Search, database_bytes, make_canary
from tests.invariants.planted_own_records import (
    plant_by_import,
    plant_by_own_api,
    plant_on_own_pages,
)
from tests.invariants.planted_tests import FAULTS, FarSides, messages_in, plant_by_tests
from tests.outbound import allowed, private_host, replying
from tests.provider import agreement
from tests.registry.admin.visitor import Visitor
from tests.registry.api.client import Api, with_token
from tests.sandbox import running_sandbox
from tests.workers import bell

NOTHING: frozenset[str] = frozenset()
# Pages that the crawl leaves out: they end the session or leave the admin.
LEFT_OUT = ("/logout", "/password_change", "#", "javascript:", "mailto:")
TWO_OF_A_KIND = 2


class Planter:
    """Plants a new canary at each call and keeps what the service answered."""

    def __init__(self) -> None:
        self.canaries: list[str] = []
        self.answers: list[bytes] = []
        self.boss = make_user("boss", superuser=True)
        self.api = with_token(self.boss)
        self.admin = Visitor(self.boss)
        self.provider = make_provider("maker")

    def canary(self) -> str:
        self.canaries.append(make_canary())
        return self.canaries[-1]

    def keep(self, answer: Any) -> Any:
        body = answer.getvalue() if answer.streaming else answer.content
        heads = "".join(f"{name}: {value}\n" for name, value in answer.items())
        self.answers.append(f"{answer.status_code}\n{heads}\n".encode() + body)
        return answer


def plant_by_service(planter: Planter) -> None:
    for source in ("task", "command", "import"):
        with context.use(source=source):
            connection = make_connection(planter.provider, api_key=planter.canary())
            rekey = ConnectionChange(NOTHING, api_key=Secret(planter.canary()))
            save_connection(connection, rekey)
            said = LLMChange(api_key=Secret(planter.canary()), api_endpoint="https://a.example")
            llm = make_llm(provider=planter.provider, change=said)
            save_llm(llm, LLMChange(NOTHING, api_endpoint="https://b.example"))
            delete_llm(llm)
    remove_key(connection)
    delete_connection(connection)


def plant_by_api(planter: Planter) -> None:
    models, connections = "/api/v1/admin/models", "/api/v1/admin/connections"
    body = {"type": "generation", "provider": "maker", "name": "A", "model_id": "a"}
    once = {"Idempotency-Key": "k1", "X-Request-ID": "r1"}
    api: Api = planter.api
    made = planter.keep(api.post(models, body | {"api_key": planter.canary()}, **once))
    assert made.status_code == 201, made.content
    planter.keep(api.patch(f"{models}/a", {"api_key": planter.canary()}))
    planter.keep(api.put(f"{models}/a", {"api_key": planter.canary(), "name": ""}))
    planter.keep(api.post(models, body | {"api_key": planter.canary()}))
    row = {"provider": "maker", "label": "Team", "api_key": planter.canary()}
    made = planter.keep(api.post(connections, row))
    assert made.status_code == 201, made.content
    address = f"{connections}/{made.json()['id']}"
    planter.keep(api.patch(address, {"api_key": planter.canary()}))
    planter.keep(api.patch(address, {"api_key": f"{planter.canary()}\u2026"}))
    planter.keep(api.patch(address, {"api_key": [planter.canary()], "label": 5}))
    planter.keep(api.patch(address, {"api_url": f"https://{quote(planter.canary(), safe='')}/"}))
    planter.keep(api.post(connections, f'{{"api_key": "{planter.canary()}", '.encode()))
    planter.keep(api.get(f"{connections}?api_key={quote(planter.canary(), safe='')}"))
    planter.keep(api.get(f"/api/v1/models/generation?key={quote(planter.canary(), safe='')}"))
    planter.keep(Api(Authorization=f"Bearer {planter.canary()}").get(models))
    planter.keep(api.delete(f"{address}/key"))
    for path in (models, connections, "/api/v1/admin/audit", "/api/schema", "/api/docs"):
        planter.keep(api.get(path))
    plant_at_the_mounts(planter)


def plant_at_the_mounts(planter: Planter) -> None:
    api, ours, theirs = planter.api, "/api/v1/models", "/api/registry/models"
    body = {"type": "generation", "provider": "maker", "name": "B", "model_id": "b"}
    made = planter.keep(api.post(ours, body | {"api_key": planter.canary()}))
    assert made.status_code == 201, made.content
    body = {"provider_id": "maker", "name": "C", "model_id": "c", "model_string": "c"}
    made = planter.keep(api.post(theirs, body | {"api_key": planter.canary()}))
    assert made.status_code == 201, made.content
    planter.keep(api.patch(f"{ours}/b", {"api_key": planter.canary()}))
    planter.keep(api.patch(f"{theirs}/c", {"api_key": [planter.canary()]}))
    hub = {"slug": "hub", "name": "Hub", "api_key": planter.canary()}
    planter.keep(api.post("/api/v1/platforms", hub))
    planter.keep(api.post("/api/v1/routes", {"model": "b", "api_key": planter.canary()}))
    planter.keep(api.post("/api/v1/recommend", {"api_key": planter.canary()}))
    planter.keep(api.post("/api/registry/cost", {"model_id": "b", "api_key": planter.canary()}))
    for mount in ("/api/v1", "/api/registry"):
        for name in ("models", "providers", "platforms", "routes", "pricing", "search?q=b"):
            planter.keep(api.get(f"{mount}/{name}"))


def plant_by_admin(planter: Planter) -> None:
    admin, provider = planter.admin, str(Provider.objects.get(slug="maker").pk)
    add, change = "registry_connection_add", "registry_connection_change"
    answer = admin.submit(add, provider=provider, label="Form", api_key=planter.canary())
    assert planter.keep(answer).status_code == 302
    connection = Connection.objects.get(label="Form")
    planter.keep(admin.submit(change, connection.pk, api_key=planter.canary()))
    planter.keep(admin.submit(change, connection.pk, api_key=planter.canary(), label=""))
    llm = LLMModel.objects.get(slug="a")
    change = "registry_llmmodel_change"
    planter.keep(admin.submit(change, llm.pk, api_key=planter.canary()))
    planter.keep(admin.submit(change, llm.pk, api_key=planter.canary(), name="x" * 500))
    planter.keep(admin.submit(change, llm.pk, api_key=f"{planter.canary()}***"))


def plant_in_own_records(planter: Planter, folder: Path) -> int:
    """Plant by documents, on people's own pages and by their programs; return pages opened."""
    owner = plant_by_import(folder, planter.keep, planter.canary)
    opened = plant_on_own_pages(owner, planter.keep, planter.canary)
    plant_by_own_api(owner, planter.keep, planter.canary)
    return opened


def links_of(page: bytes) -> Iterator[str]:
    for node in pages.parse(page.decode()).find("a"):
        address = node.get("href").partition("#")[0]
        if address.startswith("?"):
            continue
        if address.startswith("/admin/") and not any(part in address for part in LEFT_OUT):
            yield address


def crawl(planter: Planter) -> int:
    """Open the pages of the admin that are linked from one another, two of a kind."""
    client: Client = planter.admin.client
    waiting, seen, kinds = ["/admin/"], {"/admin/"}, Counter[str]()
    while waiting:
        address = waiting.pop(0)
        kind = resolve(address.partition("?")[0]).view_name
        if kinds[kind] == TWO_OF_A_KIND:
            continue
        kinds[kind] += 1
        answer = planter.keep(client.get(address))
        if answer.status_code == 200 and "text/html" in answer["Content-Type"]:
            new = dict.fromkeys(link for link in links_of(answer.content) if link not in seen)
            waiting += new
            seen |= set(new)
    return kinds.total()


def logged(records: list[logging.LogRecord]) -> str:
    formatter = LineFormatter()
    return "\n".join(formatter.format(record) for record in records)


@pytest.fixture
def far_sides(settings: Settings) -> Iterator[FarSides]:
    with allowed(settings, replying(agreement())) as agreeing, running_sandbox() as sandbox:
        private_host(settings, sandbox.port)
        yield FarSides(agreeing, sandbox)


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the queue in which workers are rung."""
    monkeypatch.setattr("config.celery.app", bell(tmp_path))
    return tmp_path


def _folder(messages: Path) -> Path:
    """Return a new folder beside that of the messages, for documents of older installations."""
    made = messages.with_name(f"{messages.name}-old")
    made.mkdir()
    return made


@pytest.mark.invariant("S1")
@pytest.mark.django_db(transaction=True)
def test_no_piece_of_a_key_is_at_rest_or_in_any_output(
    far_sides: FarSides,
    messages: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    figure: Callable[..., None],
) -> None:
    for logger in (None, "django", "registry", "config"):
        caplog.set_level(logging.DEBUG, logger)
    planter = Planter()

    for plant in (plant_by_service, plant_by_api, plant_by_admin):
        plant(planter)
    own_pages = plant_in_own_records(planter, _folder(messages))
    waiting = plant_by_tests(planter.api, planter.keep, planter.canary, far_sides)
    visited = crawl(planter)

    search = Search(planter.canaries)
    places: dict[str, bytes | str] = {
        "database": database_bytes(),
        "database while tests wait": waiting,
        "messages": messages_in(messages),
        "log": logged(caplog.records),
        "trail": "\n".join(f"{vars(entry)}" for entry in LogEntry.objects.all()),
        "answers": b"\n".join(planter.answers),
        "standard output and error": "".join(capfd.readouterr()),
    }
    assert {name: search.hits(text) for name, text in places.items() if search.hits(text)} == {}
    assert len(planter.canaries) >= 110
    assert (visited > 30, own_pages > 20) == (True, True)
    assert all(len(text) > 500 for name, text in places.items() if not name.startswith("standard"))
    assert len(far_sides.sandbox.requests) > len(FAULTS)
    figure(
        canaries=len(planter.canaries),
        answers=len(planter.answers),
        tests=ConnectionTest.objects.count(),
        pages=visited + own_pages,
        searched_kb=sum(map(len, places.values())) // 1024,
        hits=0,
    )


@pytest.mark.invariant("S1")
def test_the_search_finds_a_piece_in_every_spelling(figure: Callable[..., None]) -> None:
    canary = make_canary()
    search = Search([canary])
    middle = canary[10:30]
    spellings = {
        "plain": canary[7:15],
        "base64": base64.b64encode(f'{{"key": "{canary}"}}'.encode()).decode(),
        "base64 in url": base64.urlsafe_b64encode(f"x{canary}".encode()).decode(),
        "hex": middle.encode().hex(),
        "HEX": middle.encode().hex().upper(),
        "url": quote(middle, safe=""),
    }

    missed = [name for name, text in spellings.items() if not search.hits(f"abc {text} xyz")]

    assert missed == []
    assert search.hits("nothing of the kind " * 100) == []
    figure(spellings=len(spellings), missed=0)


@pytest.mark.invariant("S1")
@pytest.mark.django_db(transaction=True)
def test_the_stored_key_is_there_all_the_same(figure: Callable[..., None]) -> None:
    """The search above would also find nothing in a registry that forgets its keys."""
    canaries = [make_canary() for _ in range(5)]
    with context.use(source="system", actor=User.objects.first()):
        rows = [make_connection(api_key=canary) for canary in canaries]

    opened = [Connection.objects.get(pk=row.pk).open_key().reveal() for row in rows]

    assert opened == canaries
    figure(stored=len(canaries), opened=len(opened))
