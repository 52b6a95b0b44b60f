"""`python -m benchmarks.selection`: what a selection costs beside the query it cannot do without.

Every model has three routes, two in three of them active. The bare query reads the usable routes
of the models that are known to have one capability, ordered, with ids and the prices of both: what
an answer is made of, and no answer yet. `recommend` answers more than it reads, since it also
looks at every model that does not fit, for the reasons. Exit 1 when a goal is missed.
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import dataclass
from typing import Any

from benchmarks import servers
from benchmarks.client import Call, latencies
from benchmarks.command import carry_out, parser_of
from benchmarks.installation import Installation, installed
from benchmarks.report import Report

SIZES = (100, 2_500, 10_000)
GOAL = 2.0  # times the bare query, at the largest size
# find_best of chuk-llm 0.20.1 over 2,500 models in memory, as the requirement states it.
CHUK_MS = 0.71
CHUK_SIZE = 2_500
RECOMMEND = "/api/v1/recommend"
_BODY = json.dumps({"requires": ["tools"], "min_context": 100_000, "limit": 1})
_CALLS = 50
# Which questions the goal is about.
_BOUND = ("recommend best", "cheapest route")


def inside(installation: Installation, *arguments: str) -> dict[str, Any]:
    return installation.inside(*arguments, module="benchmarks.selection_inside")


@dataclass(frozen=True)
class Figures:
    """What was measured at one size, by question."""

    ms: dict[str, float]
    by_bare: dict[str, float]  # ratio to the bare query, read with a cursor
    by_values: dict[str, float]  # ratio to the same rows, read by the ORM
    http_ms: float | None = None  # of one recommendation


def measure(installation: Installation, sizes: tuple[int, ...]) -> dict[int, Figures]:
    """Return the medians by size, the smallest first."""
    found = {}
    for size in sizes:
        headers = inside(installation, "grow", str(size))["token"]
        http_ms = over_http(installation, headers) if size == CHUK_SIZE else None
        found[size] = Figures(**inside(installation, "measure"), http_ms=http_ms)
    return found


def over_http(installation: Installation, headers: dict[str, str]) -> float:
    """Return the median of a recommendation of one model, in ms.

    One caller, over loopback, from the web server that the service uses.
    """
    with servers.serving(installation, servers.THREADS) as server:
        call = Call(RECOMMEND, headers, body=_BODY)
        latencies(server.port, [call] * 5)
        return statistics.median(latencies(server.port, [call] * _CALLS))


def report(found: dict[int, Figures], written: Report, title: str) -> list[str]:
    """Print the figures of one database; return what was missed."""
    sizes = list(found)
    first, last = found[sizes[0]], found[sizes[-1]]
    rows = [
        (
            name,
            *(f"{found[size].ms[name]:.1f}" for size in sizes),
            f"{last.ms[name] / first.ms[name]:.1f}",
            f"{last.by_bare[name]:.2f}",
            f"{last.by_values[name]:.2f}",
        )
        for name in last.ms
    ]
    heads = (
        "question",
        *(f"{size:,} models, ms" for size in sizes),
        "growth",
        "to bare",
        "to values",
    )
    written.table(f"{title}: medians, and ratios at {sizes[-1]:,} models", heads, rows)
    if CHUK_SIZE in found:
        ours = found[CHUK_SIZE]
        written.say(
            f"\nfind_best at {CHUK_SIZE:,} models: {ours.ms['find_best']:.2f} ms by the service, "
            f"{ours.http_ms:.1f} ms over HTTP (recommend, of one, with route, cost and reasons); "
            f"chuk-llm 0.20.1 in memory {CHUK_MS} ms"
        )
    return [
        f"{title}: {name} {last.by_bare[name]:.2f} > {GOAL}"
        for name in _BOUND
        if last.by_bare[name] > GOAL
    ]


def main(arguments: list[str]) -> int:
    parser = parser_of("benchmarks.selection", __doc__, quick="few models, no goal")
    options = parser.parse_args(arguments)

    def measured(name: str, url: str | None, written: Report) -> list[str]:
        with installed(name, url) as installation:
            found = measure(installation, SIZES[:1] if options.quick else SIZES)
            missed = report(found, written, name)
            return [] if options.quick else missed

    return carry_out(options, measured)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
