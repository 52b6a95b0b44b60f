"""`python -m tests.both_databases [pytest arguments]`: the tests on SQLite, then on PostgreSQL.

What is not there (PostgreSQL, Chromium, redis-server) is left out, and said. `--cov` measures the
SQLite run; `--without-browser` leaves the browser tests to `make browser`. Those that need a
LiteLLM proxy are `make test-litellm`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

from tests.services import postgresql_url

# What asks no database, or one of its own, is the same on both.
WITHOUT_DATABASE = (
    *("tests/architecture", "tests/benchmarks", "tests/docs", "tests/registry/data"),
    *("tests/registry/outbound", "tests/registry/dialects", "tests/registry/sandbox"),
    "tests/registry/formats",
    *("tests/invariants/test_n[2-9]*.py", "tests/invariants/test_r4_*.py"),
    *("tests/invariants/test_s4_*.py", "tests/config/test_dev.py", "tests/config/test_env.py"),
    "tests/config/test_settings.py",
)
# Rules of our own code that no database has a say in, and that take minutes to ask everywhere.
ON_ONE = (
    *("tests/registry/api/test_access.py", "tests/registry/api/test_query_counts.py"),
    *("tests/registry/api/test_writable_fields.py", "tests/invariants/test_u1_*.py"),
)
OWN = ("--cov", "--without-browser")
# Tests of one group (`xdist_group`) run in one process, one after the other.
PYTEST = ["-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"]


def say(text: str) -> None:
    sys.stdout.write(f"== {text}\n")
    sys.stdout.flush()


def run(url: str | None, *arguments: str, measured: bool = False) -> int:
    """Run pytest with `url` as the database, or with SQLite if it is None.

    `measured` counts which lines ran, in every process: pytest's workers load Django before a
    plug-in of theirs could begin to count.
    """
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if url is not None:
        environment["DATABASE_URL"] = url
    counting = ["-m", "coverage", "run"] if measured else []
    command = [sys.executable, *counting, *PYTEST, *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def report_coverage() -> int:
    """Print the lines that no test ran; fail below the limit that pyproject.toml sets."""
    tool = [sys.executable, "-m", "coverage"]
    subprocess.run([*tool, "combine", "-q"], check=False)
    return subprocess.run([*tool, "report"], check=False).returncode


def own_database(url: str) -> str:
    """Return `url` with a database name of this run, so that two runs do not meet."""
    return urlunsplit(urlsplit(url)._replace(path=f"/registry_{os.getpid()}"))


def without(marks: list[str]) -> list[str]:
    """Return pytest's option that leaves out the tests with any of these marks."""
    return ["-m", " and ".join(f"not {mark}" for mark in marks)]


def missing_programs() -> list[str]:
    """Return the marks of the tests whose program is not installed, and say so."""
    missing = []
    if shutil.which("chromium") is None:
        say("There is no Chromium: the browser tests are left out (`make browser` installs it).")
        missing.append("browser")
    if shutil.which("redis-server") is None:
        say("There is no redis-server: the tests about Redis are left out.")
        missing.append("redis")
    return missing


def main(arguments: list[str]) -> int:
    measured = "--cov" in arguments
    chosen = [argument for argument in arguments if argument not in OWN]
    unwanted = ["litellm", *missing_programs()]
    if "--without-browser" in arguments:
        unwanted.append("browser")
    say("Tests on SQLite; those with a LiteLLM proxy are `make test-litellm`")
    failed = run(None, *without(unwanted), *chosen, measured=measured)
    if measured:
        failed = report_coverage() or failed
    url = postgresql_url()
    if url is None:
        say("No PostgreSQL answers: the tests ran on SQLite only (DATABASE_URL names another).")
        return failed
    say("Tests on PostgreSQL")
    ignored = [f"--ignore-glob={path}" for path in (*WITHOUT_DATABASE, *ON_ONE)]
    return run(own_database(url), *without([*unwanted, "browser"]), *ignored, *chosen) or failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
