"""Names that a far side gives may have a key in them, as its texts may."""

from __future__ import annotations

import base64

import pytest

from registry.outbound.scrub import key_finder
from registry.types import Secret
from tests.factories import API_KEY

NAMES = ("gpt-4o", "lm-studio-community/qwen", "reactor-v1-mini", "text-embedding-3-large", "sk")


@pytest.mark.parametrize(
    "name",
    [
        API_KEY,
        f"acme/{API_KEY}:7b",
        API_KEY.upper(),
        API_KEY[::-1],
        API_KEY[10:18],
        API_KEY.encode().hex(),
        base64.b64encode(API_KEY.encode()).decode(),
    ],
)
def test_a_name_with_eight_characters_of_the_key_is_found(name: str) -> None:
    assert key_finder(Secret(API_KEY))(name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", [API_KEY, "sk-or-v1-0123456789abcdef0123"])
def test_a_name_that_shares_a_word_with_the_key_is_a_name(name: str, key: str) -> None:
    assert not key_finder(Secret(key))(name)


@pytest.mark.parametrize("key", [None, Secret(""), Secret("lm-studio"), Secret("ollama")])
@pytest.mark.parametrize("name", NAMES)
def test_what_stands_for_a_key_where_none_is_needed_is_a_word(
    name: str, key: Secret | None
) -> None:
    assert not key_finder(key)(name)
