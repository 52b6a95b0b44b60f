"""Column types that carry a rule of their own: secrets, bounds, clean text."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from fernet_fields import EncryptedTextField

from registry.errors import CredentialUnreadableError
from registry.types import Secret


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """Return the cipher of the ring: the newest key encrypts, all of them decrypt."""
    return _cipher(tuple(settings.REGISTRY_ENCRYPTION_KEYS))


@dataclass(frozen=True)
class Binding:
    """Where a secret belongs; it is sealed in with it and checked when it is opened."""

    row: str
    owner: str
    origin: str


class SealedSecret:
    """A secret as it lies in the table: ciphertext, opened only where it is used."""

    __slots__ = ("token",)

    def __init__(self, token: bytes) -> None:
        self.token = token

    def __repr__(self) -> str:
        return "SealedSecret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SealedSecret) and other.token == self.token

    def __hash__(self) -> int:
        return hash(self.token)

    def open(self, binding: Binding) -> Secret:
        """Return the secret. Raises CredentialUnreadableError unless it belongs to `binding`."""
        try:
            content = json.loads(cipher().decrypt(self.token))
        except (InvalidToken, ValueError):
            raise CredentialUnreadableError from None
        if not isinstance(content, dict) or content.get("binding") != vars(binding):
            raise CredentialUnreadableError
        return Secret(content["secret"])


def seal(secret: Secret, binding: Binding) -> SealedSecret:
    content = {"binding": vars(binding), "secret": secret.reveal()}
    return SealedSecret(cipher().encrypt(json.dumps(content).encode()))


class UnsearchableMixin:
    """Refuses every lookup but `isnull`: a filter that answers differently reveals the value."""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)  # type: ignore[misc]
        raise FieldError(f"{self.__class__.__name__} does not support lookups")

    def get_transform(self, lookup_name: str) -> NoReturn:
        raise FieldError(f"{self.__class__.__name__} does not support lookups")


class SecretField(UnsearchableMixin, EncryptedTextField):
    """Holds a SealedSecret or None. Nothing else can be written, not even by an expression."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    @property
    def fernet(self) -> MultiFernet:
        return cipher()

    def from_db_value(self, value: Any, expression: Any, connection: Any, *args: Any) -> Any:
        return None if value is None else SealedSecret(bytes(value))

    def to_python(self, value: Any) -> SealedSecret | None:
        if value is None or isinstance(value, SealedSecret):
            return value
        raise ValidationError(_("A key can only be set through its connection."))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, SealedSecret):
            raise TypeError("a secret column takes a SealedSecret or None")
        return connection.Database.Binary(value.token)

    def value_to_string(self, obj: models.Model) -> str:
        return ""  # dumpdata stays clean


class FingerprintField(UnsearchableMixin, models.CharField):  # type: ignore[type-arg]
    """The keyed hash of a secret, in hexadecimal; shown in part, searched never."""


@dataclass(frozen=True)
class Bounds:
    """The inclusive range of a number; None is open."""

    minimum: float | None = None
    maximum: float | None = None

    def validators(self) -> list[Any]:
        low = [] if self.minimum is None else [MinValueValidator(self.minimum)]
        high = [] if self.maximum is None else [MaxValueValidator(self.maximum)]
        return [*low, *high]


def _refuse_not_finite(value: float) -> None:
    if not math.isfinite(value):
        raise ValidationError(_("Enter a finite number."))


class _BoundedMixin:
    def to_python(self, value: Any) -> Any:
        """Refuse what Python takes for a number all the same: true is no 1."""
        if isinstance(value, bool):
            raise ValidationError(_("Enter a number."))
        try:
            return super().to_python(value)  # type: ignore[misc]
        except OverflowError:
            raise ValidationError(_("This number is out of range.")) from None

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        kwargs.pop("validators", None)  # the bounds are Python's; the CHECK is the table's
        return name, path, args, kwargs


class BoundedIntegerField(_BoundedMixin, models.IntegerField):  # type: ignore[type-arg]
    """A whole number, or null for unknown. The table's CHECK repeats the bounds."""

    def __init__(self, *args: Any, bounds: Bounds = Bounds(), **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["validators"] = bounds.validators()
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, float) and math.isfinite(value) and not value.is_integer():
            raise ValidationError(_("Enter a whole number."))
        return super().to_python(value)


class BoundedFloatField(_BoundedMixin, models.FloatField):  # type: ignore[type-arg]
    """A finite number, or null for unknown. The table's CHECK repeats the bounds."""

    def __init__(self, *args: Any, bounds: Bounds = Bounds(), **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["validators"] = [_refuse_not_finite, *bounds.validators()]
        super().__init__(*args, **kwargs)


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

    def validate(self, value: Any, model_instance: Any) -> None:
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
