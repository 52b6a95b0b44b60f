"""A published LiteLLM proxy on this machine: its own process, its own environment, no database."""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.config.processes import free_port
from tests.outbound import Server
from tests.workers import wait_for

# `make test-litellm` installs the proxy and names it here.
BINARY = os.environ.get("LITELLM_BIN", "")
CONFIG = Path(__file__).with_name("config.yaml")
KEY = "sk-proxy-Tq3vM8zK5nW2xB7c"
WRONG_KEY = "sk-proxy-this-is-not-the-key"
# Seconds: it imports a lot, and two processors may be busy with other things.
START_SECONDS = 180
STOP_SECONDS = 20
# The price list that came with the package, no telemetry, no page of documentation.
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "LITELLM_LOG": "ERROR",
    "LITELLM_MODE": "PRODUCTION",
    "NO_DOCS": "True",
}


@dataclass(frozen=True)
class Proxy:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_proxy(folder: Path) -> Iterator[Proxy]:
    """Run the proxy of config.yaml for the block; it answers when the block begins."""
    proxy = Proxy(free_port())
    log = folder / "proxy.log"
    with Server() as silent, log.open("wb") as output:
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **QUIET}
        environment |= {"PROXY_KEY": KEY, "SILENT_UPSTREAM": f"{silent.url}/v1"}
        process = subprocess.Popen(
            [
                *(BINARY, "--config", str(CONFIG), "--host", "127.0.0.1"),
                *("--port", str(proxy.port), "--num_workers", "1", "--telemetry", "False"),
            ],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(
                lambda: is_ready(proxy, process, log), "answering proxy", seconds=START_SECONDS
            )
            yield proxy
        finally:
            stop(process)


def is_ready(proxy: Proxy, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text(errors="replace")
    request = urllib.request.Request(
        f"{proxy.url}/v1/models", headers={"Authorization": f"Bearer {KEY}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status) == 200
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
