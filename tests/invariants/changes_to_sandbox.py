"""The ways that register the sandbox, and those that remove it with all it has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from registry.models import LLMModel
from registry.services import sandbox
from registry.services.defaults import set_default
from tests.factories import make_knowledge_base
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.invariants.changes_to_llms import DIALOG, refused
from tests.invariants.changes_to_people import command

PAGE = "registry_provider_remove_sandbox"
INSTALLED = ("connection_created", *("model_created",) * 4, "sandbox_created")
REMOVED = ("connection_deleted", *("model_deleted",) * 4, "sandbox_deleted")
BLOCKED = ("sandbox_delete_blocked",)


def installed() -> None:
    """Register the sandbox; one of its models is the default."""
    assert sandbox.install()
    set_default(LLMModel.objects.get(slug="sandbox-chat"))


def used() -> None:
    installed()
    make_knowledge_base(embedding_model=LLMModel.objects.get(model_id="sandbox-embed"))


def ways_to_the_sandbox() -> Iterator[Way]:
    install, remove, page = "service install", "service remove", f"admin {PAGE}"
    yield Way(install, lambda _: sandbox.install, INSTALLED)
    yield Way(f"{install}: again", _again)
    yield Way(remove, _removing, REMOVED)
    yield Way(f"{remove}: there is none", lambda _: sandbox.remove)
    yield Way(f"{remove}: refused", _refused, BLOCKED)
    yield Way(page, _removing_by_page, REMOVED)
    yield Way(f"{page}: only asked", _only_asked, status=200)
    yield Way(f"{page}: there is none", _to_the_page, status=302)
    yield Way(f"{page}: refused", _refused_by_page, BLOCKED)
    yield Way(
        "command bootstrap: with the sandbox", lambda _: command("bootstrap", "--sandbox"), None
    )


def _again(_stage: Stage) -> Act:
    installed()
    return sandbox.install


def _removing(_stage: Stage) -> Act:
    installed()
    return sandbox.remove


def _refused(_stage: Stage) -> Act:
    used()
    return refused(sandbox.remove)


def _to_the_page(stage: Stage) -> Act:
    return partial(stage.admin.post, PAGE, **DIALOG)


def _removing_by_page(stage: Stage) -> Act:
    installed()
    return _to_the_page(stage)


def _refused_by_page(stage: Stage) -> Act:
    used()
    return _to_the_page(stage)


def _only_asked(stage: Stage) -> Act:
    installed()

    def run() -> Any:
        answer = stage.admin.get(PAGE)
        assert sandbox.is_installed()
        return answer

    return run
