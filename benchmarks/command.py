"""The command line of a benchmark: which databases, a quick run, where the figures go."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import RESULTS, Report, machine
from tests.services import postgresql_url

DATABASES = ("sqlite", "postgresql")
# Takes a database's name, its URL (None is a file of SQLite) and the report; returns what missed.
Measure = Callable[[str, str | None, Report], list[str]]


def parser_of(module: str, description: str | None, *, quick: str) -> argparse.ArgumentParser:
    """Return the options that every benchmark takes; `quick` says what a quick run leaves out."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--database", action="append", choices=DATABASES, help="default: both")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the figures")
    return parser


def carry_out(options: argparse.Namespace, measure: Measure) -> int:
    """Measure the wanted databases, print and write the figures. Return 1 if a goal was missed."""
    report = Report()
    report.say(f"{machine()}\n")
    missed: list[str] = []
    urls = {"sqlite": None, "postgresql": postgresql_url()}
    for name in options.database or DATABASES:
        if name == "postgresql" and urls[name] is None:
            report.say("\nNo PostgreSQL answers: left out (DATABASE_URL names another).")
            continue
        missed += measure(name, urls[name], report)
    for text in missed:
        report.say(f"\nMISSED: {text}")
    report.say(f"\n{machine()}")
    sys.stdout.write(f"Written to {report.write(options.results)}\n")
    return 1 if missed else 0
