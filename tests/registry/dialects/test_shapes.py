"""Reading what a stranger sent never raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.dialects import shapes

BODY: dict[str, Any] = {"a": [{"b": "text"}, 7], "n": {"c": None}}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)
STEPS = st.lists(st.sampled_from(["a", "b", "text", 0, 1, 5]), max_size=4)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), BODY),
        (("a", 0, "b"), "text"),
        (("a", 1), 7),
        (("a", 2), None),
        (("a", "b"), None),
        ((0,), None),
        (("n", "c", "d"), None),
        (("a", 0, "b", 0), None),
    ],
)
def test_a_way_that_ends_early_leads_to_nothing(path: tuple[str | int, ...], found: object) -> None:
    assert shapes.at(BODY, *path) == found


@given(ANYTHING, STEPS)
def test_anything_can_be_read(value: Any, path: list[str | int]) -> None:
    count = shapes.count_at(value, *path)

    assert isinstance(shapes.text_at(value, *path), str)
    assert isinstance(shapes.list_at(value, *path), list)
    assert isinstance(shapes.holds_text(value), bool)
    assert isinstance(shapes.is_vector(value), bool)
    assert count is None or 0 <= count <= shapes.LARGEST_COUNT


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (0, 0),
        (7, 7),
        (7.0, 7),
        (2_147_483_647, 2_147_483_647),
        (2_147_483_648, None),
        (-1, None),
        (7.5, None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        ("7", None),
        (None, None),
        (10**400, None),
    ],
)
def test_a_count_is_a_whole_number_that_a_column_holds(value: object, count: int | None) -> None:
    assert shapes.count_at([value], 0) == count


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ([1, 2.5, -3], True),
        ([10**400], True),
        ([float("nan")], False),
        ([float("inf")], False),
        ([True], False),
        ([], False),
        ("0.1", False),
    ],
)
def test_a_vector_holds_finite_numbers(value: object, fits: bool) -> None:
    assert shapes.is_vector(value) is fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("acme/chat:7b", True),
        ("x" * 200, True),
        ("x" * 201, False),
        ("", False),
        ("a\nb", False),
        ("a\x00b", False),
        ("\u202eabc", False),
        (7, False),
    ],
)
def test_an_id_is_one_line_that_a_column_holds(value: object, fits: bool) -> None:
    assert shapes.is_id(value) is fits


@pytest.mark.parametrize(
    ("counts", "total"),
    [((1, 2), 3), ((None, 2), 2), ((None, None), None), ((shapes.LARGEST_COUNT, 1), None)],
)
def test_a_total_is_of_what_is_known(counts: tuple[int | None, ...], total: int | None) -> None:
    assert shapes.total(*counts) == total
