"""Clean text: for people, of somebody else's, and free names with values."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

# Control characters but for line break and tab, halves of surrogate pairs, and what sets the
# direction of the text around it.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def refuse_control_characters(value: str) -> None:
    """Refuse what a reader cannot see or what turns the text around; lines may break."""
    if _UNSEEN.search(value):
        raise ValidationError(_("Remove the control characters from this text."))


class LabelField(models.CharField):  # type: ignore[type-arg]
    """One line for people: trimmed, in Unicode NFC, without control characters."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value if value is None else unicodedata.normalize("NFC", value).strip()

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        refuse_control_characters(value)
        if "\t" in value or len(value.splitlines()) > 1:
            raise ValidationError(_("This must be one line."))


class ExactField(models.CharField):  # type: ignore[type-arg]
    """An identifier of somebody else's, kept letter for letter; only outer blanks are cut."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value if value is None else value.strip()

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        refuse_control_characters(value)
        if any(character.isspace() for character in value):
            raise ValidationError(_("An identifier has no blanks in it."))


class FeaturesField(models.JSONField):
    """Free names and values that no rule reads: an object that every database can store."""

    # Only an object is empty: Django would let [] and "" pass as well.
    empty_values = ({},)

    def to_python(self, value: Any) -> Any:
        """Take nothing, as an emptied form has it, for no names."""
        return {} if value is None else super().to_python(value)

    def validate(self, value: Any, model_instance: Any) -> None:
        if _is_nested(value, deeper_than=DEEPEST):
            raise ValidationError(_("Nest values at most 50 deep."))
        super().validate(value, model_instance)
        if not isinstance(value, dict):
            raise ValidationError(_("Enter an object: names with values."))
        try:
            text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        except ValueError:
            raise ValidationError(_("Enter finite numbers only.")) from None
        if len(text) > LONGEST_PROSE:
            raise ValidationError(_("This text is longer than 20,000 characters."))
        for part in _texts_in(value):
            refuse_control_characters(part)


def _is_nested(value: Any, *, deeper_than: int) -> bool:
    """Look without recursion, of which deep values would take too much."""
    level = [value]
    for _depth in range(deeper_than + 1):
        level = [
            inner
            for part in level
            if isinstance(part, dict | list)
            for inner in (part.values() if isinstance(part, dict) else part)
        ]
    return bool(level)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from (str(name), *_texts_in(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)


LONGEST_PROSE = 20_000  # characters
DEEPEST = 50  # containers inside each other


class ProseField(models.TextField):  # type: ignore[type-arg]
    """Text of several lines, at most 20,000 characters, in NFC, without control characters."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        if value is None:
            return value
        return unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        refuse_control_characters(value)
        if len(value) > LONGEST_PROSE:
            raise ValidationError(_("This text is longer than 20,000 characters."))
