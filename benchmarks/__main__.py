"""`python -m benchmarks`: measure, print, write results/. Exit 1 when a goal is missed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from benchmarks import measures, servers
from benchmarks.client import Call
from benchmarks.command import DATABASES, carry_out, parser_of
from benchmarks.installation import Installation, installed
from benchmarks.pages import ADMIN_API, ADMIN_PAGE, CHOOSER, NAMES
from benchmarks.report import Report, shown


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, int]
    pairs: int
    slot: float  # seconds
    calls: int
    rounds: int
    starts: int
    goal: float  # least ratio of the chooser list to the bare view; 0 is none


FULL = Plan(sizes=(100, 10_000), pairs=80, slot=0.1, calls=30, rounds=12, starts=5, goal=0.9)
QUICK = Plan(sizes=(30, 60), pairs=2, slot=0.05, calls=5, rounds=2, starts=2, goal=0)


class Run:
    """One run on one database; it remembers which goals were missed."""

    def __init__(self, plan: Plan, report: Report) -> None:
        self.plan = plan
        self.report = report
        self.missed: list[str] = []

    def database(self, name: str, url: str | None, *, servers_too: bool) -> list[str]:
        """Measure both sizes, and the servers as well if wanted; return what was missed."""
        with installed(name, url) as installation:
            counted = {}
            for size in self.plan.sizes:
                inside = installation.inside(str(size))
                counted[size] = inside["queries"]
                if servers_too and size == self.plan.sizes[0]:
                    self._servers(installation, inside)
                self._size(installation, inside, size)
            self._queries(name, counted)
            if servers_too:
                self._starts(installation)
        return self.missed

    def _size(self, installation: Installation, inside: dict[str, Any], size: int) -> None:
        token = inside["token"]
        title = f"{installation.database}, {size:,} models"
        with servers.serving(installation, servers.THREADS) as server:
            rows = [
                (name, f"{taken:.1f}", "")
                for name, taken in measures.first_calls(server, token).items()
            ]
            found = measures.against_bare(
                server, token, pairs=self.plan.pairs, seconds=self.plan.slot
            )
            self._bare(title, found)
            for path, headers in _callers(inside).items():
                taken = measures.latency(server, Call(path, headers), times=self.plan.calls)
                rows.append((NAMES[path], f"{taken.p50:.1f}", f"{taken.p95:.1f}"))
            self.report.table(f"{title}: one caller, ms", ("page", "p50", "p95"), rows)
            rss, pss = server.memory()
            self.report.say(f"\nA web process afterwards: RSS {rss:.0f} MiB, PSS {pss:.0f} MiB.")

    def _bare(self, title: str, found: measures.Comparison) -> None:
        rows = [
            ("requests/s, by the bare view's", shown(found.ratio, 3)),
            ("bare view's server CPU per answer, by the list's", f"{found.cpu_ratio:.3f}"),
            ("chooser list, requests/s", f"{found.chooser:,.0f}"),
            ("bare view, requests/s", f"{found.bare:,.0f}"),
            ("body, bytes", f"{found.body_bytes:,}"),
            ("the client's part of one core", f"{found.client_share:.2f}"),
        ]
        self.report.table(f"{title}: chooser list against bare view", ("figure", "value"), rows)
        if found.ratio.median < self.plan.goal:
            self.missed.append(f"{title}: ratio {found.ratio.median:.3f} < {self.plan.goal}")

    def _queries(self, name: str, counted: dict[int, dict[str, int]]) -> None:
        small, large = self.plan.sizes
        rows = [
            (page, str(counted[small][page]), str(counted[large][page])) for page in counted[small]
        ]
        heads = ("page", f"{small:,} models", f"{large:,} models")
        self.report.table(f"{name}: queries", heads, rows)
        if counted[small] != counted[large]:
            self.missed.append(f"{name}: the number of queries depends on the number of models")

    def _servers(self, installation: Installation, inside: dict[str, Any]) -> None:
        kinds = servers.compared()
        calls = {NAMES[path]: Call(path, inside["token"]) for path in (CHOOSER, ADMIN_API)}
        found = measures.compare_servers(
            installation, kinds, calls, rounds=self.plan.rounds, seconds=3 * self.plan.slot
        )
        rows = [
            (one.page, one.server, f"{one.requests:.0f}", shown(one.rate), f"{one.cpu:.2f}")
            for one in found
        ]
        heads = ("page", "server", "requests/s", "by the first one's", "CPU per answer, so")
        self.report.table(f"servers, {self.plan.sizes[0]:,} models", heads, rows)

    def _starts(self, installation: Installation) -> None:
        rows = []
        for kind in (servers.THREADS, servers.PRODUCT):
            taken = measures.start_ups(installation, kind, times=self.plan.starts)
            rows.append((kind.name, shown(taken)))
        self.report.table("start to first 200 on /livez, s", ("command", "median"), rows)
        with servers.serving(installation, servers.THREADS) as server:
            rss, pss = server.memory()
        self.report.say(f"\nA web process just started: RSS {rss:.0f} MiB, PSS {pss:.0f} MiB.")


def _callers(inside: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return each measured page with the headers of who looks at it."""
    return {CHOOSER: inside["token"], ADMIN_API: inside["token"], ADMIN_PAGE: inside["session"]}


def main(arguments: list[str]) -> int:
    quick = "little data, no goal for the ratio"
    options = parser_of("benchmarks", __doc__, quick=quick).parse_args(arguments)
    plan, first = QUICK if options.quick else FULL, (options.database or DATABASES)[0]

    def measured(name: str, url: str | None, report: Report) -> list[str]:
        return Run(plan, report).database(name, url, servers_too=name == first)

    return carry_out(options, measured)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
