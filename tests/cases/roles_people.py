"""What a case of roles.json takes as given: settings, people, and the files of each of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from registry.services import reference_data
from registry.services.revision import current_revision
from registry.types import Secret
from tests.factories import make_user

Given = dict[str, Any]

# Whose the files are, and who acts, where a case does not say.
FIRST = "user_a"
PEOPLE = (FIRST, "user_b")
# The words of env as settings; those in SECRET are keys.
ENV = {
    "default_model": "DEFAULT_MODEL",
    "orchestrator_model": "ORCHESTRATOR_MODEL",
    "gemini_api_key": "GEMINI_API_KEY",
    "local_api_url": "LOCAL_API_URL",
    "local_api_key": "LOCAL_API_KEY",
    "local_model": "LOCAL_MODEL",
    "distill_backend": "DISTILL_BACKEND",
    "role_defaults": "ROLE_DEFAULTS",
    "defined_roles": "DEFINED_ROLES",
}
SECRET = ("gemini_api_key", "local_api_key")
# The files of a person by the words of a case; `_raw` is text as it is.
FILES = {
    "registry": "model_registry.json",
    "local_llm": "local_llm.json",
    "auth": "auth.json",
}
PRESENT_VERSION = 2


@dataclass
class World:
    """One installation: its people, the folder with their files, and how each was read.

    `custodian` may have keys revealed. `names` are the ids that the implementation has made, by
    the words of the case. `revision` is where the catalogue was when everybody had what his
    document of the present version says.
    """

    folder: Path
    custodian: User
    people: dict[str, User] = field(default_factory=dict)
    files: dict[Path, bytes] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    revision: int = 0

    def person(self, name: str) -> User:
        assert name in PEOPLE, f"unknown user: {name}"
        return self.people[name]

    @property
    def has_written(self) -> bool:
        return current_revision() != self.revision

    @property
    def has_originals(self) -> bool:
        return all(path.read_bytes() == content for path, content in self.files.items())

    def read(self, name: str) -> dict[str, Any]:
        """Let the command import a person's files, and return its report; empty without files."""
        if not self.folder.joinpath(name).exists():
            return {}
        printed = StringIO()
        try:
            call_command("import_registry", str(self.folder), user=name, json=True, stdout=printed)
        except CommandError:
            assert printed.getvalue(), "the command has reported nothing"
        (report,) = json.loads(printed.getvalue())
        found: dict[str, Any] = report
        return found


def prepare(given: Given, folder: Path, settings: Settings) -> World:
    """Build the world of a case. An unknown given value fails by its name."""
    settings_of(given.get("env", {}), settings)
    reference_data.load()
    world = World(folder, make_user("custodian", superuser=True))
    owned = files_by_person(given)
    for name in PEOPLE:
        world.people[name] = make_user(name)
        write(world, name, owned.get(name, {}))
    for name in PEOPLE:
        if has_present_form(owned.get(name, {})):
            world.reports[name] = world.read(name)
    world.revision = current_revision()
    for name in PEOPLE:
        if name not in world.reports:
            world.reports[name] = world.read(name)
    read_again(world)
    return world


def read_again(world: World) -> None:
    """Reading what has been read writes nothing, and never to the files."""
    revision = current_revision()
    for name in PEOPLE:
        world.read(name)
    assert current_revision() == revision, "the second reading has written"
    assert world.has_originals


def is_known(word: str) -> bool:
    return word == "env" or word in PEOPLE or word.removesuffix("_raw") in FILES


def settings_of(env: Given, settings: Settings) -> None:
    for word, value in env.items():
        assert word in ENV, f"unknown given: env: {word}"
        setattr(settings, ENV[word], Secret(value) if word in SECRET else value)


def files_by_person(given: Given) -> dict[str, Given]:
    """Return the words of files by person; those that name nobody are the first one's."""
    found: dict[str, Given] = {}
    for word, value in given.items():
        assert is_known(word), f"unknown given: {word}"
        if word in PEOPLE:
            found.setdefault(word, {}).update(value)
        elif word != "env":
            found.setdefault(FIRST, {})[word] = value
    return found


def write(world: World, name: str, words: Given) -> None:
    """Write a person's files, each as its word says."""
    for word, value in words.items():
        kind = word.removesuffix("_raw")
        assert kind in FILES, f"unknown given: {word}"
        text = value if word.endswith("_raw") else json.dumps(value, ensure_ascii=False)
        path = world.folder.joinpath(name, FILES[kind])
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        world.files[path] = path.read_bytes()


def has_present_form(words: Given) -> bool:
    """Say whether the registry is of the present version: reading it is no migration."""
    document = words.get("registry")
    return isinstance(document, dict) and document.get("version") == PRESENT_VERSION
