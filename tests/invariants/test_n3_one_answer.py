"""N3: a name is looked up once a call, and what was judged is what is dialled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

import pytest

from registry.outbound import network
from tests.outbound import PUBLIC, Server, dials, message, names, outcome, replying
from tests.stopwatch import stopwatch
from tests.threads import together

TRIES = 250
PRIVATE = ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "::ffff:10.0.0.5", "fd00::1"]


def alternating() -> Callable[[str], list[str]]:
    """Answer with a public address, then with a private one, and so on."""
    number = count()

    def answers(_host: str) -> list[str]:
        at = next(number)
        return [PUBLIC] if at % 2 else [PRIVATE[at // 2 % len(PRIVATE)]]

    return answers


def mixed() -> Callable[[str], list[str]]:
    """Answer with public and private addresses at once, in every order."""
    number = count()

    def answers(_host: str) -> list[str]:
        at = next(number)
        found = [PUBLIC, "1.1.1.1", "2606:4700::1111"]
        found.insert(at % 4, PRIVATE[at % len(PRIVATE)])
        return found

    return answers


def failing_first() -> Callable[[str], list[str]]:
    """Know no such name at first, and a private address when asked again."""
    known: set[str] = set()

    def answers(host: str) -> list[str]:
        if host not in known:
            known.add(host)
            raise OSError("NXDOMAIN")
        return ["127.0.0.1"]

    return answers


def turning() -> Callable[[str], list[str]]:
    """Answer with a public address once, and with a private one when asked again."""
    known: set[str] = set()

    def answers(host: str) -> list[str]:
        found = ["127.0.0.1"] if host in known else [PUBLIC]
        known.add(host)
        return found

    return answers


@pytest.mark.invariant("N3")
@pytest.mark.parametrize("servers", [alternating, mixed, failing_first, turning])
def test_what_was_judged_is_what_is_dialled(
    servers: Callable[[], Callable[[str], list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    figure: Callable[..., None],
) -> None:
    server = names(monkeypatch, servers())
    with Server(replying(message())) as inside:
        dialled = dials(monkeypatch, inside.port)
        found = [outcome(f"http://api{number}.example") for number in range(TRIES)]

    answered = found.count(("answered", "200"))
    assert len(server.asked) == TRIES
    assert dialled == [(PUBLIC, 80)] * answered
    assert {code for code, _detail in found} <= {"answered", "address_refused", "unreachable"}
    expected = {"alternating": TRIES // 2, "mixed": 0, "failing_first": 0, "turning": TRIES}
    assert answered == expected[servers.__name__]
    figure(names=servers.__name__, tries=TRIES, look_ups=len(server.asked), private_dials=0)


@pytest.mark.timed
@pytest.mark.invariant("N3")
def test_an_answer_that_comes_too_late_is_not_dialled(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    late = threading.Event()
    names(monkeypatch, lambda _host: (late.wait(8) and []) or ["127.0.0.1", PUBLIC])
    dialled = dials(monkeypatch)

    with stopwatch() as watch:
        found = together([lambda: outcome("http://slow.example", 8)] * 20)
    late.set()

    assert found == [("timeout", "name")] * 20
    assert dialled == []
    assert watch.seconds <= network.NAME_SECONDS + 0.5
    figure(tries=20, seconds=round(watch.seconds, 1), dials=0)
