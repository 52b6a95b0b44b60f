"""These tests need a LiteLLM proxy, which has an environment of its own: `make test-litellm`.

Without LITELLM_BIN they are not collected at all.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.litellm.proxy import BINARY, Proxy, running_proxy
from tests.outbound import private_host

collect_ignore_glob = [] if BINARY else ["test_*.py"]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running_proxy(tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


@pytest.fixture
def proxy(running: Proxy, settings: Settings) -> Proxy:
    """Return the proxy, which the door may call as the environment would allow it."""
    private_host(settings, running.port)
    return running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not BINARY:
        terminalreporter.write_line("tests/litellm is left out: `make test-litellm` runs it.")
