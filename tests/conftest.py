"""What every test has: an audit context, no way out of the machine, and a place for figures."""

from __future__ import annotations

import gc
import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from coverage import Coverage

from audit import context
from tests.subcases import forget_answers

# What asks everything again and again: counting its lines takes minutes and finds hardly a new one
# (75 of 26,000).
UNCOUNTED = (
    "tests/architecture/",
    "tests/benchmarks/",
    "tests/invariants/",
    "tests/registry/admin/test_scripts_stay_text.py",
    "tests/registry/api/test_access.py",
    "tests/registry/api/test_query_counts.py",
    "tests/registry/api/test_writable_fields.py",
    "tests/registry/services/selection/test_properties.py",
    "tests/registry/services/test_mended_lists.py",
    "tests/registry/services/test_price_ledger.py",
)
LOOPBACK_NAMES = {"localhost", "ip6-localhost", "testserver"}


class OutboundCallError(AssertionError):
    """A test reached for a host other than this machine."""


def pytest_collection_finish() -> None:
    """Keep the collector off what lives until the end: it took a fifth of the whole run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)


@pytest.fixture(autouse=True)
def uncounted_lines(request: pytest.FixtureRequest) -> Iterator[None]:
    """Count no lines in the tests of `UNCOUNTED`, if this run counts any (`--cov`)."""
    counter = Coverage.current() if request.node.nodeid.startswith(UNCOUNTED) else None
    if counter is None:
        yield
        return
    counter.stop()
    yield
    counter.start()


@pytest.fixture(autouse=True)
def audit_context(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let tests write rows directly; `without_context` marks those about its absence."""
    if request.node.get_closest_marker("without_context"):
        yield
        return
    with context.use(source="system"):
        yield


@pytest.fixture(autouse=True)
def forgotten_answers() -> None:
    """Start each test without the answers that another one prepared."""
    forget_answers()


def is_local(address: object) -> bool:
    """Say whether a socket address is a path (unix) or a loopback host."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


@pytest.fixture(autouse=True)
def no_outbound(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Refuse every connection and look-up beyond this machine, and fail the test that tried.

    The error alone would not do: the code under test may swallow it.
    """
    tried: list[object] = []

    def guarded(original: Callable[..., Any], position: int) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            target = args[position] if len(args) > position else kwargs.get("host")
            address = target if position else (target,)
            if target and not is_local(address):
                tried.append(target)
                raise OutboundCallError(f"{original.__name__} to {target!r}")
            return original(*args, **kwargs)

        return call

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect, 1))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex, 1))
    monkeypatch.setattr(socket, "getaddrinfo", guarded(socket.getaddrinfo, 0))
    yield tried
    if tried:
        raise OutboundCallError(f"this test reached for {tried!r}")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that notes what a proof counted: `figure(starts=24, refused=24)`.

    The figures are printed at the end of the run, under the test's invariants.
    """

    def note(**figures: object) -> None:
        marks = [mark.args[0] for mark in request.node.iter_markers("invariant")]
        text = ", ".join(f"{name} {value}" for name, value in figures.items())
        request.node.user_properties.append(("figure", f"{' '.join(marks) or '-'}: {text}"))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the proofs that passed."""
    lines = [
        f"{value}  ({report.nodeid})"
        for report in terminalreporter.getreports("passed")
        if report.when == "call"
        for name, value in report.user_properties
        if name == "figure"
    ]
    if lines:
        terminalreporter.section("figures of the invariants")
        for line in sorted(lines):
            terminalreporter.write_line(line)
