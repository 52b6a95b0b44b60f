from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registry.services.keys import LONGEST, read_key

HINT = "key0a1b2c3d"
MASKS = ["***", "********", "••••••••", "●●●●", "…", "...", "*", "•*•*", HINT, "keydeadbeef"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("sk-abc", "sk-abc"),
        ("  sk-abc\n", "sk-abc"),
        ("sk-a**b", "sk-a**b"),
        ("sk.with.dots", "sk.with.dots"),
        ("two words", "two words"),
        ("keyboard", "keyboard"),
        ("key0a1b2c3d4", "key0a1b2c3d4"),
        ("KEY0A1B2C3D", "KEY0A1B2C3D"),
        ("x" * LONGEST, "x" * LONGEST),
        ('{"type": "service_account"}', '{"type": "service_account"}'),
    ],
)
@pytest.mark.parametrize("hint", ["", HINT])
def test_a_key_is_taken_as_it_is(text: str, key: str, hint: str) -> None:
    secret = read_key(text, hint=hint)

    assert secret is not None
    assert secret.reveal() == key


@pytest.mark.parametrize("text", [None, "", "   ", "\n\t"])
@pytest.mark.parametrize("hint", ["", HINT])
def test_a_blank_keeps_what_is_stored(text: str | None, hint: str) -> None:
    assert read_key(text, hint=hint) is None


@pytest.mark.parametrize("text", MASKS)
def test_the_echo_of_a_mask_keeps_the_stored_key(text: str) -> None:
    assert read_key(text, hint=HINT) is None


@pytest.mark.parametrize("text", MASKS)
def test_a_mask_is_no_key_where_nothing_is_stored(text: str) -> None:
    with pytest.raises(ValidationError, match="mask"):
        read_key(text, hint="")


@pytest.mark.parametrize("text", ["sk-***", "sk-abc...***def", "sk-••••", "●●●abc", "sk-ab…yz"])
@pytest.mark.parametrize("hint", ["", HINT])
def test_a_half_masked_key_is_refused(text: str, hint: str) -> None:
    with pytest.raises(ValidationError, match="masked"):
        read_key(text, hint=hint)


@pytest.mark.parametrize(
    "text", ["sk-ä", "sk\x00x", "sk\nx", "sk\rx", "sk\x7f", "ключ", "sk\u200b"]
)
def test_what_no_header_carries_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="plain visible"):
        read_key(text, hint="")


def test_a_key_has_a_longest_length() -> None:
    with pytest.raises(ValidationError, match="too long"):
        read_key("x" * (LONGEST + 1), hint="")


@pytest.mark.parametrize("text", ["sk-ab…yz", "x" * 9000, "sk-q7Z9ä"])
def test_a_refusal_does_not_repeat_the_key(text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        read_key(text, hint="")

    assert text[:5] not in str(refusal.value)
