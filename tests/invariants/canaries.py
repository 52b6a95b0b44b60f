"""Keys that can be recognised anywhere, and the search for every piece of them."""

from __future__ import annotations

import base64
import html
import os
import secrets
import subprocess
from pathlib import Path
from urllib.parse import quote, quote_plus

from django.db import connection

CANARY_LENGTH = 40  # characters
PIECE = 8
# Besides letters and digits, what addresses, pages and forms write in another way.
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=&%<"


def make_canary() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CANARY_LENGTH))


def _windows(text: bytes, length: int) -> set[bytes]:
    return {text[start : start + length] for start in range(len(text) - length + 1)}


def _base64_spellings(raw: bytes) -> set[bytes]:
    """The key at each of the three places that it can have in an encoded text."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        inner = encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def pieces(canary: str) -> tuple[set[bytes], set[bytes]]:
    """Return all pieces of eight characters in any spelling, and those written as hex digits."""
    raw = canary.encode()
    spellings = {raw, html.escape(canary).encode(), quote(canary).encode()}
    spellings |= {quote(canary, safe="").encode(), quote_plus(canary).encode()}
    spellings |= _base64_spellings(raw)
    plain = {piece for spelling in spellings for piece in _windows(spelling, PIECE)}
    hexadecimal = _windows(raw.hex().encode(), 2 * PIECE)
    return plain, hexadecimal | _windows(raw.hex().upper().encode(), 2 * PIECE)


class Search:
    """Looks for every piece of some canaries at once."""

    def __init__(self, canaries: list[str]) -> None:
        self.plain: set[bytes] = set()
        self.hexadecimal: set[bytes] = set()
        for canary in canaries:
            plain, hexadecimal = pieces(canary)
            self.plain |= plain
            self.hexadecimal |= hexadecimal

    def hits(self, haystack: bytes | str) -> list[bytes]:
        """Return the pieces that are in the haystack; a line that repeats is read once."""
        text = haystack.encode("utf-8", "replace") if isinstance(haystack, str) else haystack
        return [
            piece
            for line in set(text.split(b"\n"))
            for pieces, length in ((self.plain, PIECE), (self.hexadecimal, 2 * PIECE))
            for at in range(len(line) - length + 1)
            if (piece := line[at : at + length]) in pieces
        ]


def database_bytes() -> bytes:
    """Return all that is stored: the files of SQLite, or PostgreSQL's dump."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        path = Path(str(settings["NAME"]))
        files = sorted(path.parent.glob(path.name + "*"))
        return b"".join(file.read_bytes() for file in files)
    command = ["pg_dump", "--host", settings["HOST"], "--port", str(settings["PORT"] or 5432)]
    command += ["--username", settings["USER"], settings["NAME"]]
    environment = os.environ | {"PGPASSWORD": settings["PASSWORD"] or ""}
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout
