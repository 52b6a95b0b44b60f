"""The parser on its own: what it costs, and that no input makes it slow."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import APIException

from config.api.parsers import MOST_MEMBERS, BoundedJSONParser, TooLargeError
from tests.stopwatch import stopwatch

MEBIBYTE = 1024 * 1024
# A little less than the largest body, of what is worst to parse.
WORST = {
    "lists": b'{"a":[' + b"[]," * 340_000 + b"1]}",
    "objects": b'{"a":[' + b"{}," * 340_000 + b"1]}",
    "numbers": b'{"a":[' + b"1," * 510_000 + b"1]}",
    "keys": json.dumps({f"k{number}": 1 for number in range(80_000)}).encode(),
    "nesting": b"[" * MEBIBYTE,
    "one text": b'{"a":"' + b"x" * 1_000_000 + b'"}',
    "escapes": b'{"a":"' + b"\\u0041" * 170_000 + b'"}',
    "quotes": b'{"a":' + b'"' * 1_000_000,
    "escaped quotes": b'{"a":"' + b'\\"' * 500_000,
    "backslashes": b'{"a":"' + b"\\" * 1_000_000,
    "digits": b'{"a":' + b"9" * 1_000_000 + b"}",
    "blanks": b" " * 1_000_000,
    "colons": b":" * 1_000_000,
}


def parse(raw: bytes, **meta: Any) -> dict[str, Any]:
    request = RequestFactory().post("/", **meta)
    request.META.pop("CONTENT_LENGTH", None)
    context = {"request": request}
    return BoundedJSONParser().parse(io.BytesIO(raw), "application/json", context)


def outcome(raw: bytes) -> dict[str, Any] | int:
    """Return what was parsed, or the status of the refusal."""
    try:
        return parse(raw)
    except APIException as refused:
        return refused.status_code


@pytest.mark.invariant("X3")
@pytest.mark.parametrize("name", WORST)
def test_the_worst_body_costs_little_memory(name: str, figure: Callable[..., None]) -> None:
    tracemalloc.start()
    try:
        found = outcome(WORST[name])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert isinstance(found, dict) or found == 400
    assert peak <= 20 * MEBIBYTE
    figure(body=name, peak_mib=round(peak / MEBIBYTE, 1))


@pytest.mark.timed
@pytest.mark.invariant("X3")
@pytest.mark.parametrize("name", WORST)
def test_the_worst_body_takes_no_second(name: str) -> None:
    with stopwatch() as watch:
        outcome(WORST[name])

    assert watch.seconds <= 1


def test_a_body_without_a_claimed_length_is_cut_off() -> None:
    with pytest.raises(TooLargeError):
        parse(b" " * (MEBIBYTE + 1))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, database=None)
@given(st.dictionaries(TEXT, JSON, max_size=6), st.booleans())
def test_what_is_within_the_bounds_reads_as_json_does(body: dict[str, Any], escaped: bool) -> None:
    raw = json.dumps(body, ensure_ascii=escaped).encode()

    assert parse(raw) == body


@settings(deadline=None, database=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    found = outcome(raw)

    assert found == 400 or found == json.loads(raw)


@pytest.mark.parametrize(("count", "fits"), [(MOST_MEMBERS, True), (MOST_MEMBERS + 1, False)])
def test_keys_are_counted(count: int, fits: bool) -> None:
    raw = json.dumps({f"k{number}": 1 for number in range(count)}).encode()

    if fits:
        assert len(parse(raw)) == count
    else:
        with pytest.raises(APIException, match="too many members"):
            parse(raw)
