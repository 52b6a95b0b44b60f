"""`python -m tests.both_databases [pytest arguments]`: the tests on SQLite, then on PostgreSQL.

What is not there (PostgreSQL, Chromium) is left out, and said. `--cov` measures the SQLite run;
`--without-browser` leaves the browser tests to `make browser`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

from tests.services import postgresql_url

OWN = ("--cov", "--without-browser")
PYTEST = ["-m", "pytest", "-q", "-n", "2"]


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


def main(arguments: list[str]) -> int:
    measured = "--cov" in arguments
    chosen = [argument for argument in arguments if argument not in OWN]
    has_chromium = shutil.which("chromium") is not None
    wanted = has_chromium and "--without-browser" not in arguments
    browser = [] if wanted else ["-m", "not browser"]
    if not has_chromium:
        say("There is no Chromium: the browser tests are left out (`make browser` installs it).")
    say("Tests on SQLite")
    failed = run(None, *browser, *chosen, measured=measured)
    if measured:
        failed = report_coverage() or failed
    url = postgresql_url()
    if url is None:
        say("No PostgreSQL answers: the tests ran on SQLite only (DATABASE_URL names another).")
        return failed
    say("Tests on PostgreSQL")
    return run(own_database(url), "-m", "not browser", *chosen) or failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
