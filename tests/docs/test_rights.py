from __future__ import annotations

import re

from registry.services.accounts import RIGHTS
from tests.architecture.source import ROOT

TABLE = re.compile(r"<!-- rights -->\n(.*?)<!-- end of rights -->", re.DOTALL)
Rights = dict[str, dict[str, tuple[str, ...]]]


def documented(text: str) -> Rights:
    """Return the table between the markers, in the form of the service's own."""
    table = TABLE.search(text)
    assert table, "the page has no table of rights"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]
    groups = rows[0][1:]
    found: Rights = {group: {} for group in groups}
    for name, *cells in rows[2:]:
        model = re.findall(r"`(\w+)`", name)[0]
        for group, cell in zip(groups, cells, strict=True):
            if cell != "-":
                found[group][model] = tuple(cell.split(", "))
    return found


def test_the_table_of_rights_is_the_one_that_bootstrap_gives() -> None:
    assert documented((ROOT / "docs/security.md").read_text()) == RIGHTS


def test_a_right_too_many_is_found() -> None:
    page = "<!-- rights -->\n| table | readers |\n|---|---|\n| tags (`tag`) | view, add |\n"

    assert documented(page + "<!-- end of rights -->") == {"readers": {"tag": ("view", "add")}}
