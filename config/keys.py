"""The keys of an installation: checked before anything else starts, made once.

A message names a key by its position and its id (the first eight hex digits of its SHA-256),
never by its value.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
MIN_SECRET_CHARS = 32
# Random bytes repeat themselves little: 32 of them have fewer than 16 distinct values once in
# more than 10^9 rings. Typed, repeated or zero bytes do.
MIN_DISTINCT_BYTES = 16
MIN_DISTINCT_CHARS = 8
# Keys that stand in public documentation: the Fernet specification's, and Airflow's example.
PUBLISHED = frozenset(
    {
        "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=",
        "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=",
    }
)
PLACEHOLDERS = ("change", "default", "django-insecure", "example", "placeholder", "replace")
CREATE = "Run `manage.py bootstrap` to create the keys of a new installation."


def key_id(key: str) -> str:
    """Return the name by which a key may be shown: 8 hex digits of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def load_ring(text: str | None) -> list[str]:
    """Return the Fernet keys in `text`, newest first; the first encrypts, all of them decrypt.

    Raises ImproperlyConfigured for a missing, published, guessable, malformed or repeated key.
    """
    if text is None:
        raise ImproperlyConfigured(f"The key ring (REGISTRY_ENCRYPTION_KEYS) is missing. {CREATE}")
    keys = text.split()
    if not keys:
        raise ImproperlyConfigured("The key ring (REGISTRY_ENCRYPTION_KEYS) is empty.")
    seen: set[bytes] = set()
    for position, key in enumerate(keys, start=1):
        name = f"Key {position} ({key_id(key)}) of REGISTRY_ENCRYPTION_KEYS"
        raw = _key_bytes(key, name)
        if raw in seen:
            raise ImproperlyConfigured(f"{name} is there twice.")
        seen.add(raw)
    return keys


def _key_bytes(key: str, name: str) -> bytes:
    if not FERNET_KEY.fullmatch(key):
        raise ImproperlyConfigured(f"{name} is not 32 bytes in URL-safe base64.")
    raw = base64.urlsafe_b64decode(key)
    steps = {(second - first) % 256 for first, second in pairwise(raw)}
    if key in PUBLISHED or len(set(raw)) < MIN_DISTINCT_BYTES or len(steps) == 1:
        raise ImproperlyConfigured(f"{name} is a default key that others know. Make a new one.")
    return raw


def load_secret(text: str | None, name: str, *, others: Iterable[str] = ()) -> str:
    """Return `text` if it is fit for signing: 32 characters or more, and none of `others`.

    Raises ImproperlyConfigured, naming `name`, for anything else.
    """
    if text is None:
        raise ImproperlyConfigured(f"{name} is missing. {CREATE}")
    if not text:
        raise ImproperlyConfigured(f"{name} is empty.")
    if len(text) < MIN_SECRET_CHARS:
        raise ImproperlyConfigured(f"{name} is shorter than {MIN_SECRET_CHARS} characters.")
    guessable = len(set(text)) < MIN_DISTINCT_CHARS
    if guessable or any(word in text.lower() for word in PLACEHOLDERS):
        raise ImproperlyConfigured(f"{name} is a default value that others know. Make a new one.")
    if text in set(others):
        raise ImproperlyConfigured(f"{name} is the same as another key. Make a new one.")
    return text


def create_keys(directory: Path, names: Iterable[str]) -> list[str]:
    """Write the key files of `names` that are missing (0600 in a folder of 0700).

    An existing file is never touched. Returns the names that were written.
    """
    for folder in (directory.parent, directory):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for name in names:
        try:
            descriptor = os.open(directory / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_new_key(name) + "\n")
            file.flush()
            os.fsync(file.fileno())
        written.append(name)
    return written


def _new_key(name: str) -> str:
    if name == "encryption_keys":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(48)


def readable_by_others(directory: Path) -> list[str]:
    """Name the key files whose mode lets the group or others read them."""
    return sorted(
        path.name for path in directory.glob("*") if path.is_file() and path.stat().st_mode & 0o077
    )
