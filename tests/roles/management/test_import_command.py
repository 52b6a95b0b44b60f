from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from registry.models import LLMModel
from tests.factories import make_user
from tests.roles.factories import provider_of
from tests.roles.legacy.documents import GEMINI_KEY, HOST, put, registry
from tests.trail import written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people(tmp_path: Path) -> None:
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
    make_user("alice")
    put(tmp_path, "alice", registry=registry())


def printed(*arguments: Any) -> str:
    out = io.StringIO()
    call_command("import_registry", *map(str, arguments), stdout=out)
    return out.getvalue()


def refused(*arguments: Any) -> tuple[str, str]:
    """Return what was printed and what the command ended with."""
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import_registry", *map(str, arguments), stdout=out)
    return out.getvalue(), str(error.value)


def test_a_dry_run_prints_what_the_run_prints(tmp_path: Path) -> None:
    dry = printed(tmp_path, "--dry-run")
    assert not LLMModel.objects.exists()

    assert printed(tmp_path) == dry
    assert dry.splitlines() == [
        "alice: model_registry.json",
        "  create host h1",
        "  create account a1",
        "  create login cli",
        "  create model m1",
        "  create model g1",
        "  fill slot roles.chat.primary: m1",
        "  fill slot roles.chat.backup_1: claude_cli",
    ]


def test_importing_again_says_that_there_is_nothing_to_do(tmp_path: Path) -> None:
    printed(tmp_path)

    assert printed(tmp_path) == "alice: model_registry.json, nothing to change\n"


def test_json_has_every_step_and_every_problem_but_no_key(tmp_path: Path) -> None:
    put(tmp_path, "alice", registry=registry(hosts=[HOST, 7]))

    text = printed(tmp_path, "--json")

    (report,) = json.loads(text)
    assert (report["user"], report["source"], report["skipped"]) == (
        "alice",
        "model_registry.json",
        False,
    )
    assert report["steps"][0] == {"do": "create", "what": "host", "name": "h1", "fields": []}
    (problem,) = report["problems"]
    assert problem["where"] == "model_registry.json: hosts[1]"
    assert problem["code"] == "wrong_type"
    assert GEMINI_KEY not in text


def test_what_is_skipped_is_named_and_the_rest_is_imported(tmp_path: Path) -> None:
    make_user("bob")
    put(tmp_path, "bob", registry=registry(3))
    put(tmp_path, "nobody", registry=registry())

    out, error = refused(tmp_path)

    assert error == "skipped: bob, nobody"
    assert "bob: model_registry.json, skipped" in out
    assert "newer than 2" in out
    assert "there is no such user" in out
    assert LLMModel.objects.filter(owner__username="alice").count() == 2


def test_one_user_is_imported_alone(tmp_path: Path) -> None:
    make_user("bob")
    put(tmp_path, "bob", registry=registry())

    printed(tmp_path, "--user", "bob")

    assert set(LLMModel.objects.values_list("owner__username", flat=True)) == {"bob"}


@pytest.mark.parametrize("name", ["../alice", "..", "/etc", "nobody"])
def test_a_user_who_is_none_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()

    _out, error = refused(tmp_path / "in", "--user", name)

    assert error.startswith("skipped: ")
    assert not LLMModel.objects.exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "there is no folder" in refused(tmp_path / "missing")[1]


def test_who_imports_is_on_the_trail(tmp_path: Path) -> None:
    make_user("root", superuser=True)

    with written() as found:
        printed(tmp_path, "--as", "root")

    entry = found.named("registry_imported")
    assert (entry.actor_name, entry.source) == ("root", "command")
