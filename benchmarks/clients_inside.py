"""`python -m benchmarks.clients_inside grow|count|write|read N`: the parts that need Django.

All are asked in one process, without HTTP, and print JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import django

from audit import context

HELD = 50  # models of each client
POOL = 500  # different models that the clients hold, a tenth of them each
AT_ONCE = 8  # clients of one turn
_BULK = 500  # rows of one INSERT
_FIRST, _AGAIN, _OTHER = "register", "register again, the same", "register again, 5 others"
_QUOTA = "quota mark"
_BARE = "bare bulk_create"


@dataclass(frozen=True)
class Taken:
    """Milliseconds, on the clock and of this process's processor time."""

    ms: float
    cpu: float


def described(number: int) -> dict[str, Any]:
    """Return what a client says of the model with this number."""
    return {
        "id": f"vendor/model-{number:05}-instruct",
        "object": "model",
        "created": 1_700_000_000 + number,
        "owned_by": f"maker{number % 20}",
        "type": "openai",
        "display_name": f"Model {number:05}",
        "description": "A general model for chat, summaries and structured answers.",
        "context_length": 128_000,
        "max_completion_tokens": 8_192,
        "supported_parameters": ["temperature", "top_p", "tools"],
        "thinking": {"min": 128, "max": 32_768, "zero_allowed": True, "levels": ["low", "high"]},
    }


def held_by(client: int, count: int = HELD) -> list[dict[str, Any]]:
    """Return what the client with this number holds: always the same models of the pool."""
    return [described((client * 7 + step * 10) % POOL) for step in range(count)]


def grow(total: int) -> dict[str, Any]:
    """Add clients up to `total`, in bulk."""
    models = import_module("registry.models")
    revision = import_module("registry.services.revision")
    plain = import_module("audit.tracking").unaudited
    now = import_module("django.utils.timezone").now()
    with revision.availability_write() as turn:
        clients = [
            models.Client(
                client_id=f"client-{number:04}",
                provider=f"provider{number % 10}",
                registered_at=now,
                last_seen=now,
                registered_turn=turn,
            )
            for number in range(models.Client.objects.count(), total)
        ]
        plain(models.Client.objects.all()).bulk_create(clients, _BULK)
        rows = [row for client in clients for row in _rows(models, client, now)]
        models.ClientModel.objects.bulk_create(rows, _BULK)
    with import_module("django.db").connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"clients": models.Client.objects.count(), "rows": models.ClientModel.objects.count()}


def _rows(models: Any, client: Any, now: Any) -> list[Any]:
    number = int(client.client_id.rpartition("-")[2])
    return [
        models.ClientModel(
            client=client, model_id=info["id"], position=position, info=info, changed_at=now
        )
        for position, info in enumerate(held_by(number))
    ]


def count(_ignored: int) -> dict[str, int]:
    """Return the queries of each write, with those that begin and end its transaction."""
    captured = import_module("django.test.utils").CaptureQueriesContext
    connection = import_module("django.db").connection
    pair = _Pair(0)
    found = {}
    for deed, do in pair.deeds.items():
        with captured(connection) as queries:
            do()
        found[deed] = len(queries)
    pair.clean()
    return found


def write(turns: int) -> dict[str, dict[str, float]]:
    """Return of each write the median milliseconds, and its ratio to the bare one, also by CPU.

    The bare one is a `bulk_create` of 50 rows of the same table for a client that is there, made
    into instances before the clock starts. A turn is of some clients, one after the other, since
    a busy machine interrupts what takes long and not what is over at once. Each write has the
    bare one beside it, before or after it by turns, and a ratio is of such a pair.
    """
    found: dict[str, list[tuple[Taken, Taken]]] = {}
    for turn in range(turns + 1):
        pairs = [_Pair(turn * AT_ONCE + number) for number in range(AT_ONCE)]
        for deed in pairs[0].reports:
            mine = [pair.deeds[deed] for pair in pairs]
            bare = [pair.deeds[_BARE] for pair in pairs]
            first, second = (mine, bare) if turn % 2 else (bare, mine)
            one, two = _taken(first), _taken(second)
            if turn:  # the first one does what a process does once
                found.setdefault(deed, []).append((one, two) if turn % 2 else (two, one))
            for pair in pairs:
                pair.clear()
        for pair in pairs:
            pair.clean()
    return _paired(found)


