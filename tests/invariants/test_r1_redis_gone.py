"""R1 and R2: Redis may stop, hang or forget everything; the product stays up and no test is lost.

A tenth of the counts: 50 reads, 20 writes, a login and tests for each way in which it is gone;
40 jobs whose messages are lost.
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from audit.models import LogEntry
from registry.choices import ProbeCode, Scope
from registry.models import ConnectionTest, Job
from registry.services import connection_tests
from tests.architecture.source import ROOT
from tests.config.processes import free_port
from tests.factories import make_llm, make_provider, make_token, make_user
from tests.sandbox import running_sandbox
from tests.workers import (
    Redis,
    all_done,
    bell,
    ring,
    running_redis,
    running_worker,
    service_environment,
    wait_for,
)

pytestmark = pytest.mark.timed

READS, WRITES, TESTS, JOBS = 50, 20, 2, 40
ANSWER_SECONDS = 2.5  # of a test that no broker takes
SLOWER_MS = 50  # at the 95th percentile
DONE_SECONDS = 120


@dataclass
class Web:
    """The web server as a program meets it."""

    base: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any, dict[str, str]]:
        request = urllib.request.Request(
            self.base + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response), dict(response.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), dict(error.headers)

    def login(self, name: str, password: str) -> int:
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        url = f"{self.base}/admin/login/?next=/livez"
        opener.open(url, timeout=30).close()
        (csrf,) = [cookie.value for cookie in jar if cookie.name == "csrftoken"]
        fields = {"username": name, "password": password, "csrfmiddlewaretoken": csrf or ""}
        with opener.open(url, urllib.parse.urlencode(fields).encode(), timeout=30) as response:
            assert [cookie.name for cookie in jar if cookie.name == "sessionid"]
            return int(response.status)


@contextmanager
def running_web(folder: Path, token: str, **values: str) -> Iterator[Web]:
    port = free_port()
    arguments = ["-m", "gunicorn", "config.wsgi", "--no-control-socket", "--workers", "1"]
    arguments += ["--worker-class", "gthread", "--threads", "4", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=service_environment(folder, **values),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        web = Web(f"http://127.0.0.1:{port}", token)
        try:
            wait_for(lambda: is_up(web), "answering web server")
            yield web
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def is_up(web: Web) -> bool:
    try:
        return web.call("GET", "/readyz")[0] == 200
    except OSError:
        return False


def milliseconds(act: Callable[[], tuple[int, Any, dict[str, str]]], times: int) -> list[float]:
    """Do something again and again; every answer must be good."""
    taken = []
    for _time in range(times):
        began = time.perf_counter()
        status, body, _headers = act()
        taken.append((time.perf_counter() - began) * 1000)
        assert status == 200, body
    return taken


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


@pytest.mark.invariant("R1")
@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_the_product_stays_up_without_redis(
    tmp_path: Path, settings: Settings, figure: Callable[..., None]
) -> None:
    # The web server knows no cheap passwords.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user = make_user("ada", superuser=True)
    _token, text = make_token(user, scopes=Scope.values)
    with running_redis(tmp_path) as server, running_sandbox() as sandbox:
        settings.REGISTRY_PRIVATE_HOSTS = [f"127.0.0.1:{sandbox.port}"]
        provider = make_provider("sandbox", direct_api_url=sandbox.address("/v1"))
        llms = [
            make_llm(provider=provider, model_id="sandbox-chat", api_key="open-sesame-77")
            for _number in range(2 * TESTS)
        ]
        url = server.url
        with (
            running_worker(tmp_path, REDIS_URL=url),
            running_web(tmp_path, text, REDIS_URL=url) as web,
        ):
            quiet = reads_and_writes(web, str(llms[0].pk))
            asked = []
            for way, back in ((server.kill, server.start), (server.pause, server.resume)):
                way()
                gone = reads_and_writes(web, str(llms[0].pk))
                assert web.login("ada", "ada-Quite-Long-77") == 200
                mine = llms[:TESTS] if way == server.kill else llms[TESTS:]
                asked += [ask_in_vain(web, str(llm.pk)) for llm in mine]
                back()
                seconds = wait_for(all_done, "end of the jobs after Redis came back")
                figure(back_after_s=f"{seconds:.1f}")
                for kind in ("reads", "writes"):
                    assert p95(gone[kind]) <= p95(quiet[kind]) * 2 + SLOWER_MS

    assert max(asked) <= ANSWER_SECONDS
    assert set(ConnectionTest.objects.values_list("code", flat=True)) == {ProbeCode.OK}
    assert LogEntry.objects.filter(event="model_tested").count() == 2 * TESTS
    figure(
        reads=2 * READS, writes=2 * WRITES, tests=2 * TESTS, errors=0,
        slowest_refusal_s=f"{max(asked):.1f}", p95_reads_ms=f"{p95(quiet['reads']):.0f}",
    )  # fmt: skip


def reads_and_writes(web: Web, llm: str) -> dict[str, list[float]]:
    path = f"/api/v1/admin/models/{llm}"
    numbers = iter(range(WRITES))
    return {
        "reads": milliseconds(lambda: web.call("GET", "/api/v1/admin/models"), READS),
        "writes": milliseconds(
            lambda: web.call("PATCH", path, {"description": f"text {next(numbers)}"}), WRITES
        ),
    }


def ask_in_vain(web: Web, llm: str) -> float:
    """Ask for a test that nobody can be rung for; return how long the answer took, in seconds."""
    began = time.monotonic()
    status, body, headers = web.call("POST", f"/api/v1/admin/models/{llm}/test")
    taken = time.monotonic() - began
    assert status == 503, body
    assert body["error"]["code"] == "broker_unavailable"
    assert Job.objects.filter(pk=body["error"]["job"]).exists()
    assert int(headers["Retry-After"]) > 0
    return taken


def lose_everything(server: Redis, *, restart: bool) -> None:
    """Let Redis forget all messages: by FLUSHALL, or by a restart without a disk."""
    if restart:
        server.kill()
        server.start()
    else:
        server.client().flushall()


@pytest.mark.invariant("R2")
@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("restart", [False, True], ids=["flushed", "restarted"])
def test_a_redis_that_forgets_everything_costs_no_test(
    tmp_path: Path, settings: Settings, restart: bool, figure: Callable[..., None]
) -> None:
    with running_redis(tmp_path) as server, running_sandbox(delay_ms=200) as sandbox:
        settings.REGISTRY_PRIVATE_HOSTS = [f"127.0.0.1:{sandbox.port}"]
        provider = make_provider("sandbox", direct_api_url=sandbox.address("/v1"))
        with running_worker(tmp_path, REDIS_URL=server.url, REGISTRY_HOST_CONCURRENCY="2"):
            jobs = [
                connection_tests.request_test(llm, inference=False).test.job_id
                for llm in (
                    make_llm(provider=provider, model_id="sandbox-chat", api_key="open-sesame-77")
                    for _number in range(JOBS)
                )
            ]
            ring(bell(tmp_path, server.url), jobs)
            lose_everything(server, restart=restart)
            seconds = wait_for(all_done, "end of all jobs", seconds=DONE_SECONDS)

    assert set(ConnectionTest.objects.values_list("code", flat=True)) == {ProbeCode.OK}
    assert LogEntry.objects.filter(event="model_tested").count() == JOBS
    assert set(Job.objects.values_list("attempt", flat=True)) == {1}
    figure(jobs=JOBS, done_s=f"{seconds:.1f}", doubled=0)
