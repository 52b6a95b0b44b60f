"""Keyed hashes: they tell equal from different and nothing else."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def fingerprint(text: str, *, purpose: str) -> str:
    """Return 64 hexadecimal digits of HMAC-SHA256 under REGISTRY_FINGERPRINT_KEY.

    `purpose` separates uses, so that equal texts in two places do not look equal.
    """
    key = settings.REGISTRY_FINGERPRINT_KEY.encode()
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()
