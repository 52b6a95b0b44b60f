"""The services of compose.yaml, started here by their own commands from what is in the image.

On SQLite messages are files; on PostgreSQL there is a Redis, as in compose.yaml.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from registry.sandbox.catalogue import KEY
from tests.architecture.source import ROOT
from tests.config.compose import (
    RUNNING,
    SECRETS,
    command,
    copy_image,
    filled_in,
    own_database,
    services,
    variables,
)
from tests.config.processes import environment, free_port
from tests.docs.pages import SHELL
from tests.sandbox import running_sandbox
from tests.workers import running_redis, wait_for

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")

PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Installation:
    """A folder for what docker would provide: the image, a volume, secrets, a port."""

    folder: Path
    image: Path
    port: int
    database_url: str
    redis_url: str
    given: Mapping[str, str]

    def environment(self, service: str) -> dict[str, str]:
        values = {
            name: text.replace(SECRETS, f"{self.folder / 'secrets'}/")
            for name, text in variables(service, self.given).items()
        }
        values["REDIS_URL"] = self.redis_url
        return environment(self.folder / "data", **values)

    def started(self, service: str, arguments: list[str]) -> subprocess.Popen[str]:
        here = [filled_in(part, self.given) for part in arguments]
        here = [part.replace(":8000", f":{self.port}") for part in here]
        log = (self.folder / f"{service}.log").open("a")
        with log:
            return subprocess.Popen(
                [sys.executable, *here[1:]],
                cwd=self.image,
                env=self.environment(service),
                stdout=subprocess.PIPE if service == "bootstrap" else log,
                stderr=log,
                text=True,
            )

    def is_healthy(self) -> bool:
        """Run the web server's health check, as docker does."""
        _cmd, *check = services()["web"]["healthcheck"]["test"]
        return self.started("web", check).wait(PATIENCE) == 0

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    if connection.vendor != "postgresql":
        yield ""
        return
    with running_redis(folder) as server:
        yield server.url


def make_secrets(folder: Path) -> None:
    """Run what the install page says, as far as docker is not needed."""
    page = (ROOT / "docs/install.md").read_text()
    (block,) = (found for found in SHELL.findall(page) if "mkdir -m 700 secrets" in found)
    lines = [line for line in block.splitlines() if not line.startswith("docker ")]
    subprocess.run(["sh", "-e", "-c", "\n".join(lines)], cwd=folder, check=True)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    make_secrets(tmp_path)
    (tmp_path / "data").mkdir()
    with own_database(tmp_path) as url, broker(tmp_path) as redis_url, running_sandbox() as sandbox:
        written = tmp_path / "secrets" / "database_url"
        assert written.read_text().startswith("postgres://registry:")
        written.chmod(0o600)
        written.write_text(url)
        given = {
            "REGISTRY_PRIVATE_HOSTS": f"127.0.0.1:{sandbox.port}",
            "REGISTRY_WEB_WORKERS": "1",
            "SANDBOX": sandbox.address("/v1"),
        }
        yield Installation(tmp_path, copy_image(tmp_path), free_port(), url, redis_url, given)


@dataclass(frozen=True)
class Api:
    base: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.base}/api/v1/admin/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return json.load(response)


def bootstrap_twice(installation: Installation) -> list[str]:
    """Bring the database up in two processes at once; return what they said."""
    arguments = command("bootstrap")
    both = [installation.started("bootstrap", arguments) for _number in range(2)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], installation.logs()
    return said


def make_token(installation: Installation) -> str:
    scopes = ["--scope", "admin:read", "--scope", "admin:write"]
    done = subprocess.run(
        [sys.executable, "manage.py", "create_token", "admin", "compose", "--json", *scopes],
        cwd=installation.image,
        env=installation.environment("web"),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    token: str = json.loads(done.stdout)["token"]
    return token


def rounds(url: str) -> int:
    """Return whether the sweeper has been heard of, by reading the table itself."""
    query = "SELECT count(*) FROM registry_heartbeat"
    if url.startswith("sqlite"):
        database = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return int(database.execute(query).fetchone()[0])
        finally:
            database.close()
    with psycopg.connect(url) as server:
        row = server.execute(query).fetchone()
    return int(row[0]) if row else 0


def test_the_services_bring_up_test_a_model_and_end(installation: Installation) -> None:
    said = bootstrap_twice(installation)
    api = Api(f"http://127.0.0.1:{installation.port}", make_token(installation))
    healthy_before = installation.is_healthy()
    with ExitStack() as stack:
        running = [
            stack.enter_context(ending(installation.started(name, command(name))))
            for name in RUNNING
        ]
        wait_for(installation.is_healthy, "healthy web server")
        llm = api.call(
            "POST",
            "models",
            {
                "type": "generation",
                "provider": "openai",
                "model_id": "sandbox-chat",
                "name": "Chat",
                "api_key": KEY,
                "api_endpoint": installation.given["SANDBOX"],
            },
        )
        test = api.call("POST", f"models/{llm['id']}/test")
        wait_for(lambda: is_done(api, test["id"]), "end of the test")
        found = api.call("GET", f"tests/{test['id']}")
        wait_for(lambda: rounds(installation.database_url), "round of the sweeper")
        for process in running:
            process.terminate()
        codes = [process.wait(PATIENCE) for process in running]

    assert sum("Password:" in text for text in said) == 1
    assert healthy_before is False
    assert (found["code"], found["requested_by"]) == ("ok", "admin"), installation.logs()
    assert [stage["code"] for stage in found["stages"]] == ["ok"] * 4
    assert codes == [0, 0, 0], installation.logs()


def is_done(api: Api, test_id: str) -> bool:
    return bool(api.call("GET", f"tests/{test_id}")["state"] == "done")


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE)
