"""Column types that carry a rule of their own: clean text, bounded numbers, free features."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Field

from registry.fields import (
    DEEPEST,
    LONGEST_PROSE,
    BoundedFloatField,
    BoundedIntegerField,
    Bounds,
    ExactField,
    FeaturesField,
    LabelField,
    ProseField,
)
from registry.models.base import SlugTextField

LABEL, EXACT, PROSE, SLUG = (
    LabelField(max_length=20),
    ExactField(max_length=20),
    ProseField(blank=True),
    SlugTextField(max_length=20),
)
COUNT, SHARE = BoundedIntegerField(bounds=Bounds(1, 10)), BoundedFloatField(bounds=Bounds(0, 2))

# Characters that nobody sees, or that turn the text around.
UNCLEAN = {
    "NUL": "\x00",
    "bell": "\x07",
    "escape": "\x1b",
    "delete": "\x7f",
    "C1": "\x85",
    "lone surrogate": "\ud800",
    "right-to-left override": "\u202e",
    "left-to-right embedding": "\u202a",
    "isolate": "\u2066",
    "arabic letter mark": "\u061c",
    "left-to-right mark": "\u200e",
}


def cleaned(field: Field[Any, Any], value: object) -> Any:
    return field.clean(value, None)


@pytest.mark.parametrize("field", [LABEL, EXACT, PROSE], ids=["label", "exact", "prose"])
@pytest.mark.parametrize("name", UNCLEAN)
def test_control_and_bidi_characters_are_refused(field: Field[Any, Any], name: str) -> None:
    with pytest.raises(ValidationError):
        cleaned(field, f"a{UNCLEAN[name]}b")


@pytest.mark.parametrize("break_", ["\n", "\t", "\r", "\x0b", "\x0c", "\u2028", "\u2029"])
def test_a_label_is_one_line(break_: str) -> None:
    with pytest.raises(ValidationError):
        cleaned(LABEL, f"a{break_}b")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain", "plain"),
        ("  outer blanks  ", "outer blanks"),
        ("e\u0301", "\u00e9"),
        ("Größe 4", "Größe 4"),
        ("日本語", "日本語"),
        ("\u05d0\u05d1", "\u05d0\u05d1"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("<b>&amp;", "<b>&amp;"),
        ("{{ x }} ${HOME}", "{{ x }} ${HOME}"),
        (7, "7"),
    ],
)
def test_a_label_is_kept_in_one_normal_form(given: object, kept: str) -> None:
    assert cleaned(LABEL, given) == kept


@pytest.mark.parametrize("value", ["", "   ", "\n", None, "x" * 21, "x" * 1_000_000])
def test_a_label_is_neither_empty_nor_too_long(value: object) -> None:
    with pytest.raises(ValidationError):
        cleaned(LABEL, value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("meta/llama-3:8b", "meta/llama-3:8b"),
        (" gpt-4o ", "gpt-4o"),
        ("GPT-4o", "GPT-4o"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_an_identifier_is_kept_letter_for_letter(given: str, kept: str) -> None:
    assert cleaned(EXACT, given) == kept


@pytest.mark.parametrize("value", ["two words", "a\u00a0b", "a\u2003b", "a\nb", "", "x" * 21])
def test_an_identifier_has_no_blanks(value: str) -> None:
    with pytest.raises(ValidationError):
        cleaned(EXACT, value)


def test_prose_may_have_lines_and_is_bounded() -> None:
    assert cleaned(PROSE, " a\r\nb\tc \n") == "a\nb\tc"
    assert cleaned(PROSE, "x" * LONGEST_PROSE) == "x" * LONGEST_PROSE
    with pytest.raises(ValidationError):
        cleaned(PROSE, "x" * (LONGEST_PROSE + 1))


@pytest.mark.parametrize("value", ["a", "0", "a.b_c-d", "  a  "])
def test_a_slug_is_what_addresses_carry(value: str) -> None:
    assert cleaned(SLUG, value) == value.strip()


@pytest.mark.parametrize("value", ["A", "-a", "a b", "a/b", "", "ner", "x" * 21, "a\nb", "\u0430"])
def test_anything_else_is_no_slug(value: str) -> None:
    with pytest.raises(ValidationError):
        cleaned(SLUG, value)


@pytest.mark.parametrize(("value", "kept"), [(1, 1), (10, 10), ("5", 5), (5.0, 5), (None, None)])
def test_a_whole_number_within_its_bounds(value: object, kept: int | None) -> None:
    assert cleaned(COUNT, value) == kept


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        11,
        2**31,
        2**63,
        10**400,
        1.5,
        float("nan"),
        float("inf"),
        float("-inf"),
        "1e5",
        "1.5",
        "NaN",
        "Infinity",
        "x",
        True,
        False,
        [1],
        {"a": 1},
    ],
    ids=str,
)
def test_any_other_value_is_no_such_number(value: object) -> None:
    with pytest.raises(ValidationError):
        cleaned(COUNT, value)


@pytest.mark.parametrize(
    ("value", "kept"), [(0, 0.0), (2, 2.0), (0.7, 0.7), ("1.5", 1.5), (None, None), ("1e0", 1.0)]
)
def test_a_finite_number_within_its_bounds(value: object, kept: float | None) -> None:
    assert cleaned(SHARE, value) == kept


@pytest.mark.parametrize(
    "value",
    [-0.1, 2.1, 2**63, 10**400, float("nan"), float("inf"), "nan", "inf", "1e5", "x", True, [1]],
    ids=str,
)
def test_a_number_beyond_all_bounds_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        cleaned(SHARE, value)


@pytest.mark.parametrize("bounds", [Bounds(), Bounds(1), Bounds(maximum=5), Bounds(1, 5)], ids=repr)
def test_bounds_may_be_open(bounds: Bounds) -> None:
    field = BoundedIntegerField(bounds=bounds)
    wrong = [value for value in (0, 6) if not _fits(field, value)]

    assert wrong == [
        value for value, bound in ((0, bounds.minimum), (6, bounds.maximum)) if bound is not None
    ]


def _fits(field: BoundedIntegerField, value: int) -> bool:
    try:
        cleaned(field, value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("field", [COUNT, SHARE], ids=["whole", "finite"])
def test_bounds_are_no_part_of_a_migration(field: Field[Any, Any]) -> None:
    _name, _path, _arguments, options = field.deconstruct()

    assert not {"validators", "bounds"} & set(options)


def test_a_number_that_is_always_known_stays_so_in_a_migration() -> None:
    field: Field[Any, Any] = BoundedIntegerField(null=False, blank=False)

    again = field.clone()

    assert (again.null, again.blank) == (False, False)


@pytest.mark.parametrize(
    "value", [{}, {"a": 1}, {"a": [True, None, 1.5, {"b": "größer\nzwei"}]}], ids=str
)
def test_features_are_an_object(value: dict[str, object]) -> None:
    assert cleaned(FeaturesField(blank=True), value) == value


def test_nothing_is_an_object_without_names() -> None:
    assert cleaned(FeaturesField(blank=True), None) == {}


@pytest.mark.parametrize(
    "value",
    [
        [],
        "",
        [1],
        "text",
        7,
        {"a": float("nan")},
        {"a": [float("inf")]},
        {"a": "b\x00c"},
        {"a\x00": 1},
        {"a": ["\ud800"]},
        {"a": {"b": ["\u202e"]}},
        {"a": {1, 2}},
        {"a": "x" * LONGEST_PROSE},
    ],
    ids=str,
)
def test_features_that_not_every_database_stores_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        cleaned(FeaturesField(blank=True), value)


def test_features_nest_so_deep_and_no_deeper() -> None:
    field = FeaturesField(default=dict)
    whole: Any = {"a": 1}
    for _level in range(DEEPEST - 1):
        whole = {"a": whole}

    assert cleaned(field, whole) == whole
    with pytest.raises(ValidationError, match="Nest values at most 50 deep"):
        cleaned(field, {"a": whole})


def test_features_far_too_deep_are_refused_as_well() -> None:
    whole: Any = 1
    for _level in range(100_000):
        whole = [whole]

    with pytest.raises(ValidationError, match="Nest values at most"):
        cleaned(FeaturesField(default=dict), {"a": whole})
