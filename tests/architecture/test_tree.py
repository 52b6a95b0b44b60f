"""Rules about the project as a whole."""

from __future__ import annotations

import re
import tomllib

import pytest
from django.apps import apps
from django.db import models

from tests.architecture import source
from tests.architecture.source import ROOT

MIN_TESTS_PER_CODE = 1.2
# What may be JSON, because no rule reads inside it (rulings.md 36); auditlog brings its own.
JSON_COLUMNS = {"features", "settings", "data", "info", "stages", "payload", "manifest"}
TRAIL_COLUMNS = {"changes", "additional_data", "serialized_data"}
# Places of one machine or one network, which a clone elsewhere does not have.
PRIVATE_PLACES = re.compile(
    r"(?<![\w.])/(?:work|root|home/\w+)/|--?(?:extra-)?index-url|find-links|trusted-host"
)
REQUIREMENT = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==", re.IGNORECASE)


def private_places(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if PRIVATE_PLACES.search(line)]


def json_columns(model: type[models.Model]) -> set[str]:
    fields = model._meta.get_fields()
    return {field.name for field in fields if isinstance(field, models.JSONField)}


def automatic_names(names: list[str]) -> list[str]:
    """Return the migrations that nobody named: Django's `auto` names, and bare numbers."""
    return [name for name in names if not re.fullmatch(r"\d{4}_(?!.*auto)[a-z][a-z0-9_]+", name)]


def unpinned(text: str) -> list[str]:
    """Return the requirements of a compiled file without an exact version or without a hash."""
    entries = re.split(r"\n(?=\S)", text.strip())
    pinned = [entry for entry in entries if REQUIREMENT.match(entry) and "--hash=sha256:" in entry]
    return [entry.splitlines()[0] for entry in entries if entry not in pinned]


def asked_for(text: str) -> set[str]:
    lines = [line for line in text.splitlines() if line and not line.startswith(("-r", "#"))]
    return {re.split(r"[\[<>=]", line)[0] for line in lines}


def test_tests_outweigh_the_code() -> None:
    code = sum(file.lines_of_code() for file in source.product())
    proof = sum(file.lines_of_code() for file in source.tests())

    assert proof / code >= MIN_TESTS_PER_CODE, f"{proof} lines of tests, {code} of code"


def test_json_columns_are_the_permitted_ones() -> None:
    for model in [*apps.get_app_config("registry").get_models()]:
        assert json_columns(model) <= JSON_COLUMNS, model
    for model in apps.get_app_config("audit").get_models():
        assert json_columns(model) <= TRAIL_COLUMNS, model


def test_json_columns_are_found() -> None:
    assert json_columns(apps.get_model("audit", "LogEntry")) >= {"changes", "additional_data"}


def test_migrations_are_named_by_hand() -> None:
    names = [file.name.rpartition("/")[2].removesuffix(".py") for file in source.migrations()]

    assert names
    assert automatic_names([name for name in names if name != "max_migration"]) == []
    assert automatic_names(["0002_auto_20260101_1200", "0003", "0004_slugs"]) == [
        "0002_auto_20260101_1200",
        "0003",
    ]


def test_no_private_place_is_named() -> None:
    own = "tests/architecture/test_tree.py"
    named = {file.name: private_places(file.text) for file in source.texts() if file.name != own}

    assert {name: lines for name, lines in named.items() if lines} == {}
    assert private_places("cd /" + "work/main\nuv --index" + "-url x") != []


@pytest.mark.parametrize(
    "name", ["requirements", "requirements-dev", "requirements-boot", "requirements-litellm"]
)
def test_requirements_are_pinned_by_hash(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    wanted = asked_for((ROOT / f"{name}.in").read_text())

    assert unpinned(text) == []
    assert "://" not in text
    assert wanted <= {match[1] for match in map(REQUIREMENT.match, text.splitlines()) if match}


def test_an_unpinned_requirement_is_found() -> None:
    assert unpinned("a==1 \\\n    --hash=sha256:0\nb>=2 \\\n    --hash=sha256:0\nc==3") == [
        "b>=2 \\",
        "c==3",
    ]


def test_budgets_of_the_tools_are_ours() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]

    assert settings["ruff"]["line-length"] == 100
    assert settings["ruff"]["lint"]["mccabe"]["max-complexity"] == 8
    assert {"C90", "DJ", "DTZ", "N", "PL", "RET", "RUF", "S", "T20"} <= set(
        settings["ruff"]["lint"]["select"]
    )
    assert settings["mypy"]["strict"] is True
    assert settings["coverage"]["report"]["fail_under"] >= 95
    assert settings["pytest"]["ini_options"]["filterwarnings"] == ["error"]


def test_templates_escape_what_they_show() -> None:
    unsafe = [
        f"{file.name}: {found[0]}"
        for file in source.texts()
        if file.name.endswith(".html")
        for found in [re.search(r"\|\s*safe\b|autoescape off|\|\s*safeseq", file.text)]
        if found
    ]

    assert unsafe == []
