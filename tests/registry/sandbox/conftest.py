from __future__ import annotations

from collections.abc import Iterator

import pytest

from registry.sandbox.server import SandboxServer
from tests.sandbox import running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with running_sandbox() as server:
        yield server
