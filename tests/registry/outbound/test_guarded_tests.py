"""A test that forgets to put a far side in the network's place fails, and reaches nobody."""

from __future__ import annotations

import threading

import pytest

from registry.outbound import http, network
from registry.outbound.calls import Call, CallError
from tests.conftest import OutboundCallError


def test_an_address_out_there_is_not_dialled(no_outbound: list[object]) -> None:
    with pytest.raises(OutboundCallError):
        http.send(Call("GET", "http://1.1.1.1"))

    assert no_outbound == [("1.1.1.1", 80)]
    no_outbound.clear()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_name_out_there_is_not_looked_up(no_outbound: list[object]) -> None:
    free = network._look_ups._value

    with pytest.raises(CallError, match="no_such_name"):
        http.send(Call("GET", "https://api.example"))

    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(1)  # it ends with the guard's error, which belongs to this test
    assert no_outbound == ["api.example"]
    assert network._look_ups._value == free
    no_outbound.clear()
