"""The ring: the first key encrypts, all of them decrypt, and a wrong one is noticed."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.db import DatabaseError, connection
from pytest_django import Settings

from registry.errors import CredentialUnreadableError, KeyRingError
from registry.fields import Binding, SealedSecret, seal
from registry.models import Connection, KeyRingCanary
from registry.services import key_ring
from registry.services.connections import save_connection
from registry.types import ConnectionChange, Secret
from tests.factories import API_KEY, make_connection

BINDING = Binding(row="1", owner="", origin="https://api.example.com:443")


def ring(*names: str) -> list[str]:
    digests = (hashlib.sha256(name.encode()).digest() for name in names)
    return [base64.urlsafe_b64encode(digest).decode() for digest in digests]


def opened_by(name: str, sealed: SealedSecret) -> bool:
    try:
        Fernet(ring(name)[0]).decrypt(sealed.token)
    except InvalidToken:
        return False
    return True


def test_the_newest_key_encrypts_and_every_key_decrypts(settings: Settings) -> None:
    settings.REGISTRY_ENCRYPTION_KEYS = ring("old")
    before = seal(Secret(API_KEY), BINDING)

    settings.REGISTRY_ENCRYPTION_KEYS = ring("new", "old")
    after = seal(Secret(API_KEY), BINDING)

    assert before.open(BINDING).reveal() == after.open(BINDING).reveal() == API_KEY
    assert (opened_by("old", before), opened_by("new", before)) == (True, False)
    assert (opened_by("old", after), opened_by("new", after)) == (False, True)


def test_a_key_that_left_the_ring_opens_nothing(settings: Settings) -> None:
    settings.REGISTRY_ENCRYPTION_KEYS = ring("old")
    sealed = seal(Secret(API_KEY), BINDING)

    settings.REGISTRY_ENCRYPTION_KEYS = ring("new")

    with pytest.raises(CredentialUnreadableError):
        sealed.open(BINDING)


@pytest.mark.django_db
def test_reading_the_old_and_writing_the_new_works_now(settings: Settings) -> None:
    settings.REGISTRY_ENCRYPTION_KEYS = ring("old")
    row = make_connection()
    settings.REGISTRY_ENCRYPTION_KEYS = ring("new", "old")
    assert Connection.objects.get().open_key().reveal() == API_KEY

    save_connection(row, ConnectionChange(frozenset(), api_key=Secret(API_KEY)))

    settings.REGISTRY_ENCRYPTION_KEYS = ring("new")
    assert Connection.objects.get().open_key().reveal() == API_KEY


@pytest.mark.django_db
def test_the_planted_canary_opens() -> None:
    key_ring.check()
    key_ring.plant_canary()
    key_ring.plant_canary()

    key_ring.check()
    assert KeyRingCanary.objects.count() == 1
    assert str(KeyRingCanary.objects.get()) == "canary"


@pytest.mark.django_db
def test_a_wrong_ring_is_noticed_and_no_key_is_named(settings: Settings) -> None:
    key_ring.plant_canary()
    settings.REGISTRY_ENCRYPTION_KEYS = ring("another installation's")

    with pytest.raises(KeyRingError, match="REGISTRY_ENCRYPTION_KEYS") as refused:
        key_ring.check()

    assert settings.REGISTRY_ENCRYPTION_KEYS[0] not in str(refused.value)


@pytest.mark.django_db
def test_a_ring_with_the_right_key_behind_a_new_one_is_right(settings: Settings) -> None:
    former = list(settings.REGISTRY_ENCRYPTION_KEYS)
    key_ring.plant_canary()
    settings.REGISTRY_ENCRYPTION_KEYS = [*ring("newest"), *former]

    key_ring.check()


@pytest.mark.django_db
def test_another_text_in_the_canary_is_noticed() -> None:
    binding = Binding(row="canary", owner="", origin="")
    KeyRingCanary(pk=1, sealed=seal(Secret("another text"), binding)).save()

    with pytest.raises(KeyRingError):
        key_ring.check()


def test_a_database_that_does_not_answer_is_nothing_to_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**conditions: object) -> None:
        raise DatabaseError("no such table")

    monkeypatch.setattr(KeyRingCanary.objects, "filter", fail)

    key_ring.check()


@pytest.mark.django_db
def test_the_stored_bytes_are_no_plaintext() -> None:
    make_connection()

    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM registry_connection")
        (stored,) = cursor.fetchone()

    assert API_KEY.encode() not in bytes(stored)
    assert bytes(stored).startswith(b"gAAAAA")
