"""N9: the door does not tell which ports of a private host are open."""

from __future__ import annotations

import socket
import statistics
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from registry.outbound.calls import Call
from tests.invariants.test_n5_deadlines import dropping
from tests.outbound import LOOPBACK, Server, dials, message, names, refusal, replying
from tests.stopwatch import stopwatch

pytestmark = pytest.mark.timed

SAMPLES = 100
MOST_APART = 0.05  # seconds, between medians


def closed_port(stack: ExitStack) -> int:
    """Return a port that is taken and does not listen, so that the system refuses callers."""
    taken = stack.enter_context(socket.socket())
    taken.bind((LOOPBACK, 0))
    return int(taken.getsockname()[1])


def median(url: str) -> tuple[float, set[tuple[str, str, str]]]:
    """Return the median time of refusals in seconds, and how they were put."""
    taken, put = [], set()
    for _sample in range(SAMPLES):
        with stopwatch() as watch:
            refused = refusal(Call("GET", url))
        taken.append(watch.seconds)
        host = url.removeprefix("http://")
        put.add((refused.code, refused.detail.replace(host, "host:port"), str(refused.args[1:])))
    return statistics.median(taken), put


@pytest.mark.invariant("N9")
@pytest.mark.parametrize("host", [LOOPBACK, "inside.example"])
def test_open_and_closed_ports_look_alike(
    host: str, monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    names(monkeypatch, lambda _host: [LOOPBACK])
    dialled = dials(monkeypatch)
    with ExitStack() as stack:
        server = stack.enter_context(Server(replying(message(b"the inside"))))
        ports = {
            "open": server.port,
            "closed": closed_port(stack),
            "filtered": stack.enter_context(dropping()),
        }
        before = len(dialled)
        urls = {name: f"http://{host}:{port}" for name, port in ports.items()}
        urls["elsewhere"] = "http://10.255.255.1:81"
        found = {name: median(url) for name, url in urls.items()}

    assert [put for _median, put in found.values()] == [
        {("address_refused", "host:port", "()")}
    ] * len(urls)
    medians = [seconds for seconds, _put in found.values()]
    assert max(medians) - min(medians) <= MOST_APART
    assert (len(dialled) - before, server.connections) == (0, 0)
    apart_ms = round((max(medians) - min(medians)) * 1000, 2)
    figure(host=host, samples=SAMPLES * len(urls), medians_apart_ms=apart_ms, dials=0)
