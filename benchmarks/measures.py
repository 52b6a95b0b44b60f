"""What is measured, each as numbers that `report` prints."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.client import Call, Connection, Crowd, Slot, latencies
from benchmarks.installation import Installation
from benchmarks.pages import BARE, CHOOSER, CHOOSER_PAGE, COLD, OTHER_CHOOSER, PROCESS
from benchmarks.servers import PROCESSES, Kind, Server, serving

CONNECTIONS = 8  # as many as the product's server has threads
PATIENCE = 60  # seconds until every process has its part of them
PAUSE = 0.02  # seconds between tries: a process may still be starting


@dataclass(frozen=True)
class Spread:
    """A median and the middle half around it."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    low, middle, high = statistics.quantiles(values, n=4)
    return Spread(middle, low, high)


def crowd_of(server: Server) -> Crowd:
    """Return the same number of connections to each process of the server."""
    return Crowd(connections_to(server.port, CONNECTIONS // PROCESSES))


def connections_to(port: int, part: int) -> list[Connection]:
    """Open connections until each process of the server has `part` of them.

    They are kept open, and a server may well give all of them to one process. Many are opened
    at once: one after the other they would all go to the process that is awake.
    """
    kept: dict[bytes, list[Connection]] = {}
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        opened = [Connection(port) for _ in range(CONNECTIONS)]
        for connection in opened:
            connection.send(Call(PROCESS).bytes)
        for connection in opened:
            mine = kept.setdefault(connection.body(), [])
            if len(mine) == part:
                connection.close()
            else:
                mine.append(connection)
        if sum(map(len, kept.values())) == part * PROCESSES:
            return [connection for group in kept.values() for connection in group]
        time.sleep(PAUSE)
    raise RuntimeError(f"{len(kept)} process(es) answer on port {port}, not {PROCESSES}")


@dataclass(frozen=True)
class Comparison:
    """The chooser list against the bare view on one server."""

    ratio: Spread  # requests per second, pair by pair
    cpu_ratio: float  # the bare view's processor time per answer, by the chooser list's
    chooser: float  # requests per second
    bare: float
    body_bytes: int
    client_share: float  # of one core


def against_bare(
    server: Server, headers: Mapping[str, str], *, pairs: int, seconds: float
) -> Comparison:
    """Ask for the two in turns (A B, B A, A B, ...), so that drift falls on both alike.

    Raises ValueError if the two do not return the same bytes.
    """
    calls = (Call(CHOOSER, dict(headers)), Call(BARE, dict(headers)))
    size = _same_body(server, calls)
    slots: dict[str, list[Slot]] = {CHOOSER: [], BARE: []}
    cpu = {CHOOSER: 0.0, BARE: 0.0}
    with crowd_of(server) as crowd:
        for call in calls:
            crowd.ask(call, seconds)
        for number in range(pairs):
            for call in calls if number % 2 == 0 else calls[::-1]:
                before = server.cpu()
                slots[call.path].append(crowd.ask(call, seconds))
                cpu[call.path] += server.cpu() - before
    each = {path: cpu[path] / sum(slot.answers for slot in slots[path]) for path in slots}
    pairs_of_slots = zip(slots[CHOOSER], slots[BARE], strict=True)
    ratios = [chooser.rate / bare.rate for chooser, bare in pairs_of_slots]
    return Comparison(
        ratio=spread(ratios),
        cpu_ratio=each[BARE] / each[CHOOSER] if each[CHOOSER] else 0.0,
        chooser=_median_rate(slots[CHOOSER]),
        bare=_median_rate(slots[BARE]),
        body_bytes=size,
        client_share=_client_share(slots.values()),
    )


def _same_body(server: Server, calls: Iterable[Call]) -> int:
    connection = Connection(server.port)
    first, second = (connection.fetch(call) for call in calls)
    connection.close()
    if first != second:
        raise ValueError("the chooser list and the bare view return different bytes")
    return len(first)


def _median_rate(slots: Sequence[Slot]) -> float:
    return statistics.median(slot.rate for slot in slots)


def _client_share(groups: Iterable[Sequence[Slot]]) -> float:
    slots = [slot for group in groups for slot in group]
    return sum(slot.client_cpu for slot in slots) / sum(slot.seconds for slot in slots)


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one caller who asks once after the other."""

    p50: float
    p95: float


def latency(server: Server, call: Call, *, times: int) -> Latency:
    latencies(server.port, [call] * max(2, times // 10))
    taken = latencies(server.port, [call] * times)
    return Latency(statistics.median(taken), statistics.quantiles(taken, n=20)[-1])


def first_calls(server: Server, headers: Mapping[str, str]) -> dict[str, float]:
    """Return milliseconds of what nobody has asked of this process, on a server just started.

    Another list is asked first, so that what each process does once is not counted here. Both
    calls use one connection, so one process: what the first prepares helps the second.
    """
    with crowd_of(server) as crowd:
        crowd.ask(Call(OTHER_CHOOSER, dict(headers)), 0)
    calls = {COLD: CHOOSER, "a page of it, then": CHOOSER_PAGE}
    taken = latencies(server.port, [Call(path, dict(headers)) for path in calls.values()])
    return dict(zip(calls, taken, strict=True))


@dataclass(frozen=True)
class Standing:
    """A server on one page, against the first server."""

    page: str
    server: str
    rate: Spread  # round by round
    cpu: float  # processor time per answer
    requests: float  # per second


def compare_servers(
    installation: Installation,
    kinds: Sequence[Kind],
    calls: Mapping[str, Call],
    *,
    rounds: int,
    seconds: float,
) -> list[Standing]:
    """Ask the servers in turns; all run at once, and those that are not asked cost nothing."""
    with ExitStack() as stack:
        running = [stack.enter_context(serving(installation, kind)) for kind in kinds]
        crowds = [stack.enter_context(crowd_of(server)) for server in running]
        found = []
        for page, call in calls.items():
            for crowd in crowds:
                crowd.ask(call, seconds)
            before = [server.cpu() for server in running]
            slots = [[crowd.ask(call, seconds) for crowd in crowds] for _ in range(rounds)]
            spent = [server.cpu() - cpu for server, cpu in zip(running, before, strict=True)]
            columns = list(zip(*slots, strict=True))
            found += _standings(page, kinds, columns, spent)
        return found


def _standings(
    page: str, kinds: Sequence[Kind], columns: Sequence[Sequence[Slot]], spent: Sequence[float]
) -> list[Standing]:
    first = columns[0]
    each = [
        cpu / sum(slot.answers for slot in slots) for cpu, slots in zip(spent, columns, strict=True)
    ]
    return [
        Standing(
            page=page,
            server=kind.name,
            rate=spread([a.rate / b.rate for a, b in zip(slots, first, strict=True)]),
            cpu=cpu / each[0] if each[0] else 0.0,
            requests=_median_rate(slots),
        )
        for kind, slots, cpu in zip(kinds, columns, each, strict=True)
    ]


def start_ups(installation: Installation, kind: Kind, *, times: int) -> Spread:
    """Return the seconds from the start of the process to the first 200 of `/livez`."""
    taken = []
    for _ in range(times):
        with serving(installation, kind) as server:
            taken.append(server.started_in)
    return spread(taken)
