"""Tables of plug-ins: names with dotted paths, read when they are asked for."""

from __future__ import annotations

import pytest

from registry.plugins import Plugins

TABLE = Plugins(
    {
        "here": "tests.registry.test_plugins.ENTRY",
        "nowhere": "tests.registry.no_such_file.ENTRY",
        "nameless": "tests.registry.test_plugins.NO_SUCH_NAME",
    }
)
ENTRY = object()


def test_an_entry_is_what_stands_behind_its_path() -> None:
    # The same one each time: an entry may remember what it has prepared.
    assert TABLE.get("here") is TABLE.get("here")


def test_the_names_of_a_table_are_known_without_reading_an_entry() -> None:
    assert list(TABLE) == ["here", "nowhere", "nameless"]
    assert "nowhere" in TABLE
    assert "elsewhere" not in TABLE


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("elsewhere", KeyError),
        ("nowhere", ModuleNotFoundError),
        ("nameless", AttributeError),
    ],
)
def test_a_wrong_entry_says_what_is_wrong(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        TABLE.get(name)


def test_a_table_keeps_its_entries_whatever_becomes_of_the_list_it_was_made_of() -> None:
    paths = {"here": "tests.registry.test_plugins.ENTRY"}
    table = Plugins(paths)
    paths.clear()

    assert list(table) == ["here"]
