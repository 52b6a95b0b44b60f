"""`python -m benchmarks.checks`: how fast a worker carries out connection tests, and what the
web server's callers feel of it. Exit 1 when a goal is missed.

Every test makes two calls (list of models, one short answer) to a provider on this machine that
answers after `--delay-ms`. The ideal is `tests x calls x delay / calls at once`: the time if
nothing but the provider took any.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks import servers
from benchmarks.client import Call, latencies
from benchmarks.command import carry_out, parser_of
from benchmarks.installation import ROOT, Installation, installed
from benchmarks.pages import ADMIN_API, CHOOSER, NAMES
from benchmarks.report import Report

CALLS = 2  # of each test
AT_ONCE = 8  # REGISTRY_HOST_CONCURRENCY
GOAL = 1.5  # of the ideal time, at most
LONGEST = 20  # times the ideal, after which the measurement is given up
_QUIET = 300  # single calls before the tests begin


@dataclass(frozen=True)
class Felt:
    """What one caller of the web server measured, in milliseconds."""

    p50: float
    p99: float
    calls: int

    @classmethod
    def of(cls, taken: list[float]) -> Felt:
        cuts = statistics.quantiles(taken, n=100)
        return cls(cuts[49], cuts[98], len(taken))


@contextmanager
def running(installation: Installation, *arguments: str) -> Iterator[None]:
    """Run a command of the product beside the measurement."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=installation.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(servers.PATIENCE)


def measure(installation: Installation, tests: int, delay_ms: int) -> dict[str, Any]:
    """Return the seconds that the tests took, the ideal, and what callers felt meanwhile."""
    port = servers.free_port()
    installation.environment.update(
        REGISTRY_PRIVATE_HOSTS=f"127.0.0.1:{port}", REGISTRY_HOST_CONCURRENCY=str(AT_ONCE)
    )
    sandbox = ("sandbox_provider", "--port", str(port), "--delay-ms", str(delay_ms))
    with running(installation, *sandbox), servers.serving(installation, servers.THREADS) as server:
        ways = inside(installation, "fill", f"http://127.0.0.1:{port}/v1", str(tests))
        calls = [Call(path, ways["token"]) for path in (CHOOSER, ADMIN_API)]
        quiet = {call.path: latencies(server.port, [call] * _QUIET) for call in calls}
        with running(installation, "worker", "--beat"):
            sweep = inside(installation, "start")["sweep"]
            ideal = tests * CALLS * delay_ms / 1000 / AT_ONCE
            during: dict[str, list[float]] = {call.path: [] for call in calls}
            deadline = time.monotonic() + LONGEST * ideal + servers.PATIENCE
            while True:
                until = time.monotonic() + max(1.0, ideal / 20)
                while time.monotonic() < until:
                    for call in calls:
                        during[call.path] += latencies(server.port, [call] * 5)
                ran = inside(installation, "left", sweep)
                if ran["done"] == ran["total"] or time.monotonic() > deadline:
                    break
    felt = {path: (Felt.of(quiet[path]), Felt.of(during[path])) for path in quiet}
    return {**ran, "ideal": ideal, "felt": felt}


def inside(installation: Installation, *arguments: str) -> dict[str, Any]:
    return installation.inside(*arguments, module="benchmarks.checks_inside")


def report(found: dict[str, Any], report: Report, title: str, goal: float) -> list[str]:
    """Print the figures of one database; return what was missed."""
    ratio = found["seconds"] / found["ideal"]
    rows = [
        ("tests", f"{found['done']:,} of {found['total']:,}"),
        ("results", ", ".join(f"{code} {count}" for code, count in found["codes"].items())),
        ("first start to last end, s", f"{found['seconds']:.1f}"),
        ("ideal, s", f"{found['ideal']:.1f}"),
        ("ratio to the ideal", f"{ratio:.2f}"),
    ]
    report.table(f"{title}: connection tests, {AT_ONCE} at once", ("figure", "value"), rows)
    waits = [
        (NAMES[path], f"{quiet.p50:.1f}", f"{quiet.p99:.1f}", f"{busy.p50:.1f}", f"{busy.p99:.1f}")
        for path, (quiet, busy) in found["felt"].items()
    ]
    heads = ("page", "quiet p50", "quiet p99", "meanwhile p50", "meanwhile p99")
    report.table(f"{title}: one caller of the web server, ms", heads, waits)
    missed = [f"{title}: ratio {ratio:.2f} > {goal}"] if ratio > goal else []
    if found["done"] != found["total"]:
        missed.append(f"{title}: {found['total'] - found['done']} tests did not end")
    return missed


def main(arguments: list[str]) -> int:
    parser = parser_of("benchmarks.checks", __doc__, quick="few tests, no goal")
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--delay-ms", type=int, default=200)
    options = parser.parse_args(arguments)
    tests, goal = (16, float("inf")) if options.quick else (options.tests, GOAL)

    def measured(name: str, url: str | None, written: Report) -> list[str]:
        with installed(name, url) as installation:
            found = measure(installation, tests, options.delay_ms)
            return report(found, written, name, goal)

    return carry_out(options, measured)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
