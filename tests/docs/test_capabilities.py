from __future__ import annotations

import re

from tests.architecture import source
from tests.architecture.source import ROOT

ROW = re.compile(r"^\| ([SP]\d+\.\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
RANGES = {
    "S0": ((1, 47),),
    "S1": ((1, 45),),
    "S2": ((3, 9), (13, 13), (16, 16), (20, 30), (34, 40)),
    "S3": ((1, 32), (36, 43), (45, 46), (50, 63)),
    "S4": ((1, 44), (46, 47), (53, 56)),
    "P2": ((6, 6), (8, 8), (10, 12), (16, 16)),
}
EXPECTED = {
    f"{group}.{number}"
    for group, ranges in RANGES.items()
    for first, last in ranges
    for number in range(first, last + 1)
}


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
    assert {name for name, proofs in found.items() if not proofs} == set()


def test_every_named_test_is_there() -> None:
    found = listed((ROOT / "docs/capabilities.md").read_text())
    named = {proof for proofs in found.values() for proof in proofs}

    assert named - present() == set()


def test_a_row_is_understood() -> None:
    page = "| S4.1 | Lists, by `x` | `a/test_a.py::test_b`<br>`c.py::test_d` |\n| S4.2 | No | - |"

    assert listed(page) == {"S4.1": ["a/test_a.py::test_b", "c.py::test_d"], "S4.2": []}
