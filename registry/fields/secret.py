"""Secrets: sealed with where they belong, opened only where they are used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
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
