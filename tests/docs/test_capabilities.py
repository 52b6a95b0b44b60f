from __future__ import annotations

import re

from tests.architecture import source
from tests.architecture.source import ROOT

ROW = re.compile(r"^\| (S\d+\.\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
RANGES = ((1, 24), (30, 33), (35, 43), (46, 47), (53, 56))
EXPECTED = {f"S4.{number}" for first, last in RANGES for number in range(first, last + 1)}
# It needs calls to providers.
LATER = {"S4.8"}


def listed(page: str) -> dict[str, list[str]]:
    """Return the tests that the page names for each capability."""
    return {row[1]: re.findall(r"`([^`]+::[^`]+)`", row[3]) for row in ROW.finditer(page)}


def present() -> set[str]:
    """Return every test of the project as the page names it."""
    return {
        f"{file.name.removeprefix('tests/')}::{function.name}"
        for file in source.tests()
        for function in file.functions()
        if function.name.startswith("test_")
    }


def test_every_capability_is_listed_with_what_proves_it() -> None:
    found = listed((ROOT / "docs/capabilities.md").read_text())

    assert set(found) == EXPECTED
    assert {name for name, proofs in found.items() if not proofs} == LATER


def test_every_named_test_is_there() -> None:
    found = listed((ROOT / "docs/capabilities.md").read_text())
    named = {proof for proofs in found.values() for proof in proofs}

    assert named - present() == set()


def test_a_row_is_understood() -> None:
    page = "| S4.1 | Lists, by `x` | `a/test_a.py::test_b`<br>`c.py::test_d` |\n| S4.2 | No | - |"

    assert listed(page) == {"S4.1": ["a/test_a.py::test_b", "c.py::test_d"], "S4.2": []}
