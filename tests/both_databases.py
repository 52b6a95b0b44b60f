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
    *("tests/config/test_settings.py", "tests/config/test_start.py"),
)
# Rules of our own code that no database has a say in, and that take minutes to ask everywhere.
ON_ONE = (
    *("tests/registry/api/test_access.py", "tests/registry/api/test_query_counts.py"),
    *("tests/registry/api/test_writable_fields.py", "tests/invariants/test_u1_*.py"),
    *("tests/invariants/test_s9_*.py", "tests/invariants/test_s10_*.py"),
    "tests/registry/admin/test_scripts_stay_text.py",
)
OWN = ("--cov", "--without-browser")
PYTEST = ["-m", "pytest", "-q"]
# Tests of one group (`xdist_group`) run in one process, one after the other.
TOGETHER = ["-n", "2", "--dist", "loadgroup"]
NOTHING_CHOSEN = 5  # pytest's exit code


def say(text: str) -> None:
    sys.stdout.write(f"== {text}\n")
    sys.stdout.flush()


def run(url: str | None, without: list[str], arguments: list[str], *, measured: bool) -> int:
    """Run pytest with `url` as the database, or with SQLite if it is None.

    `without` are marks to leave out. What must end in time comes last, alone on the machine.
    `measured` counts which lines the others ran.
    """
    left_out = "".join(f" and not {mark}" for mark in without)
    together = [*PYTEST, *TOGETHER, "-m", f"not timed{left_out}", *arguments]
    alone = [*PYTEST, "-m", f"timed{left_out}", *arguments]
    codes = {start(url, together, measured=measured), start(url, alone)}
    # Arguments may choose tests of one kind only.
    return next((code for code in codes - {0, NOTHING_CHOSEN}), 0 if 0 in codes else NOTHING_CHOSEN)


def start(url: str | None, command: list[str], *, measured: bool = False) -> int:
    """Start Python, and return its exit code.

    Lines are counted in every process: pytest's workers load Django before a plug-in of theirs
    could begin to count.
    """
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if url is not None:
        environment["DATABASE_URL"] = url
    counting = ["-m", "coverage", "run"] if measured else []
    whole = [sys.executable, *counting, *command]
    return subprocess.run(whole, env=environment, check=False).returncode


def report_coverage() -> int:
    """Print the lines that no test ran; fail below the limit that pyproject.toml sets."""
    tool = [sys.executable, "-m", "coverage"]
    subprocess.run([*tool, "combine", "-q"], check=False)
    return subprocess.run([*tool, "report"], check=False).returncode


def own_database(url: str) -> str:
    """Return `url` with a database name of this run, so that two runs do not meet."""
    return urlunsplit(urlsplit(url)._replace(path=f"/registry_{os.getpid()}"))


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


def main(told: list[str]) -> int:
    measured = "--cov" in told
    chosen = [argument for argument in told if argument not in OWN]
    unwanted = ["litellm", *missing_programs()]
    if "--without-browser" in told:
        unwanted.append("browser")
    say("Tests on SQLite; those with a LiteLLM proxy are `make test-litellm`")
    failed = run(None, unwanted, chosen, measured=measured)
    if measured:
        failed = report_coverage() or failed
    url = postgresql_url()
    if url is None:
        say("No PostgreSQL answers: the tests ran on SQLite only (DATABASE_URL names another).")
        return failed
    say("Tests on PostgreSQL")
    ignored = [f"--ignore-glob={path}" for path in (*WITHOUT_DATABASE, *ON_ONE)]
    arguments = [*ignored, *chosen]
    return run(own_database(url), [*unwanted, "browser"], arguments, measured=False) or failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
