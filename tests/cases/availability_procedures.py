"""The procedures of availability.json: what needs threads, a second process, or two hands."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import cycle, islice, repeat
from pathlib import Path
from typing import Any

from registry.models import Client, ClientModel
from registry.services import clients
from tests.architecture.source import ROOT
from tests.cases.availability_steps import listed
from tests.clock import Clock
from tests.config.processes import PATIENCE_SECONDS
from tests.stopwatch import stopwatch
from tests.threads import errors, together
from tests.trail import changes, payload, written
from tests.workers import service_environment

Procedure = dict[str, Any]
TOLD = "all finish within 20 seconds"
READERS = WRITERS = 8
ASKED = 300
SECONDS = 20

ASKING = """
import json, sys
import django
django.setup()
from registry.services import clients

model, handler = sys.argv[1:]
print(json.dumps({
    "count": {model: clients.count(model)},
    "listed": [entry["id"] for entry in clients.available(handler)],
}))
"""


def register(client_id: str, provider: str, *models: Any) -> None:
    infos = [{"id": model} if isinstance(model, str) else model for model in models]
    clients.register(client_id, provider, infos)


def handed_out(procedure: Procedure, folder: Path) -> None:
    register(*procedure["given"]["register"])
    model = procedure["given"]["register"][2]["id"]

    def answers() -> list[Any]:
        return [clients.info(model), clients.client_models("c1"), clients.available("openai")]

    before = deepcopy(answers())
    info, (own,), (entry,) = answers()
    for found in (info, own, entry):
        found["display_name"] = found["supported_parameters"][0] = "changed"
    for found in (info, own):
        found["thinking"]["levels"][0] = "changed"

    assert answers() == before
    info, (own,), (entry,) = answers()
    for found in (info, own, entry):
        assert found["display_name"] == "One"
        assert found["supported_parameters"][0] == "temperature"
    for found in (info, own):
        assert found["thinking"]["levels"][0] == "low"


def handed_in(procedure: Procedure, folder: Path) -> None:
    info = deepcopy(procedure["given"]["info"])
    register("c1", "openai", info)

    info["display_name"] = info["thinking"]["levels"][0] = "changed"

    kept = clients.info(info["id"])
    assert kept is not None
    assert kept["display_name"] == "One"
    assert kept["thinking"]["levels"][0] == "low"


def readers_and_writers(procedure: Procedure, folder: Path) -> None:
    assert procedure["expect"] == TOLD
    models = [f"m{number}" for number in range(procedure["given"]["models"])]
    holders = [f"c{number}" for number in range(procedure["given"]["clients"])]
    for client in holders:
        register(client, "openai", *models)

    def read() -> None:
        for _turn in range(ASKED):
            clients.first_available()

    def write(start: int) -> None:
        # The last model is left alone, so that there always is a first one.
        for model in islice(cycle([*models[start:-1], *models[:start]]), ASKED):
            assert clients.mark_quota(holders[0], model)

    writers: list[Callable[[], None]] = [partial(write, number) for number in range(WRITERS)]
    works = [*repeat(read, READERS), *writers]
    with stopwatch() as watch:
        assert errors(together(works)) == []
    assert watch.seconds < SECONDS


def parallel_registrations(procedure: Procedure, folder: Path) -> None:
    names = [f"c{number}" for number in range(procedure["given"]["threads"])]

    found = together([partial(register, name, "openai", "m") for name in names])
    assert errors(found) == []
    gone = together([partial(clients.unregister, name) for name in names[::2]])

    assert errors(gone) == []
    for model, count in procedure["expect"]["count"].items():
        assert clients.count(model) == count


def without_collections(procedure: Procedure, folder: Path) -> None:
    record = procedure["given"]["stored_record"]
    pair = (record["client"], record["model"])
    moment = Clock().now
    client = Client.objects.create(
        client_id=record["client"], registered_at=moment, last_seen=moment
    )
    ClientModel.objects.create(
        client=client,
        model_id=record["model"],
        position=0,
        quota_until=record["quota"],
        suspended_at=record["suspended"],
        changed_at=moment,
    )

    counts = []
    for deed in (clients.mark_quota, clients.clear_quota, clients.suspend, clients.resume):
        assert deed(*pair)
        counts.append(clients.count(record["model"]))

    assert procedure["expect"] == "no error; count 0, 1, 0, 1"
    assert counts == [0, 1, 0, 1]


def second_process(procedure: Procedure, folder: Path) -> None:
    register(*procedure["given"]["register"])
    verb, client, model, reason = procedure["given"]["then"].split()
    assert {"suspend": clients.suspend}[verb](client, model, reason)

    asked = subprocess.run(
        [sys.executable, "-c", ASKING, model, "openai"],
        cwd=ROOT,
        env=service_environment(folder),
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert asked.returncode == 0, asked.stderr.decode()
    assert json.loads(asked.stdout) == procedure["expect"]


def last_updated(procedure: Procedure, folder: Path) -> None:
    client, provider, model = procedure["given"]["register"]
    clock = Clock()
    infos = [{"id": model}]
    clients.register("c2", provider, [*infos, {"id": "other"}], now=clock.now)
    clients.register(client, provider, infos, now=clock.now)
    deeds: list[Callable[[], object]] = [
        lambda: clients.register(client, provider, infos, now=clock.now),
        lambda: clients.suspend(client, model, "manual", now=clock.now),
        lambda: clients.resume(client, model, now=clock.now),
        lambda: clients.register("c2", provider, [{"id": "other"}], now=clock.now),
    ]
    for deed in deeds:
        before = clients.last_updated(model)
        clock.advance(1)
        deed()
        after = clients.last_updated(model)
        assert before is not None
        assert after is not None
        assert after > before

    clock.advance(1)
    assert clients.mark_quota(client, model, now=clock.now)
    assert clients.last_updated(model) == after


def told(entry: Any) -> dict[str, Any]:
    """Return an event of a client in the words of the case."""
    verb = entry.event.removeprefix("client_")
    before, after = changes(entry)["provider"]
    about = {
        "registered": {"provider": after, "models": payload(entry).get("models")},
        "unregistered": {"provider": before},
    }
    return {verb: {"client": entry.object_repr, **about[verb]}}


def registration_events(procedure: Procedure, folder: Path) -> None:
    with written() as entries:
        register("c1", "OpenAI", "m1", "m1", "m2")
        clients.unregister("c1")

    assert [told(entry) for entry in entries] == procedure["expect"]


def published_limits(procedure: Procedure, folder: Path) -> None:
    for client, provider, info in procedure["given"]["register"]:
        register(client, provider, info)

    seen = []
    for suspended in (None, "c1"):
        if suspended is not None:
            assert clients.suspend(suspended, "m", "manual")
        (entry,) = clients.available("openai")
        seen.append(f"context_length {entry['context_length']}")

    assert seen == procedure["expect"]


def real_claude_shape(procedure: Procedure, folder: Path) -> None:
    for client, provider, info in procedure["given"]["register"]:
        register(client, provider, info)

    assert clients.available("anthropic") == procedure["expect"]
    assert listed(Clock(), "anthropic") == [entry["id"] for entry in procedure["expect"]]


PROCEDURES: dict[str, Callable[[Procedure, Path], None]] = {
    "AV-P01": handed_out,
    "AV-P02": handed_in,
    "AV-P03": readers_and_writers,
    "AV-P04": parallel_registrations,
    "AV-P05": without_collections,
    "AV-P06": second_process,
    "AV-P07": last_updated,
    "AV-P08": registration_events,
    "AV-P09": published_limits,
    "AV-P10": real_claude_shape,
}
