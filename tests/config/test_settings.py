"""What the settings make of the environment, seen in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.config import processes
from tests.config.test_start import GOOD

SHOW = """
import json, sys
from config.settings import base
print(json.dumps({name: getattr(base, name) for name in sys.argv[1:]}, default=str))
"""


def settings(folder: Path, names: str, **values: str) -> dict[str, Any]:
    environ = processes.environment(folder, **(GOOD | values))
    outcome = processes.run(["-c", SHOW, *names.split()], environ)
    assert outcome.code == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def test_the_defaults_are_closed(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        "DEBUG REGISTRY_PUBLIC_LISTS REGISTRY_TRUSTED_PROXIES REGISTRY_PRIVATE_HOSTS ALLOWED_HOSTS",
    )

    assert found == {
        "DEBUG": False,
        "REGISTRY_PUBLIC_LISTS": False,
        "REGISTRY_TRUSTED_PROXIES": [],
        "REGISTRY_PRIVATE_HOSTS": [],
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    }


def test_sqlite_waits_for_its_writer(tmp_path: Path) -> None:
    database = settings(tmp_path, "DATABASES")["DATABASES"]["default"]

    assert database["NAME"] == str(tmp_path / "registry.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_postgresql_by_url(tmp_path: Path) -> None:
    found = settings(tmp_path / "unused", "DATABASES", DATABASE_URL="postgres://me@db/registry")
    database = found["DATABASES"]["default"]

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["CONN_HEALTH_CHECKS"] is True
    assert not (tmp_path / "unused").exists()


def test_redis_by_url(tmp_path: Path) -> None:
    found = settings(tmp_path, "REGISTRY_BROKER_URL", REDIS_URL="redis://queue:6379/4")

    assert found["REGISTRY_BROKER_URL"] == "redis://queue:6379/4"


@pytest.mark.parametrize(("https", "seconds"), [("1", 31_536_000), ("0", 0)])
def test_https_closes_the_cookies(tmp_path: Path, https: str, seconds: int) -> None:
    names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]
    found = settings(tmp_path, " ".join([*names, "SECURE_HSTS_SECONDS"]), REGISTRY_HTTPS=https)

    assert [found[name] for name in names] == [https == "1"] * 3
    assert found["SECURE_HSTS_SECONDS"] == seconds


def test_a_wrong_value_ends_a_command_with_one_line(tmp_path: Path) -> None:
    outcome = processes.manage("check", processes.environment(tmp_path, **GOOD, PORT="http"))

    assert outcome.code == 1
    assert outcome.err == "error: PORT must be a whole number from 1 to 65535.\n"
