from __future__ import annotations

import pytest

from registry.choices import ProbeCode
from registry.dialects.base import Target
from registry.outbound.calls import CallError
from tests.registry.dialects.answers import answer, dialect

CLI = dialect("cli")
TARGET = Target(address="", model_id="acme-1", type="generation")


def test_a_command_line_login_is_never_called() -> None:
    assert CLI.cannot_test(TARGET) == "cli"
    assert CLI.checks(TARGET) == ()
    assert CLI.probe(TARGET) is None
    assert CLI.list_call(TARGET) is None


def test_it_has_no_list_to_read() -> None:
    with pytest.raises(CallError) as refused:
        CLI.read_list(TARGET, answer({"data": []}))

    assert (refused.value.code, refused.value.detail) == (ProbeCode.CANNOT_TEST, "cli")
