"""What is accepted as a provider's key, and what is only the picture of one."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.types import Secret

LONGEST = 8_192  # characters; service-account documents are the longest keys in use

_MASK_ONLY = re.compile(r"[*\u2022\u25cf\u2026.]+")
_MASKED_PART = re.compile(r"[*\u2022\u25cf]{3,}|\u2026")
_HINT = re.compile(r"key[0-9a-f]{8}")


def read_key(text: str | None, *, hint: str) -> Secret | None:
    """Return the key in `text`, or None where it means "keep what is stored".

    Blank keeps, and so does the echo of our own hint or of a row of stars. Raises
    ValidationError for a mask where nothing is stored, for a key with a masked part, and for
    characters that no HTTP header carries.
    """
    value = (text or "").strip()
    if not value or value == hint:
        return None
    if _MASK_ONLY.fullmatch(value) or _HINT.fullmatch(value):
        if hint:
            return None
        raise ValidationError(_("This is a mask, not a key. Enter the key itself."))
    if _MASKED_PART.search(value):
        raise ValidationError(_("Part of this key is masked. Enter the whole key."))
    if len(value) > LONGEST:
        raise ValidationError(_("This key is too long."))
    if not value.isascii() or not value.isprintable():
        raise ValidationError(_("A key consists of plain visible characters on one line."))
    return Secret(value)