def _paired(pairs: dict[str, list[tuple[Taken, Taken]]]) -> dict[str, dict[str, float]]:
    found = {
        "ms": {_BARE: statistics.median(other.ms for each in pairs.values() for _, other in each)},
        "ratio": {_BARE: 1.0},
        "cpu": {_BARE: 1.0},
    }
    for deed, each in pairs.items():
        found["ms"][deed] = statistics.median(mine.ms for mine, _ in each)
        found["ratio"][deed] = statistics.median(mine.ms / other.ms for mine, other in each)
        cpu = [sum(taken) for taken in zip(*((a.cpu, b.cpu) for a, b in each), strict=True)]
        found["cpu"][deed] = cpu[0] / cpu[1]
    return found


class _Pair:
    """A client that reports, and one beside it whose rows are written without a service."""

    def __init__(self, number: int) -> None:
        self._models = import_module("registry.models")
        self._clients = import_module("registry.services.clients")
        self._name, self._other = f"timed-{number:04}", f"bare-{number:04}"
        self._clients.register(self._other, "maker", [described(POOL + number)])
        client = self._models.Client.objects.get(client_id=self._other)
        self._rows = _rows(self._models, client, import_module("django.utils.timezone").now())
        infos = held_by(number)
        others = [*infos[5:], *(described(POOL + step) for step in range(5))]
        self.reports: dict[str, Callable[[], Any]] = {
            _FIRST: lambda: self._register(infos),
            _AGAIN: lambda: self._register(infos),
            _OTHER: lambda: self._register(others),
            _QUOTA: lambda: self._clients.mark_quota(self._name, others[0]["id"]),
        }
        self.deeds = {_BARE: self._create, **self.reports}

    def _register(self, infos: list[dict[str, Any]]) -> None:
        self._clients.register(self._name, "maker", infos)

    def _create(self) -> None:
        self._models.ClientModel.objects.bulk_create(self._rows)

    def clear(self) -> None:
        """Take the bare rows away, so that the next ones are as new."""
        self._models.ClientModel.objects.filter(client__client_id=self._other).delete()
        for row in self._rows:
            row.pk = None

    def clean(self) -> None:
        self._clients.unregister(self._name)
        self._clients.unregister(self._other)


def read(turns: int) -> dict[str, dict[str, float]]:
    """Return the medians of the lists: milliseconds, and ratios to reading the rows they need.

    `values` are those rows as Django's ORM reads them without instances.
    """
    clients = import_module("registry.services.clients")
    lists = import_module("registry.services.model_lists")
    name, model_id = "client-0000", described(0)["id"]
    marks = [clients.mark_quota, clients.clear_quota]

    def after_a_mark() -> float:
        marks[0](name, model_id)
        marks.reverse()
        return _ms(lambda: lists.prepared("openai"))

    asked: dict[str, Callable[[], float]] = {
        "values": lambda: _ms(_values),
        "available": lambda: _ms(lambda: clients.available("openai")),
        "prepared after a mark": after_a_mark,
        "prepared": lambda: _ms(lambda: lists.prepared("openai")),
    }
    taken = [{name: ask() for name, ask in asked.items()} for _ in range(turns + 1)]
    return _medians(taken[1:], "values")


def _values() -> list[Any]:
    rows = import_module("registry.models").ClientModel.objects.order_by()
    own = ("model_id", "seats", "position", "info", "quota_until", "suspended_at")
    of_client = ("client__client_id", "client__provider", "client__registered_turn")
    return list(rows.values_list(*own, "suspended_reason", "changed_at", *of_client))


def _medians(taken: list[dict[str, float]], base: str) -> dict[str, dict[str, float]]:
    names = list(taken[0])
    return {
        "ms": {name: statistics.median(turn[name] for turn in taken) for name in names},
        "ratio": {
            name: statistics.median(turn[name] / turn[base] for turn in taken) for name in names
        },
    }


def _ms(ask: Callable[[], Any]) -> float:
    return _taken([ask]).ms


def _taken(deeds: list[Callable[[], Any]]) -> Taken:
    """Do these one after the other; return what each took on average."""
    began, cpu = time.perf_counter(), time.process_time()
    for do in deeds:
        do()
    taken, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Taken(taken * 1000 / len(deeds), cpu * 1000 / len(deeds))


if __name__ == "__main__":
    django.setup()
    with context.use(source="system"):
        parts: dict[str, Callable[[int], dict[str, Any]]] = {
            "grow": grow,
            "count": count,
            "write": write,
            "read": read,
        }
        answer = parts[sys.argv[1]](int(sys.argv[2]))
    sys.stdout.write(json.dumps(answer))
