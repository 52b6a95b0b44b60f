"""The sandbox provider for tests: on a free port of this machine, recording what it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from registry.sandbox.server import SandboxServer


@contextmanager
def running_sandbox(*, delay_ms: int = 0) -> Iterator[SandboxServer]:
    """Serve in a thread for the block; `requests` of the server has every request, in order.

    `sandbox.address("/v1", fault="bad_key")` is an address for a connection.
    """
    server = SandboxServer(delay_ms=delay_ms, record=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()
