"""`python -m benchmarks.clients`: what clients' reports cost, and the lists that come of them.

A client registers 50 models, does so again, and marks one as over quota: beside a bare
`bulk_create` of 50 rows of the same table, with no other client and with 1,000 that hold 50
models each. Exit 1 when a registration takes more than three times the bare one, or a number of
queries depends on how many clients there are.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from benchmarks.clients_inside import HELD, POOL
from benchmarks.command import carry_out, parser_of
from benchmarks.installation import Installation, installed
from benchmarks.report import Report

BOUND = "register"  # what the goal is about


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    clients: int
    turns: int
    reads: int
    goal: float  # times the bare bulk_create, at most


FULL = Plan(clients=1_000, turns=12, reads=7, goal=3.0)
QUICK = Plan(clients=10, turns=2, reads=2, goal=float("inf"))


@dataclass(frozen=True)
class Figures:
    """What was measured on one database, by number of clients that were there before."""

    queries: dict[int, dict[str, int]]
    writes: dict[int, dict[str, dict[str, float]]]
    reads: dict[str, dict[str, float]]


def inside(installation: Installation, *arguments: str) -> dict[str, Any]:
    return installation.inside(*arguments, module="benchmarks.clients_inside")


def measure(installation: Installation, plan: Plan) -> Figures:
    queries, writes = {}, {}
    for clients in (0, plan.clients):
        inside(installation, "grow", str(clients))
        queries[clients] = inside(installation, "count", "0")
        writes[clients] = inside(installation, "write", str(plan.turns))
    return Figures(queries, writes, inside(installation, "read", str(plan.reads)))


def report(found: Figures, written: Report, title: str, goal: float) -> list[str]:
    """Print the figures of one database; return what was missed."""
    sizes = list(found.queries)
    rows = [
        (
            deed,
            *(str(found.queries[size][deed]) for size in sizes),
            *(f"{found.writes[size]['ratio'][deed]:.2f}" for size in sizes),
            *(f"{found.writes[size]['cpu'][deed]:.2f}" for size in sizes),
            *(f"{found.writes[size]['ms'][deed]:.1f}" for size in sizes),
        )
        for deed in found.writes[sizes[0]]["ms"]
    ]
    heads = (
        f"{HELD} models",
        *(f"queries, {size:,} clients" for size in sizes),
        *(f"to bare, {size:,}" for size in sizes),
        *(f"CPU, {size:,}" for size in sizes),
        *(f"ms, {size:,}" for size in sizes),
    )
    written.table(f"{title}: a client reports", heads, rows)
    lists = [
        (name, f"{ms:.2f}", f"{found.reads['ratio'][name]:.3f}")
        for name, ms in found.reads["ms"].items()
    ]
    text = f"{title}: lists of {sizes[-1]:,} clients with {HELD} of {POOL} models each"
    written.table(text, ("answer", "ms", "to values"), lists)
    missed = [
        f"{title}, {size:,} clients: {BOUND} {found.writes[size]['ratio'][BOUND]:.2f} > {goal}"
        for size in sizes
        if found.writes[size]["ratio"][BOUND] > goal
    ]
    if found.queries[sizes[0]] != found.queries[sizes[-1]]:
        missed.append(f"{title}: the number of queries depends on the number of clients")
    return missed


def main(arguments: list[str]) -> int:
    quick = "few clients, no goal for the ratio"
    options = parser_of("benchmarks.clients", __doc__, quick=quick).parse_args(arguments)
    plan = QUICK if options.quick else FULL

    def measured(name: str, url: str | None, written: Report) -> list[str]:
        with installed(name, url) as installation:
            return report(measure(installation, plan), written, name, plan.goal)

    return carry_out(options, measured)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
