"""Brings about what a case takes as given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.fernet import Fernet
from pytest_django.fixtures import Settings

from registry.fields import SealedSecret
from registry.models import Connection
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.cases.case_files import Case
from tests.cases.fixtures import World, as_system, empty_the_trail
from tests.provider import FakeProvider

Word = Callable[[World, str, Any, Settings], None]
# Words that say what the fixtures leave out; there is no other value of them.
LEFT_OUT = {"models", "knowledge_bases"}
# What the cases of /api/registry are about, whether they say so or not.
CATALOGUE = "the catalogue of the selection cases"
OVER_THE_CATALOGUE = "S3"
# Words that the building of the world answers to.
BUILT = {*LEFT_OUT, "catalogue"}


def prepare(case: Case, settings: Settings, provider: FakeProvider | None = None) -> World:
    """Build the case's world. An unknown given value fails by its name."""
    world = World(case.fixtures, provider or FakeProvider())
    with as_system():
        left_out = {word: case.given.get(word) for word in LEFT_OUT}
        assert set(left_out.values()) <= {None, "none"}, f"unknown given: {left_out}"
        catalogue = case.given.get("catalogue", CATALOGUE)
        assert catalogue == CATALOGUE, f"unknown given: catalogue: {catalogue}"
        world.build(
            models=left_out["models"] is None,
            knowledge_bases=left_out["knowledge_bases"] is None,
            catalogue="catalogue" in case.given or case.ac == OVER_THE_CATALOGUE,
        )
        for word, value in case.given.items():
            if word not in BUILT:
                _word(word)(world, word, value, settings)
        empty_the_trail()
    return world


def is_known(word: str) -> bool:
    return word in BUILT or word in _WORDS or word.partition(".")[2] in _COLUMNS


def _word(word: str) -> Word:
    known = _WORDS.get(word) or _COLUMNS.get(word.partition(".")[2])
    assert known is not None, f"unknown given: {word}"
    return known


def _settings(world: World, word: str, value: dict[str, Any], settings: Settings) -> None:
    for name, setting in value.items():
        assert hasattr(settings, name), f"unknown given: setting {name}"
        setattr(settings, name, setting)


def _other_ring(world: World, word: str, value: str, settings: Settings) -> None:
    assert value == "replaced by another", f"unknown given: {word}: {value}"
    settings.REGISTRY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


def _damaged_key(world: World, word: str, value: str, settings: Settings) -> None:
    """Overwrite the ciphertext as a hand in the database would."""
    connection = Connection.objects.get(private_to__pk=world.ids[word.partition(".")[0]])
    connection.api_key = SealedSecret(value.encode())
    connection.save(update_fields=["api_key"])


def _endpoint(world: World, word: str, value: str, settings: Settings) -> None:
    """Let the fixture have been registered with this address, and its key for it."""
    name = word.partition(".")[0]
    key = Secret(world.fixtures[name]["api_key"])
    save_llm(world.row(name), LLMChange(frozenset(), api_endpoint=value, api_key=key))


def _proxy(world: World, word: str, value: str, settings: Settings) -> None:
    """No proxy is configured, so this describes the provider."""
    world.provider.be(value)
    # A silent one is waited for in full, which takes no less for being short.
    settings.REGISTRY_TEST_SECONDS = 2


_WORDS: dict[str, Word] = {
    "settings": _settings,
    "encryption_key": _other_ring,
    "proxy": _proxy,
}
_COLUMNS: dict[str, Word] = {"api_key_encrypted": _damaged_key, "api_endpoint": _endpoint}
