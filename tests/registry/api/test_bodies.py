"""Bodies are bounded before they are parsed."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from registry.models import LLMModel
from tests.registry.api.client import MODELS, Api, body_of_generation, code_of, fields_of
from tests.stopwatch import stopwatch

MEBIBYTE = 1024 * 1024


def nested(opening: str, closing: str, depth: int) -> bytes:
    return (opening * depth + "1" + closing * depth).encode()


def many_keys(count: int) -> bytes:
    return json.dumps({f"k{number}": 1 for number in range(count)}).encode()


# name -> (body, headers, status, code)
HOSTILE: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "a byte too many": (b" " * MEBIBYTE + b"{}", {}, 413, "too_large"),
    "100,000 lists": (b"[" * 100_000, {}, 400, "parse_error"),
    "lists within lists": (b'{"tags":' + nested("[", "]", 100_000) + b"}", {}, 400, "parse_error"),
    "objects within objects": (nested('{"a":', "}", 100_000), {}, 400, "parse_error"),
    "33 levels": (nested('{"a":', "}", 33), {}, 400, "parse_error"),
    "1,000,000 keys": (many_keys(1_000_000), {}, 413, "too_large"),
    "50,000 keys": (many_keys(50_000), {}, 400, "parse_error"),
    "300,000 elements": (b'{"tags":[' + b"1," * 300_000 + b"1]}", {}, 400, "parse_error"),
    "300,000 empty lists": (b'{"tags":[' + b"[]," * 300_000 + b"1]}", {}, 400, "parse_error"),
    "a number of 5,000 digits": (b'{"name":' + b"9" * 5000 + b"}", {}, 400, "invalid"),
    "a fraction of 5,000 digits": (b'{"name":0.' + b"9" * 5000 + b"}", {}, 400, "invalid"),
    "a key named twice": (b'{"name":"a","name":"b"}', {}, 400, "invalid"),
    "a deep key named twice": (b'{"config":{"top_k":1,"top_k":2}}', {}, 400, "invalid"),
    "gzip": (gzip.compress(b"{}"), {"Content_Encoding": "gzip"}, 415, "unsupported_media_type"),
    "a gzip bomb": (
        gzip.compress(b" " * 50 * MEBIBYTE),
        {"Content_Encoding": "gzip"},
        415,
        "unsupported_media_type",
    ),
    "an unknown encoding": (b"{}", {"Content_Encoding": "br"}, 415, "unsupported_media_type"),
    "invalid UTF-8": (b'{"name":"\xff\xfe"}', {}, 400, "parse_error"),
    "UTF-16": ('{"name":"x"}'.encode("utf-16"), {}, 400, "parse_error"),
    "a byte order mark": (b"\xef\xbb\xbf{}", {}, 400, "parse_error"),
    "another charset": (
        b"{}",
        {"content_type": "application/json; charset=utf-7"},
        415,
        "unsupported_media_type",
    ),
    "a form": (
        b"name=x",
        {"content_type": "application/x-www-form-urlencoded"},
        415,
        "unsupported_media_type",
    ),
    "plain text": (b"{}", {"content_type": "text/plain"}, 415, "unsupported_media_type"),
    "XML": (b"<a/>", {"content_type": "application/xml"}, 415, "unsupported_media_type"),
    "a list": (b"[]", {}, 400, "parse_error"),
    "a text": (b'"x"', {}, 400, "parse_error"),
    "null": (b"null", {}, 400, "parse_error"),
    "NaN alone": (b"NaN", {}, 400, "parse_error"),
    "not JSON": (b"{name: 1}", {}, 400, "parse_error"),
    "half a body": (b'{"name": "x', {}, 400, "parse_error"),
    "half an escape": (b'{"name": "x\\', {}, 400, "parse_error"),
    "quotes without end": (b'{"name": "' + b'\\"' * 400_000, {}, 400, "parse_error"),
    "two bodies": (b"{}{}", {}, 400, "parse_error"),
    "blanks": (b"   ", {}, 400, "parse_error"),
}


@pytest.mark.invariant("X3")
def test_a_hostile_body_is_refused_fast(api: Api, figure: Callable[..., None]) -> None:
    slowest = 0.0
    for name, (body, headers, status, code) in HOSTILE.items():
        with stopwatch() as watch:
            answer = api.post(MODELS, body, **headers)
        assert (answer.status_code, code_of(answer)) == (status, code), (name, answer.content)
        assert watch.seconds <= 1, name
        slowest = max(slowest, watch.seconds)

    assert not LLMModel.objects.exists()
    figure(bodies=len(HOSTILE), slowest_ms=round(slowest * 1000))


@pytest.mark.invariant("X3")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"name":"a","name":"b"}', "name"),
        (b'{"config":{"top_k":1,"top_k":2}}', "top_k"),
        (b'{"config":{"top_p":NaN}}', "top_p"),
        (b'{"tags":[1,-Infinity]}', "tags"),
        (b'{"config":{"top_k":' + b"9" * 41 + b"}}", "top_k"),
        (b'{"config":{"top_p":1e999}}', "top_p"),
        (b'{"capabilities":{"a":{"b":"\\u0000"}}}', "capabilities"),
    ],
)
def test_the_refusal_names_the_field(api: Api, body: bytes, field: str) -> None:
    answer = api.post(MODELS, body)

    assert (answer.status_code, fields_of(answer)) == (400, {field})


class Pouring(io.RawIOBase):
    """A body of as many bytes as anybody wants to read; counts them."""

    def __init__(self) -> None:
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "somebody reads without a bound"
        self.read_bytes += size
        return b" " * size


@pytest.mark.invariant("X3")
@pytest.mark.parametrize("claimed", [100 * MEBIBYTE, MEBIBYTE + 1])
def test_a_length_that_is_claimed_is_refused_before_anything_is_read(
    api: Api, claimed: int
) -> None:
    body: Any = Pouring()

    answer = api.client.generic(
        "POST",
        MODELS,
        **{
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(claimed),
            "wsgi.input": body,
        },
    )

    assert answer.status_code == 413
    assert body.read_bytes == 0


def test_a_body_in_chunks_is_refused_and_not_taken_for_an_empty_one(api: Api) -> None:
    answer = api.patch("/api/v1/admin/providers/openai", None, Transfer_Encoding="chunked")

    assert (answer.status_code, code_of(answer)) == (411, "length_required")


def test_32_levels_are_not_too_many(api: Api) -> None:
    # The body and `features` are two levels, the lists are the other thirty.
    body = b'{"slug":"x","name":"X","features":{"a":' + b"[" * 30 + b"]" * 30 + b"}}"

    answer = api.post("/api/v1/admin/platforms", body)

    assert answer.status_code == 201, answer.content


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "APPLICATION/JSON"])
def test_json_goes_by_its_name(api: Api, kind: str) -> None:
    assert api.post(MODELS, body_of_generation(), content_type=kind).status_code == 201


def test_brackets_and_quotes_inside_a_text_are_just_text(api: Api) -> None:
    text = '[[[{{{"\\' * 200

    answer = api.post(MODELS, body_of_generation(description=text))

    assert answer.status_code == 201
    assert answer.json()["description"] == text
