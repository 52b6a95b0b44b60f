"""`python -m benchmarks.resolve`: what a role's resolution costs beside a view with one query.

Two processes serve `POST /api/v1/roles/chat/resolve` over HTTP to 10 and to 100,000 people, each
with a token and slots of his own, and to an application that asks for any of them. Which person
asks is drawn anew each time, so that among many hardly any answer is known to a process already.
Each is asked in turns with a view of the same project, behind the same middleware and token check,
that makes one primary-key query. Exit 1 when the resolution has less than 0.7 of that view.
Keys are revealed beside it, by one caller: they have no goal.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from benchmarks import servers
from benchmarks.client import Call, Slot, latencies
from benchmarks.command import carry_out, parser_of
from benchmarks.installation import installed
from benchmarks.measures import Spread, crowd_of, spread
from benchmarks.pages import BARE_RESOLVE, RESOLVE
from benchmarks.report import Report, shown
from benchmarks.resolve_inside import token_text

OWN, APPLICATION = "a person's own token", "an application, for a person"
# Returns a request to a path, by somebody.
Asked = Callable[[str, random.Random], Call]


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    people: tuple[int, ...]
    rounds: int
    slot: float  # seconds
    reveals: int  # of each application that asks for keys, fewer than 60
    goal: float  # least ratio to the view with one query; 0 is none


FULL = Plan((10, 100_000), rounds=40, slot=0.2, reveals=40, goal=0.7)
QUICK = Plan((2, 10), rounds=2, slot=0.05, reveals=2, goal=0)


@dataclass(frozen=True)
class Found:
    """The resolution beside the bare view."""

    ratio: Spread  # requests per second, round by round
    cpu_ratio: float  # the view's processor time per answer, by the resolution's
    rate: float  # requests per second
    p99: float  # milliseconds, eight requests under way
    bare_p99: float


def callers(filled: dict[str, Any]) -> dict[str, Asked]:
    """Return who asks: each person himself, and an application for each of them."""
    ids: list[int] = filled["ids"]

    def himself(path: str, chance: random.Random) -> Call:
        token = token_text(chance.randrange(len(ids)))
        return Call(path, {"Authorization": f"Bearer {token}"}, body="{}")

    def application(path: str, chance: random.Random) -> Call:
        return Call(path, filled["token"], body=json.dumps({"user": chance.choice(ids)}))

    return {OWN: himself, APPLICATION: application}


def measure(server: servers.Server, asked: Asked, plan: Plan) -> Found:
    """Ask for the resolution and for the bare view in turns (A B, B A, ...)."""
    begin = time.time_ns()  # other people for each caller
    requests = {path: _requests(asked, path, begin) for path in (RESOLVE, BARE_RESOLVE)}
    slots: dict[str, list[Slot]] = {path: [] for path in requests}
    cpu = dict.fromkeys(requests, 0.0)
    with crowd_of(server) as crowd:
        for each in requests.values():
            crowd.ask_each(each, plan.slot)
        for number in range(plan.rounds):
            for path in list(requests)[:: 1 if number % 2 == 0 else -1]:
                before = server.cpu()
                slots[path].append(crowd.ask_each(requests[path], plan.slot))
                cpu[path] += server.cpu() - before
    each_cpu = {path: cpu[path] / sum(slot.answers for slot in slots[path]) for path in slots}
    pairs = zip(slots[RESOLVE], slots[BARE_RESOLVE], strict=True)
    return Found(
        ratio=spread([one.rate / other.rate for one, other in pairs]),
        cpu_ratio=each_cpu[BARE_RESOLVE] / each_cpu[RESOLVE] if each_cpu[RESOLVE] else 0.0,
        rate=statistics.median(slot.rate for slot in slots[RESOLVE]),
        p99=_p99([wait for slot in slots[RESOLVE] for wait in slot.waits]),
        bare_p99=_p99([wait for slot in slots[BARE_RESOLVE] for wait in slot.waits]),
    )


def _requests(asked: Asked, path: str, seed: int) -> Iterator[bytes]:
    """Yield requests without end: the same people for each path."""
    chance = random.Random(seed)  # noqa: S311  # chance, no secret
    while True:
        yield asked(path, chance).bytes


def revealed(server: servers.Server, filled: dict[str, Any], plan: Plan) -> dict[str, list[float]]:
    """Return milliseconds of single calls: with the key, without, and of the bare view."""
    chance = random.Random(7)  # noqa: S311  # chance, no secret
    asked: dict[str, list[Call]] = {"with the key": [], "without": [], "bare view": []}
    for token in filled["revealers"]:
        for user in islice(iter(lambda: chance.choice(filled["ids"]), None), plan.reveals):
            asked["with the key"].append(_revealing(token, user, reveal=True))
            asked["without"].append(_revealing(token, user, reveal=False))
            asked["bare view"].append(Call(BARE_RESOLVE, token, body="{}"))
    in_turns = [call for calls in zip(*asked.values(), strict=True) for call in calls]
    taken = latencies(server.port, in_turns)
    return {name: taken[at :: len(asked)] for at, name in enumerate(asked)}


def _revealing(token: dict[str, str], user: int, *, reveal: bool) -> Call:
    return Call(RESOLVE, token, body=json.dumps({"user": user, "reveal": reveal}))


def _p99(waits: Sequence[float]) -> float:
    return statistics.quantiles(waits, n=100)[-1]


class Run:
    """One run on one database; it remembers which goals were missed."""

    def __init__(self, plan: Plan, report: Report) -> None:
        self.plan = plan
        self.report = report
        self.missed: list[str] = []

    def database(self, name: str, url: str | None) -> list[str]:
        """Measure every size; return what was missed."""
        with installed(name, url) as installation:
            for people in self.plan.people:
                arguments = ("fill", str(people))
                filled = installation.inside(*arguments, module="benchmarks.resolve_inside")
                with servers.serving(installation, servers.THREADS) as server:
                    title = f"{name}, {people:,} people"
                    fresh = server.memory()
                    self._compare(title, server, filled)
                    self._reveal(title, server, filled)
                    self._memory(fresh, server.memory())
        return self.missed

    def _compare(self, title: str, server: servers.Server, filled: dict[str, Any]) -> None:
        rows = []
        for caller, asked in callers(filled).items():
            found = measure(server, asked, self.plan)
            rows.append(_row(caller, found))
            if found.ratio.median < self.plan.goal:
                text = f"{title}, {caller}: {found.ratio.median:.3f} < {self.plan.goal}"
                self.missed.append(f"{text} of the view with one query")
        heads = (
            "who asks",
            "by the view with one query",
            "CPU, by the view's",
            "requests/s",
            "p99, ms",
            "p99 of the view, ms",
        )
        self.report.table(title, heads, rows)

    def _reveal(self, title: str, server: servers.Server, filled: dict[str, Any]) -> None:
        rows = []
        for name, waits in revealed(server, filled, self.plan).items():
            rows.append((name, f"{statistics.median(waits):.1f}", f"{_p99(waits):.1f}"))
        heads = ("one application, one call at a time", "p50, ms", "p99, ms")
        self.report.table(f"{title}: revealing keys", heads, rows)

    def _memory(self, before: tuple[float, float], after: tuple[float, float]) -> None:
        texts = [f"RSS {rss:.0f} MiB, PSS {pss:.0f} MiB" for rss, pss in (before, after)]
        self.report.say(f"\nThe larger web process: {texts[0]}; at the end {texts[1]}.")


def _row(caller: str, found: Found) -> tuple[str, ...]:
    return (
        caller,
        shown(found.ratio, 3),
        f"{found.cpu_ratio:.3f}",
        f"{found.rate:,.0f}",
        f"{found.p99:.1f}",
        f"{found.bare_p99:.1f}",
    )


def main(arguments: list[str]) -> int:
    parser = parser_of("benchmarks.resolve", __doc__, quick="few people, no goal for the ratio")
    parser.add_argument("--people", type=int, action="append", help="default: both sizes")
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else FULL
    plan = replace(plan, people=tuple(sorted(options.people or plan.people)))
    return carry_out(options, lambda name, url, report: Run(plan, report).database(name, url))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
