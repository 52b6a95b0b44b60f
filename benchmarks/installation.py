"""A registry of its own for the measurement: folder, keys, database; gone afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
# Of the caller's environment only what Python and the system need: no setting of his shell.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Installation:
    """Where one registry lives, as the environment of its processes."""

    database: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        return self._python("manage.py", *arguments)

    def inside(self, *arguments: str, module: str = "benchmarks.inside") -> dict[str, Any]:
        """Run a part that needs Django, in a process of its own, and return what it printed."""
        found: dict[str, Any] = json.loads(self._python("-m", module, *arguments))
        return found

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout


@contextmanager
def installed(database: str, server_url: str | None = None) -> Iterator[Installation]:
    """Make a registry, on SQLite or in a new database of the PostgreSQL at `server_url`."""
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "REGISTRY_LOG_LEVEL": "WARNING",
        }
        if server_url is None:
            yield _bootstrapped(Installation(database, environment))
            return
        with _own_database(server_url) as url:
            environment["DATABASE_URL"] = url
            yield _bootstrapped(Installation(database, environment))


def _bootstrapped(installation: Installation) -> Installation:
    installation.manage("bootstrap")
    return installation


@contextmanager
def _own_database(server_url: str) -> Iterator[str]:
    name = sql.Identifier(f"registry_bench_{os.getpid()}")
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield urlunsplit(urlsplit(server_url)._replace(path=f"/registry_bench_{os.getpid()}"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
