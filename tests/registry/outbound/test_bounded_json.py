from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.outbound import bounded_json
from registry.outbound.bounded_json import TooDeepError, TooManyMembersError, parse

MEBIBYTE = 1024 * 1024
MODEL = {
    "id": "maker/model-with-a-long-name-0000",
    "name": "A model",
    "context_length": 128000,
    "architecture": {"modality": "text->text", "input_modalities": ["text", "image"]},
    "pricing": {"prompt": "0.0000005", "completion": "0.0000015", "request": "0"},
    "top_provider": {"context_length": 128000, "is_moderated": False},
    "supported_parameters": ["tools", "temperature", "top_p", "seed", "stop"],
    "per_request_limits": None,
    "description": "x" * 300,
}
# Bodies of 4 MiB of what is worst to parse.
WORST = {
    "lists": b"[" + b"[]," * 1_390_000 + b"1]",
    "objects": b"[" + b"{}," * 1_390_000 + b"1]",
    "numbers": b"[" + b"1," * 2_090_000 + b"1]",
    "members": b"[" + b'"",' * 1_390_000 + b"1]",
    "keys": b"{" + b",".join(b'"k%d":1' % number for number in range(290_000)) + b"}",
    "nesting": b"[" * 4 * MEBIBYTE,
    "closing": b"]" * 4 * MEBIBYTE,
    "one text": b'"' + b"x" * 4_000_000 + b'"',
    "escapes": b'"' + b"\\u0041" * 690_000 + b'"',
    "quotes": b'"' * 4_000_000,
    "escaped quotes": b'"' + b'\\"' * 2_000_000,
    "backslashes": b'"' + b"\\" * 4_000_000,
    "digits": b"9" * 4_000_000,
    "blanks": b" " * 4_000_000,
    "colons": b":" * 4_000_000,
    "small objects": b"[" + b'{"a":1},' * 99_990 + b"1]",
}


def outcome(raw: bytes) -> Any:
    try:
        return parse(raw)
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' [1, -2.5e3, "x", null, true] ', [1, -2500.0, "x", None, True]),
        ('"ü \U0001f600"'.encode(), "ü \U0001f600"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\\ud83d"', "\\ud83d"),
        (b"9" * 400, int("9" * 400)),
        (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
        (b'{"[[[[{": "]]]]]]\\""}', {"[[[[{": ']]]]]]"'}),
    ],
)
def test_plain_json_is_read(raw: bytes, value: Any) -> None:
    assert parse(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"<html></html>",
        b"{",
        b'{"a": 1,}',
        b"\xff\xfe{}",
        b'"\xc3\x28"',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b"NaN",
        b"[Infinity]",
        b'{"a": -Infinity}',
        b"1e999",
        b"9" * 401,
        b"0." + b"1" * 400,
        b'{"a": 1, "a": 2}',
        b'{"a": 1, "\\u0061": 2}',
        b'[{"x": {"a": null, "b": 1, "a": null}}]',
        b'"\x00"',
        rb'"\u0000"',
        rb'{"\ud800": 1}',
        rb'["\ud800x"]',
        rb'["\udc00\ud800"]',
        b'"a\nb"',
        b"[1]]",
        b"1 2",
    ],
)
def test_what_is_no_json_or_means_two_things_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(raw)


@pytest.mark.parametrize("raw", [b"[" * 33 + b"]" * 33, b'{"a":' * 100_000, b"[" * 100_000])
def test_depth_is_bounded(raw: bytes) -> None:
    with pytest.raises(TooDeepError):
        parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" + b"1," * bounded_json.MOST_MEMBERS + b"1,1]",
        b"[" + b"[]," * bounded_json.MOST_CONTAINERS + b"1]",
        b"{" + b",".join(b'"%d":1' % number for number in range(1_000_000)) + b"}",
    ],
    ids=["elements", "lists", "keys"],
)
def test_members_are_bounded(raw: bytes) -> None:
    with pytest.raises(TooManyMembersError):
        parse(raw)


def test_a_list_of_five_thousand_models_passes() -> None:
    models = [MODEL | {"id": f"maker/model-{number}"} for number in range(5_000)]
    raw = json.dumps({"data": models}).encode()

    assert 3 * MEBIBYTE < len(raw) < 4 * MEBIBYTE
    assert parse(raw) == {"data": models}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_body_costs_little(name: str) -> None:
    started = time.thread_time()  # a busy machine is not the body's doing
    outcome(WORST[name])
    seconds = time.thread_time() - started
    tracemalloc.start()
    try:
        outcome(WORST[name])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert seconds <= 1.5
    assert peak <= 60 * MEBIBYTE


@settings(deadline=None, database=None)
@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_any_bytes_are_read_as_json_or_refused(raw: bytes) -> None:
    found = outcome(raw)

    assert isinstance(found, ValueError) or found == json.loads(raw)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), inner)
    ),
    max_leaves=20,
)


@settings(deadline=None, database=None)
@given(VALUES, st.booleans())
def test_what_is_within_the_bounds_reads_as_json_does(value: Any, escaped: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value
