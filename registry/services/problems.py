"""Gathers what is wrong with a request, so that one answer names every field."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Problems:
    """Messages by field; `finish()` raises them all at once."""

    def __init__(self) -> None:
        self.found: dict[str, list[Any]] = {}

    def add(self, field: str, message: Any) -> None:
        texts = self.found.setdefault(field, [])
        if message not in texts:  # two rows may complain about the same text
            texts.append(message)

    @contextmanager
    def gather(self, **renamed: str) -> Iterator[None]:
        """Keep the ValidationError raised inside; `renamed` gives fields other names."""
        try:
            yield
        except ValidationError as error:
            messages = error.message_dict if hasattr(error, "error_dict") else None
            for field, texts in (messages or {NON_FIELD_ERRORS: error.messages}).items():
                for text in texts:
                    self.add(renamed.get(field, field), text)

    def finish(self) -> None:
        if self.found:
            raise ValidationError(self.found)
