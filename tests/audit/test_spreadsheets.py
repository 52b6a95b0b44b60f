from __future__ import annotations

import csv
import io

import pytest

from audit import spreadsheets
from registry.services.providers import save_provider
from registry.types import Change
from tests.factories import make_provider
from tests.trail import written


@pytest.mark.invariant("X2")
@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",  # noqa: RUF001
        "  =1",
        '"=1',
    ],
)
def test_no_cell_begins_a_formula(text: str) -> None:
    assert spreadsheets.as_text(text) == f"'{text}"


@pytest.mark.invariant("X2")
def test_no_formula_follows_a_semicolon() -> None:
    assert spreadsheets.as_text("a;=cmd()") == "a;'=cmd()"
    assert spreadsheets.as_text("a; @x; b") == "a;' @x; b"


@pytest.mark.parametrize("text", ["plain", "a=b", "x-y", "1 + 1", "", "mail@example.org", "{}"])
def test_plain_text_stays(text: str) -> None:
    assert spreadsheets.as_text(text) == text


@pytest.mark.django_db
def test_the_file_has_a_line_an_event_and_every_cell_quoted() -> None:
    provider = make_provider("acme")
    provider.name = "=HYPERLINK(1)"
    with written() as events:
        save_provider(provider, Change(frozenset({"name"})))

    text = "".join(spreadsheets.lines(events))

    rows = list(csv.DictReader(io.StringIO(text)))
    assert text.splitlines()[0].startswith('"when","who"')
    assert [row["event"] for row in rows] == ["provider_updated"]
    assert rows[0]["what"].startswith("changed the provider acme: name Acme → =HYPERLINK")
    assert rows[0]["changes"] == '{"name": ["Acme", "=HYPERLINK(1)"]}'
    assert rows[0]["source"] == "system"
    assert rows[0]["object id"] == str(provider.pk)
