from __future__ import annotations

import base64
import hashlib
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import keys

KEY = base64.urlsafe_b64encode(hashlib.sha256(b"first").digest()).decode()
OTHER = base64.urlsafe_b64encode(hashlib.sha256(b"second").digest()).decode()
SECRET = hashlib.sha256(b"secret").hexdigest()


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


# The same key written another way: the last character carries two bits that do not count.
TWIN = KEY[:-2] + chr(ord(KEY[-2]) + 1) + "="


@pytest.mark.parametrize(
    ("ring", "reason"),
    [
        (None, "missing"),
        ("", "empty"),
        (" \n", "empty"),
        ("short", "not 32 bytes"),
        (encoded(b"x" * 16), "not 32 bytes"),
        (encoded(hashlib.sha512(b"x").digest()), "not 32 bytes"),
        (KEY.rstrip("="), "not 32 bytes"),
        (KEY[:-3] + "+/=", "not 32 bytes"),
        (encoded(b"\0" * 32), "default key"),
        (encoded(b"registry" * 4), "default key"),
        (encoded(bytes(range(32))), "default key"),
        (encoded(bytes(range(200, 136, -2))), "default key"),
        ("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=", "default key"),
        (f"{KEY} {KEY}", "twice"),
        (f"{KEY} {OTHER} {KEY}", "twice"),
        (f"{KEY}\n{TWIN}", "twice"),
    ],
)
def test_a_bad_ring_is_refused_with_its_reason(ring: str | None, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason) as refusal:
        keys.load_ring(ring)

    assert not any(part in str(refusal.value) for part in (ring or "").split())


def test_the_refusal_names_the_key_by_its_place_and_id() -> None:
    bad = "not-a-key"

    with pytest.raises(ImproperlyConfigured) as refusal:
        keys.load_ring(f"{KEY} {bad}")

    assert f"Key 2 ({hashlib.sha256(bad.encode()).hexdigest()[:8]})" in str(refusal.value)


def test_a_ring_keeps_its_order() -> None:
    assert keys.load_ring(f" {KEY}\n{OTHER} ") == [KEY, OTHER]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "missing"),
        ("", "empty"),
        ("x9" * 15, "shorter than 32"),
        ("ab" * 40, "default value"),
        ("django-insecure-" + SECRET, "default value"),
        ("Change-me-" + SECRET, "default value"),
        (SECRET, "same as another key"),
    ],
)
def test_a_bad_secret_is_refused_with_its_reason(value: str | None, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"REGISTRY_X is .*{reason}") as refusal:
        keys.load_secret(value, "REGISTRY_X", others=[SECRET])

    assert not value or value not in str(refusal.value)


def test_a_good_secret_is_taken() -> None:
    assert keys.load_secret(SECRET, "REGISTRY_X", others=[KEY]) == SECRET


def test_created_keys_are_good_and_closed(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "keys"

    written = keys.create_keys(folder, ["encryption_keys", "secret_key"])

    assert written == ["encryption_keys", "secret_key"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in written} == {0o600}
    ring = keys.load_ring((folder / "encryption_keys").read_text())
    assert Fernet(ring[0]).decrypt(Fernet(ring[0]).encrypt(b"x")) == b"x"
    assert keys.load_secret((folder / "secret_key").read_text().strip(), "REGISTRY_X")


def test_created_keys_pass_every_time(tmp_path: Path) -> None:
    for number in range(200):
        keys.create_keys(tmp_path / str(number), ["encryption_keys", "secret_key"])
        keys.load_ring((tmp_path / str(number) / "encryption_keys").read_text())
        keys.load_secret((tmp_path / str(number) / "secret_key").read_text().strip(), "X")


def test_an_existing_key_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("mine")

    written = keys.create_keys(tmp_path, ["encryption_keys", "secret_key"])

    assert written == ["encryption_keys"]
    assert (tmp_path / "secret_key").read_text() == "mine"


def test_open_key_files_are_named(tmp_path: Path) -> None:
    keys.create_keys(tmp_path, ["encryption_keys", "secret_key"])
    (tmp_path / "secret_key").chmod(0o640)

    assert keys.readable_by_others(tmp_path) == ["secret_key"]
    assert keys.readable_by_others(tmp_path / "absent") == []
