from __future__ import annotations

import pytest

from registry.outbound.calls import Answer, Call, CallError, Credential
from registry.types import Secret

KEY = "sk-qQ7vT2mZ9xK4bN8cW1rY6pL3dF5gH0jS"


def answer(body: bytes, content_type: str = "application/json; charset=utf-8") -> Answer:
    return Answer(200, {"content-type": content_type}, body, elapsed_ms=7)


def test_an_answer_is_read_as_json() -> None:
    assert answer(b'{"data": []}').json() == {"data": []}
    assert answer(b"").media_type == "application/json"


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"NaN", b'{"a":1,"a":2}', b"[" * 99])
def test_an_answer_that_is_no_json_has_a_bad_shape(body: bytes) -> None:
    with pytest.raises(CallError) as refused:
        answer(body, "Text/HTML ;q=1").json()

    assert (refused.value.code, refused.value.detail) == ("bad_shape", "text/html")
    assert refused.value.elapsed_ms == 7


def test_a_call_does_not_print_its_key() -> None:
    call = Call("GET", "https://api.example/v1", credential=Credential("x-api-key", Secret(KEY)))

    assert KEY not in repr(call)
    assert "x-api-key" in repr(call)


def test_an_error_names_its_code_and_detail() -> None:
    assert str(CallError("unreachable", "refused")) == "unreachable refused"
    assert str(CallError("too_large")) == "too_large"
