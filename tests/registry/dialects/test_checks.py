"""registry.E001: what stands in the table of dialects can be imported and keeps its contract."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from registry import checks
from registry.dialects import DIALECTS
from registry.dialects.base import Rule
from registry.dialects.openai import OpenAI
from registry.plugins import Plugins

HERE = "tests.registry.dialects.test_checks"


class Nameless(OpenAI):
    name = "another"


class Ruleless(OpenAI):
    name = "ruleless"
    rule: Any = {"api_key": "required"}


class Halved:
    name = "halved"
    rule = Rule()
    checks = "none"

    def cannot_test(self, target: object) -> str:
        return ""


NAMELESS, RULELESS, HALVED = Nameless(), Ruleless(), Halved()


def faults(name: str, path: str) -> list[str]:
    return list(checks.broken_dialects(Plugins({name: path})))


def test_the_table_has_no_fault() -> None:
    assert checks.check_plugins(None) == []


def test_the_check_is_among_those_of_the_start() -> None:
    assert [found for found in run_checks() if found.id == "registry.E001"] == []


@pytest.mark.parametrize(
    "path",
    [
        "registry.dialects.nowhere.DIALECT",
        "registry.dialects.openai.NOTHING",
        "no_such_package.DIALECT",
    ],
)
def test_an_entry_that_cannot_be_imported_is_named(path: str) -> None:
    (fault,) = faults("lost", path)

    assert fault.startswith("The dialect lost cannot be imported: ")


@pytest.mark.parametrize(
    ("name", "entry", "missing"),
    [
        ("nameless", "NAMELESS", "name"),
        ("ruleless", "RULELESS", "rule"),
        ("halved", "HALVED", "checks, probe, list_call, read_list"),
    ],
)
def test_what_an_entry_lacks_is_named(name: str, entry: str, missing: str) -> None:
    assert faults(name, f"{HERE}.{entry}") == [
        f"The dialect {name} does not keep its contract: {missing}"
    ]


def test_a_dialect_that_no_file_speaks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Plugins({name: path for name, path in DIALECTS.paths.items() if name != "azure"})
    monkeypatch.setattr(checks, "DIALECTS", table)

    (found,) = checks.check_plugins(None)

    assert (found.id, found.msg) == (
        "registry.E001",
        "The dialect azure is not in the table of registry/dialects.",
    )
