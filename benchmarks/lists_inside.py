"""`python -m benchmarks.lists_inside fill|write|prepare ...`: what needs Django, as JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import django

from audit import context
from benchmarks.client import Call, Connection
from benchmarks.measures import connections_to
from benchmarks.pages import CHOOSER, MODELS

WRITTEN = "model-00001"  # the slug of the model that the writer changes
EVERY = 1.0  # seconds between two writes
TIMES = 9  # that a list is prepared


def fill(total: int) -> dict[str, Any]:
    """Add models up to `total`; return the ways in of somebody who reads the lists."""
    filling = import_module("benchmarks.filling")
    filling.fill(total)
    connection = import_module("django.db").connection
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return dict(filling.ways_in(filling.person()))


def prepare() -> dict[str, list[float]]:
    """Return what preparing costs this process alone: milliseconds of CPU, by the list's address.

    First of a whole list, by a process that has none; then of one of which a model was changed.
    """
    chooser = import_module("registry.services.chooser")
    lists = import_module("registry.services.model_lists")
    return {
        MODELS: _cpu(lambda: lists.prepared("openai").page({}), lists.forget),
        CHOOSER: _cpu(lambda: chooser.chooser_list("generation"), chooser.forget),
    }


def _cpu(read: Callable[[], object], forget: Callable[[], None]) -> list[float]:
    whole, again = [], []
    for number in range(TIMES):
        forget()
        whole.append(_milliseconds(read))
        _change(number)
        again.append(_milliseconds(read))
    return [statistics.median(whole), statistics.median(again)]


def _milliseconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def write(port: int, headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Obey each line of the standard input, `{"seconds": 2, "path": "/v1/models"}`.

    Change one model a second for so long. With a path, ask every process of the server for that
    list after each commit, before anything else: an answer without the change is a violation.
    """
    number = 0
    for line in sys.stdin:
        order = json.loads(line)
        began = time.monotonic()
        found: dict[str, Any] = {"writes": 0, "checks": 0, "violations": 0, "ms": []}
        while time.monotonic() - began < order["seconds"]:
            number += 1
            due = began + found["writes"] * EVERY
            time.sleep(max(0.0, due - time.monotonic()))
            # Opened just before the write: a server closes what is idle, a new one goes anywhere.
            readers = connections_to(port, 1) if order["path"] else []
            model_id = _change(number)
            found["writes"] += 1
            call = Call(order["path"], dict(headers))
            _check(readers, call, f'"{model_id}"'.encode(), found)
            time.sleep(max(0.0, min(due + EVERY, began + order["seconds"]) - time.monotonic()))
        yield found


def _change(number: int) -> str:
    """Give the model another id, as a person in the administration does; return that."""
    llms = import_module("registry.services.llms")
    types = import_module("registry.types")
    row = import_module("registry.models").LLMModel.objects.get(slug=WRITTEN)
    row.model_id = f"vendor/written-{number:06}"
    llms.save_llm(row, types.LLMChange(fields=frozenset({"model_id"})))
    return str(row.model_id)


def _check(readers: Sequence[Connection], call: Call, text: bytes, found: dict[str, Any]) -> None:
    asked = time.perf_counter()
    for reader in readers:
        reader.send(call.bytes)  # all at once: each process hears it right after the commit
    for reader in readers:
        found["violations"] += text not in reader.body()
        found["checks"] += 1
        found["ms"].append((time.perf_counter() - asked) * 1000)
        reader.close()


def main(part: str, *arguments: str) -> None:
    django.setup()
    with context.use(source="system"):
        if part == "fill":
            sys.stdout.write(json.dumps(fill(int(arguments[0]))))
            return
        if part == "prepare":
            sys.stdout.write(json.dumps(prepare()))
            return
        sys.stdout.write("{}\n")
        sys.stdout.flush()
        for found in write(int(arguments[0]), json.loads(arguments[1])):
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
