"""`python -m benchmarks.lists`: what a prepared list costs beside a view that only has its bytes.

Two processes serve `/v1/models` and the chooser list over HTTP, with a token and without one.
Each is asked in turns with two views of the same project behind the same middleware and token
check: one returns the same bytes, the other one does after one primary-key query. Then a writer
changes one model a second, and every process is asked right after each commit. Exit 1 when a list
has less than 0.9 of the view with the query, or an answer did not show a write.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import servers
from benchmarks.client import Call, Connection, Slot
from benchmarks.command import carry_out, parser_of
from benchmarks.installation import Installation, installed
from benchmarks.measures import Spread, crowd_of, spread
from benchmarks.pages import BARE, BARE_MODELS, BYTES, BYTES_MODELS, CHOOSER, MODELS
from benchmarks.report import Report, shown
from benchmarks.writing import Writer, writing

# Each list, with the view that makes one query and the one that makes none.
LISTS = {MODELS: (BARE_MODELS, BYTES_MODELS), CHOOSER: (BARE, BYTES)}


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...]
    rounds: int
    slot: float  # seconds
    writing: int  # pairs of slots beside the writer
    writing_slot: float  # seconds
    goal: float  # least ratio to the view with the query; 0 is none


FULL = Plan((10, 500, 2_500, 10_000), rounds=40, slot=0.1, writing=4, writing_slot=2, goal=0.9)
QUICK = Plan((10, 20), rounds=2, slot=0.05, writing=2, writing_slot=1, goal=0)


@dataclass(frozen=True)
class Quiet:
    """One list while nobody writes."""

    by_query: Spread  # requests per second, round by round
    by_bytes: Spread
    cpu_by_query: float  # the view's processor time per answer, by the list's
    rate: float  # requests per second
    p99: float  # milliseconds, eight requests under way
    query_p99: float  # of the view with the query
    body_bytes: int


@dataclass(frozen=True)
class Busy:
    """One list while a writer changes one model a second."""

    by_query: Spread
    rate: float
    p99: float
    writes: int
    checks: int
    violations: int
    first_ms: float  # median of the first answer after a write


def quiet(server: servers.Server, path: str, headers: Mapping[str, str], plan: Plan) -> Quiet:
    """Ask for a list and its two views in turns (A B C, C B A, ...)."""
    calls = [Call(one, dict(headers)) for one in (path, *LISTS[path])]
    size = _same_bodies(server, calls)
    slots: dict[str, list[Slot]] = {call.path: [] for call in calls}
    cpu = dict.fromkeys(slots, 0.0)
    with crowd_of(server) as crowd:
        for call in calls:
            crowd.ask(call, plan.slot)
        for number in range(plan.rounds):
            for call in calls if number % 2 == 0 else calls[::-1]:
                before = server.cpu()
                slots[call.path].append(crowd.ask(call, plan.slot))
                cpu[call.path] += server.cpu() - before
    query, plain = (slots[view] for view in LISTS[path])
    each = {one: cpu[one] / sum(slot.answers for slot in slots[one]) for one in slots}
    return Quiet(
        by_query=_ratios(slots[path], query),
        by_bytes=_ratios(slots[path], plain),
        cpu_by_query=each[LISTS[path][0]] / each[path] if each[path] else 0.0,
        rate=statistics.median(slot.rate for slot in slots[path]),
        p99=_p99(slots[path]),
        query_p99=_p99(query),
        body_bytes=size,
    )


def _same_bodies(server: servers.Server, calls: Sequence[Call]) -> int:
    """Return the length of what all calls answer. Raises ValueError if they differ."""
    connection = Connection(server.port)
    bodies = {connection.fetch(call) for call in calls}
    connection.close()
    if len(bodies) != 1:
        raise ValueError(f"{calls[0].path} and its bare views return different bytes")
    return len(bodies.pop())


def _ratios(slots: Sequence[Slot], others: Sequence[Slot]) -> Spread:
    return spread([one.rate / other.rate for one, other in zip(slots, others, strict=True)])


def _p99(slots: Sequence[Slot]) -> float:
    return statistics.quantiles([wait for slot in slots for wait in slot.waits], n=100)[-1]


def busy(
    server: servers.Server, path: str, headers: Mapping[str, str], writer: Writer, plan: Plan
) -> Busy:
    """Ask for a list and the view with the query in turns, while the writer changes a model.

    Beside the view the writer only writes: nothing asks for the list, so nothing prepares it.
    """
    calls = [Call(path, dict(headers)), Call(LISTS[path][0], dict(headers))]
    slots: dict[str, list[Slot]] = {call.path: [] for call in calls}
    told: list[dict[str, Any]] = []
    for number in range(plan.writing):
        for call in calls if number % 2 == 0 else calls[::-1]:
            with crowd_of(server) as crowd:
                writer.begin(plan.writing_slot, path if call.path == path else "")
                slot = crowd.ask(call, plan.writing_slot)
                seen = writer.end()
            slots[call.path].append(slot)
            told += [seen] if call.path == path else []
    return Busy(
        by_query=_ratios(slots[path], slots[calls[1].path]),
        rate=statistics.median(slot.rate for slot in slots[path]),
        p99=_p99(slots[path]),
        writes=sum(seen["writes"] for seen in told),
        checks=sum(seen["checks"] for seen in told),
        violations=sum(seen["violations"] for seen in told),
        first_ms=statistics.median(ms for seen in told for ms in seen["ms"]),
    )


class Run:
    """One run on one database; it remembers which goals were missed."""

    def __init__(self, plan: Plan, report: Report) -> None:
        self.plan = plan
        self.report = report
        self.missed: list[str] = []

    def database(self, name: str, url: str | None) -> list[str]:
        """Measure every size; return what was missed."""
        with installed(name, url) as installation:
            # Anyone may read, so that both are measured: who shows a token has it checked.
            installation.environment["REGISTRY_PUBLIC_LISTS"] = "1"
            for size in self.plan.sizes:
                token = installation.inside("fill", str(size), module="benchmarks.lists_inside")
                with servers.serving(installation, servers.THREADS) as server:
                    self._quiet(f"{name}, {size:,} models", server, token["token"])
                    before = server.memory()
                    with writing(installation, server.port, token["token"]) as writer:
                        self._busy(f"{name}, {size:,} models", server, token["token"], writer)
                    self._memory(before, server.memory())
                self._prepare(f"{name}, {size:,} models", installation)
        return self.missed

    def _prepare(self, title: str, installation: Installation) -> None:
        found = installation.inside("prepare", module="benchmarks.lists_inside")
        rows = [(path, *(f"{cpu:.1f}" for cpu in found[path])) for path in LISTS]
        heads = ("list", "whole", "after one model changed")
        self.report.table(f"{title}: CPU of preparing, ms", heads, rows)

    def _quiet(self, title: str, server: servers.Server, token: dict[str, str]) -> None:
        rows = []
        for path in LISTS:
            for caller, headers in (("token", token), ("anyone", {})):
                found = quiet(server, path, headers, self.plan)
                rows.append(_quiet_row(path, caller, found))
                if found.by_query.median < self.plan.goal:
                    text = f"{title}, {path}, {caller}: {found.by_query.median:.3f}"
                    self.missed.append(f"{text} < {self.plan.goal} of the view with the query")
        heads = (
            "list",
            "caller",
            "by the view with the query",
            "by the bytes alone",
            "CPU, by the query's",
            "requests/s",
            "p99, ms",
            "p99 of the view, ms",
            "body, bytes",
        )
        self.report.table(f"{title}: nobody writes", heads, rows)

    def _busy(
        self, title: str, server: servers.Server, token: dict[str, str], writer: Writer
    ) -> None:
        rows = []
        for path in LISTS:
            found = busy(server, path, token, writer, self.plan)
            rows.append(_busy_row(path, found))
            if found.violations or not found.checks:
                text = f"{found.violations} of {found.checks} answers after a write did not show it"
                self.missed.append(f"{title}, {path}: {text}")
        heads = (
            "list",
            "by the view with the query",
            "requests/s",
            "p99, ms",
            "writes",
            "first answers checked",
            "violations",
            "first answer, ms",
        )
        self.report.table(f"{title}: one model changes every second", heads, rows)

    def _memory(self, before: tuple[float, float], after: tuple[float, float]) -> None:
        texts = [f"RSS {rss:.0f} MiB, PSS {pss:.0f} MiB" for rss, pss in (before, after)]
        self.report.say(f"\nThe larger web process: {texts[0]}; after the writer {texts[1]}.")


def _quiet_row(path: str, caller: str, found: Quiet) -> tuple[str, ...]:
    return (
        path,
        caller,
        shown(found.by_query, 3),
        shown(found.by_bytes, 3),
        f"{found.cpu_by_query:.3f}",
        f"{found.rate:,.0f}",
        f"{found.p99:.1f}",
        f"{found.query_p99:.1f}",
        f"{found.body_bytes:,}",
    )


def _busy_row(path: str, found: Busy) -> tuple[str, ...]:
    return (
        path,
        shown(found.by_query, 3),
        f"{found.rate:,.0f}",
        f"{found.p99:.1f}",
        str(found.writes),
        str(found.checks),
        str(found.violations),
        f"{found.first_ms:.1f}",
    )


def main(arguments: list[str]) -> int:
    parser = parser_of("benchmarks.lists", __doc__, quick="few models, no goal for the ratio")
    parser.add_argument("--models", type=int, action="append", help="default: every size")
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else FULL
    plan = replace(plan, sizes=tuple(sorted(options.models or plan.sizes)))
    return carry_out(options, lambda name, url, report: Run(plan, report).database(name, url))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
