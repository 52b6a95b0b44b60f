"""What was imported is exported as it was, and what was exported imports as nothing new."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from registry.models import Connection, LLMModel
from roles.legacy.document import Document
from roles.models import RoleSlot
from roles.services.legacy_export import Export, export_registry, export_with_keys
from roles.services.legacy_import import import_document
from tests.factories import make_user
from tests.roles.legacy.documents import read, registries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference_providers")]

SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def normal(document: Document) -> dict[str, Any]:
    """Return a document as something to compare: records by name, empty slots left out."""
    roles = {
        role: {slot: target for slot, target in slots.items() if target}
        for role, slots in document.roles.items()
    }
    return {
        "hosts": {host.id: host for host in document.hosts},
        "accounts": {account.id: account for account in document.accounts},
        "credentials": {login.id: login for login in document.credentials},
        "models": {model.id: model for model in document.models},
        "roles": {role: slots for role, slots in roles.items() if slots},
    }


def normalised(document: Any) -> Document:
    found = read(document).document
    assert found is not None
    return found


def examples(figure: Callable[..., None], check: Callable[[dict[str, Any]], None]) -> None:
    """Run `check` on drawn documents, each in a transaction that is taken back."""
    count = 0

    @SLOW
    @given(document=registries())
    def run(document: dict[str, Any]) -> None:
        nonlocal count
        with transaction.atomic():
            check(document)
            transaction.set_rollback(True)
        count += 1

    run()
    figure(round_trips=count)


def test_an_export_of_an_import_is_the_document(figure: Callable[..., None]) -> None:
    def check(document: dict[str, Any]) -> None:
        user, wanted = make_user(), normalised(document)

        plan = import_document(user, wanted, "x", dry_run=False)

        assert plan.problems == []
        exported = _with_keys(user)
        assert exported["version"] == 2
        assert normal(normalised(json.loads(json.dumps(exported)))) == normal(wanted)

    examples(figure, check)


def test_an_import_of_an_export_changes_nothing(figure: Callable[..., None]) -> None:
    def check(document: dict[str, Any]) -> None:
        user = make_user()
        import_document(user, normalised(document), "x", dry_run=False)
        before = _rows()

        for exported in (export_registry(user).document, _with_keys(user)):
            plan = import_document(user, normalised(exported), "x", dry_run=False)
            assert [str(step) for step in plan.steps if step.action != "keep"] == []

        assert _rows() == before

    examples(figure, check)


def test_a_dry_run_and_the_run_after_it_have_the_same_plan(figure: Callable[..., None]) -> None:
    def check(document: dict[str, Any]) -> None:
        user, wanted = make_user(), normalised(document)
        changed = normalised(document | {"hosts": [], "roles": {"chat": {"primary": "m1"}}})
        for step in (wanted, changed, wanted):
            before = _rows()
            dry = import_document(user, step, "x", dry_run=True)
            assert _rows() == before
            done = import_document(user, step, "x", dry_run=False)
            assert [str(one) for one in done.steps] == [str(one) for one in dry.steps]
            assert done.problems == dry.problems
            again = import_document(user, step, "x", dry_run=False)
            assert not again.changes

    examples(figure, check)


def _with_keys(user: Any) -> dict[str, Any]:
    """Return the export with keys as the permitted get it: a transaction cannot hold that."""
    exported = export_registry(user).document
    keys = {
        row.slug: row.open_key().reveal() if row.has_key else ""
        for row in Connection.objects.filter(owner=user)
    }
    accounts = exported["providers"]["google"]["accounts"]
    for entry in [*exported["hosts"], *accounts]:
        entry["api_key"] = keys[entry["id"]]
    found: dict[str, Any] = exported
    return found


def _rows() -> list[list[dict[str, Any]]]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Connection, LLMModel, RoleSlot)
    ]


@pytest.mark.django_db(transaction=True)
def test_the_export_with_keys_is_that_without_and_the_keys() -> None:
    user, actor = make_user(), make_user(superuser=True)
    document = normalised(
        {
            "version": 2,
            "hosts": [{"id": "h", "label": "H", "api_url": "http://x.example", "api_key": "k"}],
            "providers": {"google": {"accounts": [{"id": "a", "label": "A", "api_key": ""}]}},
        }
    )
    import_document(user, document, "x", dry_run=False)

    found: Export = export_with_keys(user, actor)

    assert found.document == _with_keys(user)
    assert found.unreadable == ()
