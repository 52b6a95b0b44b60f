"""registry.E002: what stands in the table of list formats keeps the contract of ListFormat."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from registry import checks
from registry.formats import FORMATS
from registry.formats.base import ListFormat
from registry.formats.generic import Generic
from registry.plugins import Plugins

HERE = "tests.registry.formats.test_checks"


class Nameless(Generic):
    name = "another"


class Odd(Generic):
    name = "odd"
    content_type = "yaml"
    parameters: Any = "limit"


class Promised(ListFormat):
    name = "promised"


class Halved:
    name = "halved"
    content_type = "application/json"
    parameters = ()
    frame = b""

    def entry(self, model: object) -> dict[str, Any]:
        return {}


NAMELESS, ODD, PROMISED, HALVED, FINE = Nameless(), Odd(), Promised(), Halved(), Generic()


def faults(name: str, path: str) -> list[str]:
    return list(checks.broken_formats(Plugins({name: path})))


def test_the_table_has_no_fault() -> None:
    assert checks.check_formats(None) == []


def test_the_check_is_among_those_of_the_start() -> None:
    assert [found for found in run_checks() if found.id == "registry.E002"] == []


def test_a_fault_is_an_error_of_its_own_number(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {**FORMATS.paths, "lost": "registry.formats.nowhere.FORMAT"}
    monkeypatch.setattr(checks, "FORMATS", Plugins(paths))

    (found,) = checks.check_formats(None)

    assert found.id == "registry.E002"
    assert found.msg.startswith("The list format lost cannot be imported: ")


@pytest.mark.parametrize(
    "path",
    [
        "registry.formats.nowhere.FORMAT",
        "registry.formats.openai.NOTHING",
        "no_such_package.FORMAT",
    ],
)
def test_an_entry_that_cannot_be_imported_is_named(path: str) -> None:
    (fault,) = faults("lost", path)

    assert fault.startswith("The list format lost cannot be imported: ")


@pytest.mark.parametrize(
    ("name", "entry", "missing"),
    [
        ("nameless", "NAMELESS", "name"),
        ("odd", "ODD", "content_type, parameters"),
        # base.py only says what these three should do.
        ("promised", "PROMISED", "entry, frame, error"),
        ("halved", "HALVED", "arrange, single, window, whole, frame, error"),
    ],
)
def test_what_an_entry_lacks_is_named(name: str, entry: str, missing: str) -> None:
    assert faults(name, f"{HERE}.{entry}") == [
        f"The list format {name} does not keep its contract: {missing}"
    ]


def test_an_entry_that_keeps_the_contract_has_no_fault() -> None:
    assert faults("generic", f"{HERE}.FINE") == []


def test_a_class_in_the_place_of_its_instance_is_a_fault() -> None:
    # Its methods are there, but nothing to call them on.
    assert faults("generic", f"{HERE}.Generic") != []
