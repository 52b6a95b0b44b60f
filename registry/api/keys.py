"""A provider's key in a body: write-only, and blank keeps what is stored."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from registry.models import Connection
from registry.services.keys import read_key
from registry.types import Secret


def take_key(values: dict[str, Any], connection: Connection | None) -> Secret | None:
    """Take `api_key` out of `values` and return it; None keeps what is stored.

    Raises ValidationError on `api_key`.
    """
    text = values.pop("api_key", None)
    try:
        return read_key(text, hint=connection.key_hint if connection else "")
    except ValidationError as error:
        raise ValidationError({"api_key": error.messages}) from None
