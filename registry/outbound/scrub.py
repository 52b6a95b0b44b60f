"""What may be kept of a far side's text: one short line without the key, or what looks like one."""

from __future__ import annotations

import base64
import html
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus

from registry.types import Secret

STARS = "***"
# As many characters of the key in a row are too many.
TELLING = 6
# In names, which are shorter than texts and share words with keys such as `lm-studio`, as many
# characters are too many, and of a long key only.
TELLING_IN_NAME, LONG_KEY = 8, 16
# What is kept is short: nobody needs to look at the rest of a page.
_MOST_READ = 8_000

# Controls, marks without width or that turn the writing, halves of pairs, private, unassigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

# The characters that keys are made of, in all their forms.
_TOKEN = r"A-Za-z0-9_\-+/=%.*~"  # noqa: S105
_RUN = re.compile(f"[{_TOKEN}]+")
_LOOKALIKES = (
    # Prefixes by which providers mark their keys; some begin names of models, too.
    re.compile(rf"\bsk[-_][{_TOKEN}]{{4,}}"),
    re.compile(r"\b(?:gsk|xai|hf|r8|pplx|nvapi)[-_][A-Za-z0-9_-]{16,}|\bAIza[A-Za-z0-9_-]{16,}"),
    # The word stays, what follows goes.
    re.compile(rf"(?:(?<=\bbearer )|(?<=\bbasic ))[{_TOKEN}]{{6,}}", re.IGNORECASE),
)
_AFTER_WORD = re.compile(
    rf"""(\b(?:api[ _-]?key|key|token|secret|password|credential|authorization)s?["']?
    (?:\ (?:provided|given|is|was|value))?[\s:="'`(]{{1,4}})
    (?=[{_TOKEN}]{{0,64}}[0-9*])[{_TOKEN}]{{12,}}""",
    re.IGNORECASE | re.VERBOSE,
)


def scrub(text: str, secret: Secret | None, *, limit: int = 300) -> str:
    """Return `text` as one line of at most `limit` characters, with stars for what is secret.

    Stars stand for every run of characters that has TELLING characters in a row in common with
    the key, in any case, backwards, or in base64, hex or an escaped form; for a shorter key
    where it stands; and for what looks like a key of somebody else.
    """
    line = _line(text[:_MOST_READ])
    if secret:
        line = _without(secret.reveal(), line)
    for pattern in _LOOKALIKES:
        line = pattern.sub(STARS, line)
    line = _AFTER_WORD.sub(rf"\1{STARS}", line)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def key_finder(secret: Secret | None) -> Callable[[str], bool]:
    """Return what tells whether a far side's name for something has a piece of the key in it."""
    key = secret.reveal() if secret else ""
    forms = _forms(key) if len(key) >= LONG_KEY else set()
    telling = {piece for form in forms for piece in _pieces(_fold(form), TELLING_IN_NAME)}
    return lambda name: not telling.isdisjoint(_pieces(_fold(name), TELLING_IN_NAME))


def _line(text: str) -> str:
    """Return what prints of `text` as one line: no controls, no directions of writing."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if sign.isspace() else sign for sign in text if _is_shown(sign))
    return " ".join(text.split())


def _is_shown(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) not in _UNSEEN


def _without(key: str, line: str) -> str:
    folded = _fold(line)
    if len(key) < TELLING:
        whole = re.escape(_fold(key))
        return _starred(line, [match.span() for match in re.finditer(whole, folded)])
    telling = {piece for form in _forms(key) for piece in _pieces(_fold(form))}
    starts = [at for at, piece in enumerate(_pieces(folded)) if piece in telling]
    return _starred(line, _widened(line, starts))


def _pieces(text: str, length: int = TELLING) -> list[str]:
    return [text[at : at + length] for at in range(len(text) - length + 1)]


def _fold(text: str) -> str:
    """Return `text` in lower case, sign by sign, so that places in it stay the same."""
    folded = text.lower()
    if len(folded) == len(text):
        return folded
    return "".join(sign.lower()[:1] for sign in text)


def _forms(key: str) -> set[str]:
    """Return the key as it may come back: as it is, backwards, encoded or escaped."""
    raw = key.encode(errors="surrogatepass")
    forms = {key, key[::-1], raw.hex(), quote(key, safe=""), quote_plus(key), html.escape(key)}
    forms |= {key.replace("/", "\\/"), key.replace("\\", "\\\\").replace('"', '\\"')}
    forms.add(_line(key))
    # Base64 looks different behind one, two or no bytes of something else ("user:" + key); the
    # first and last signs then belong to that, too.
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + raw).decode().rstrip("=")
            forms.add(encoded[(0, 2, 3)[before] : len(encoded) - 1])
    return forms


def _widened(line: str, starts: list[int]) -> list[tuple[int, int]]:
    """Return the spans of all telling pieces, each as wide as the run of characters it is in."""
    spans: list[tuple[int, int]] = []
    runs = [match.span() for match in _RUN.finditer(line)]
    at = 0
    for start in starts:
        first, last = start, start + TELLING
        while at < len(runs) and runs[at][1] <= first:
            at += 1
        near = at
        while near < len(runs) and runs[near][0] < last:
            first, last = min(first, runs[near][0]), max(last, runs[near][1])
            near += 1
        spans.append((first, last))
    return spans


def _starred(line: str, spans: list[tuple[int, int]]) -> str:
    """Return `line` with stars for `spans`, which are in order and may overlap."""
    merged: list[tuple[int, int]] = []
    for first, last in spans:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    if not merged:
        return line
    between = [line[last:first] for (_first, last), (first, _last) in pairwise(merged)]
    kept = [line[: merged[0][0]], *between, line[merged[-1][1] :]]
    return STARS.join(kept)
