from __future__ import annotations

import base64
import html
import json
import secrets
import string
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.outbound.scrub import TELLING, scrub
from registry.types import Secret

KEY = "Zq7vT2/mZ9xK+4bN8cW1rY6pL3dF5gH0jS="
SECRET = Secret(KEY)


def pieces(text: str) -> set[str]:
    folded = text.lower()
    return {folded[at : at + TELLING] for at in range(len(folded) - TELLING + 1)}


FORMS = {
    "plain": KEY,
    "upper": KEY.upper(),
    "lower": KEY.lower(),
    "backwards": KEY[::-1],
    "hex": KEY.encode().hex(),
    "HEX": KEY.encode().hex().upper(),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 of a pair": base64.b64encode(f"user:{KEY}".encode()).decode(),
    "base64 behind one": base64.b64encode(f"x{KEY}".encode()).decode(),
    "base64 behind two": base64.b64encode(f"xy{KEY}".encode()).decode(),
    "base64url": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "url": quote(KEY, safe=""),
    "html": html.escape(KEY),
    "json": json.dumps(KEY).replace("/", "\\/"),
    "first half": KEY[:17],
    "last half": KEY[17:],
    "six": KEY[8:14],
    "masked by the far side": f"{KEY[:8]}********{KEY[-4:]}",
    "without width between": "\u200b".join(KEY),
    "turned": f"\u202e{KEY}\u202c",
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    "around", ["{}", "Wrong key: {}.", '{{"key":"{}"}}', "key={}&x", "<b>{}</b>"]
)
def test_no_form_of_the_key_stays(name: str, around: str) -> None:
    kept = scrub(around.format(FORMS[name]), SECRET)

    assert "***" in kept
    assert not pieces(kept) & (pieces(KEY) | pieces(KEY[::-1]) | pieces(KEY.encode().hex()))
    assert not pieces(kept) & pieces(base64.b64encode(KEY.encode()).decode())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"Incorrect API key provided: {KEY}. Sorry", "Incorrect API key provided: *** Sorry"),
        (f"See https://a.example/v1?key={KEY}&x=1", "See https://a.example/v1?***&x=1"),
        ("Incorrect API key provided: sk-abc1****wxyz", "Incorrect API key provided: ***"),
        ("key sk_live_12345678", "key ***"),
        ("Bearer abc123def456", "Bearer ***"),
        ("authorization: bearer abcdefgh", "authorization: bearer ***"),
        ('"api_key":"0123456789abcdef"', '"api_key":"***"'),
        ("API key was 0123456789abcdef", "API key was ***"),
        ("token=0123456789abcdef", "token=***"),
        ("AIzaSyA-0123456789abcdefgh is wrong", "*** is wrong"),
    ],
)
def test_what_looks_like_a_key_is_starred(text: str, kept: str) -> None:
    assert scrub(text, SECRET) == kept
    if KEY not in text:
        assert scrub(text, None) == kept


@pytest.mark.parametrize(
    "text",
    [
        "The model `gpt-4o-mini-2024-07-18` does not exist or you do not have access to it.",
        "This API key has no access to claude-sonnet-4-5-20250929",
        "max_tokens: 4096 is more than 2048 tokens",
        "xai-org/grok-1",
        "Bearer token is missing",
        "Größe überschritten: 模型不存在",
        "6f1c0e3a-0000-4000-8000-000000000001",
        "",
    ],
)
def test_what_people_need_to_read_stays(text: str) -> None:
    assert scrub(text, SECRET) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\tc\x0bd\u2028e\x85f", "a b c d e f"),
        ("  a   b  ", "a b"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("a\u202eb\u2066c\u200bd\ufeff\u00ade", "abcde"),
        ("a\ud800b\ue000c", "abc"),
    ],
)
def test_what_is_kept_is_one_line_that_prints(text: str, kept: str) -> None:
    assert scrub(text, None) == kept


def test_what_is_kept_has_a_limit() -> None:
    assert scrub("x y " * 100, None) == ("x y " * 100)[:299] + "…"
    assert scrub("abcdef", None, limit=6) == "abcdef"
    assert scrub("abcdefg", None, limit=6) == "abcde…"
    assert len(scrub("x y " * 100_000, SECRET, limit=1000)) == 1000


@pytest.mark.parametrize(
    ("key", "text", "kept"),
    [
        ("abc", "key abc, ABC and xabcy", "key ***, *** and x***y"),
        ("12345", "Basic 12345", "Basic ***"),
        ("a.b", "a.b axb", "*** axb"),
        ("", "nothing to hide", "nothing to hide"),
    ],
)
def test_a_short_key_is_starred_as_a_whole(key: str, text: str, kept: str) -> None:
    assert scrub(text, Secret(key)) == kept


def test_blanks_in_a_key_do_not_save_it() -> None:
    kept = scrub("You sent: correct  horse\nbattery", Secret("correct  horse battery"))

    assert kept == "You sent: ***"


KEYS = st.text(st.sampled_from(string.ascii_letters + string.digits + "-_.:/+="), min_size=8)
NOISE = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(deadline=None, database=None, max_examples=300)
@given(KEYS, st.lists(NOISE, min_size=2, max_size=5), st.sampled_from([0, 1, 2, 3]))
def test_whatever_stands_around_a_key_it_goes(key: str, noise: list[str], form: int) -> None:
    shown = [key, key[::-1], key.encode().hex(), quote(key, safe="")][form]

    kept = scrub(shown.join(noise), Secret(key), limit=100_000)

    assert not pieces(kept) & pieces(shown)


HOSTILE = {
    "one run": "x" * 50_000,
    "words": "a b " * 12_500,
    "pieces": f"{KEY[:6]} " * 7_000,
    "keys": KEY * 1_500,
    "key words": "key " * 12_500,
    "joined key words": "key-" * 12_500,
    "prefixes": "sk-" * 16_000,
    "bearers": "Bearer " * 7_000,
    "quotes": "token'" * 8_000,
    "colons": "token:::" * 6_000,
    "nearly keys": f"key {'a' * 64} " * 700,
    "growing letters": "İ" * 50_000,
    "controls": "\x00" * 50_000,
    "blanks": " \n" * 25_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    taken = []
    for _round in range(3):
        started = time.thread_time()  # a busy machine is not the text's doing
        scrub(HOSTILE[name], SECRET)
        taken.append(time.thread_time() - started)

    assert min(taken) <= 0.05


def test_random_keys_never_come_back() -> None:
    for _round in range(200):
        key = secrets.token_urlsafe(secrets.choice([8, 16, 32, 64]))
        text = f"no such key {key[:20]}, {key!r}; got {base64.b64encode(key.encode()).decode()}"
        assert not pieces(scrub(text, Secret(key))) & pieces(key)
