from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from config import env
from registry import errors
from tests.architecture.source import ROOT
from tests.architecture.test_settings_table import declared
from tests.docs.pages import PAGES, anchors, broken_links

NAMED = "(?:" + "|".join(("DATABASE_URL", "REDIS_URL", "DATA_DIR", "PORT")) + ")"
VARIABLE = re.compile(rf"\b(REGISTRY_[A-Z_]+[A-Z]|{NAMED})\b")
# Raised inside a connection test, where they become its result or end a worker's.
ONLY_IN_CALLS = {"credential_unreadable", "needs_key", "lease_lost"}
# Named to say that they are made from others.
FILES = {f"{name}_FILE" for name in env.KEY_NAMES}


def variables(text: str) -> set[str]:
    return set(VARIABLE.findall(text))


def unknown_options(text: str) -> list[str]:
    """Return the options that stand behind a command of ours which does not take them."""
    unknown = []
    for name, rest in re.findall(r"manage\.py ([a-z_]+)([^`|#\n]*)", text):
        command = load_command_class(get_commands()[name], name)
        taken = command.create_parser("manage.py", name)._option_string_actions
        options = re.findall(r"(?<!\S)--[a-z-]+", rest)
        unknown += [f"{name} {option}" for option in options if option not in taken]
    return unknown


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_images_lead_somewhere(path: Path) -> None:
    assert broken_links(path) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One two\n[a](page.md#one-two) [b](#no) ![c](c.png) [d](https://x.example)")

    assert anchors(page) == {"one-two"}
    assert broken_links(page) == ["#no", "c.png"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_variables_that_are_named_exist(path: Path) -> None:
    known = set(declared((ROOT / "config/settings/base.py").read_text())) | FILES

    assert variables(path.read_text()) - known == set()


def test_every_variable_is_explained() -> None:
    known = set(declared((ROOT / "config/settings/base.py").read_text()))

    assert known - variables((ROOT / "docs/configure.md").read_text()) == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_that_are_named_exist(path: Path) -> None:
    text = path.read_text()
    targets = set(
        re.findall(r"^([a-z./-]+)\s*:(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )

    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) - set(get_commands()) == set()
    assert set(re.findall(r"^make ([a-z./-]+)", text, re.MULTILINE)) - targets == set()
    assert set(re.findall(r"`make ([a-z./-]+)", text)) - targets == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_options_that_are_named_exist(path: Path) -> None:
    assert unknown_options(path.read_text()) == []


def test_an_unknown_option_is_found() -> None:
    assert unknown_options("`manage.py web --bind x --bound y` --other") == ["web --bound"]


def test_every_refusal_of_a_service_is_in_the_table_of_errors() -> None:
    page = (ROOT / "docs/api.md").read_text()
    rows = re.findall(r"^\| (\d{3}(?:, \d{3})*) \| (.+?) \|", page, re.MULTILINE)
    listed = {code for _status, codes in rows for code in re.findall(r"`([a-z_]+)`", codes)}
    raised = {error.code for error in errors.RegistryError.__subclasses__()}

    assert raised - listed - ONLY_IN_CALLS == set()
