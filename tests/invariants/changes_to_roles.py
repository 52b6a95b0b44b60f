"""The ways to roles and to the organisation's slots, and what becomes of who has left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command

from roles.choices import Builtin
from roles.models import Role
from roles.services import belongings
from roles.services.catalogs import save_entry
from roles.services.legacy_import import import_document
from roles.services.slots import delete_role, save_role, set_slot
from tests.factories import make_llm, make_token, make_user
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.roles.factories import (
    fill,
    make_account,
    make_host,
    make_local,
    make_person,
    make_role,
    provider_of,
)
from tests.roles.legacy.documents import document_of, put, registry

Prepare = Callable[[Stage], Act]

SLOT_SET, SLOT_EMPTIED = ("role_slot_set",), ("role_slot_emptied",)
CREATED, UPDATED, DELETED = ("role_created",), ("role_updated",), ("role_deleted",)


# Roles
# ------------------------------------------------------------------------
def renamed(role: Role) -> Role:
    role.label = "Renamed"
    return role


def ways_of_roles() -> Iterator[Way]:
    save, page = "service save_role", "admin roles_role"
    yield Way(f"{save}: new", lambda _: partial(save_role, Role(name="new")), CREATED)
    yield Way(f"{save}: change", lambda _: partial(save_role, renamed(make_role())), UPDATED)
    yield Way(f"{save}: the same", lambda _: partial(save_role, make_role()))
    yield Way("service delete_role", lambda _: partial(delete_role, _with_slots()), DELETED)
    yield Way(f"{page}_add", _submit("add", name="new"), CREATED)
    yield Way(f"{page}_add: wrong", _submit("add", name="not a name"), status=200)
    yield Way(f"{page}_change", _submit("change", make_role, label="Renamed"), UPDATED)
    yield Way(f"{page}_change: the same", _submit("change", make_role), status=302)
    yield Way(f"{page}_delete", _submit("delete", _with_slots), DELETED)


def _with_slots() -> Role:
    """Return a role of whose name there are slots, which stay."""
    role = make_role()
    fill(make_person(), Builtin.GEMINI_CLI, role=role.name)
    return role


def _submit(verb: str, make: Callable[[], Role] | None = None, **typed: Any) -> Prepare:
    def prepare(stage: Stage) -> Act:
        row = [] if make is None else [make().pk]
        return partial(stage.admin.submit, f"roles_role_{verb}", *row, **typed)

    return prepare


# Slots
# ------------------------------------------------------------------------
def ways_of_slots() -> Iterator[Way]:
    put, matrix = "service set_slot", "admin roles_roleslot_changelist"
    yield Way(put, _set(None, Builtin.GEMINI_API), SLOT_SET)
    yield Way(f"{put}: another", _set(Builtin.GEMINI_API, Builtin.CLAUDE_CLI), SLOT_SET)
    yield Way(f"{put}: the same", _set(Builtin.GEMINI_API, Builtin.GEMINI_API))
    yield Way(f"{put}: empty", _set(Builtin.GEMINI_API, None), SLOT_EMPTIED)
    yield Way(f"{put}: empty already", _set(None, None))
    yield Way(f"{put}: a model", _set_model, SLOT_SET)
    cells = {"chat.primary": "gemini_cli"}
    yield Way(matrix, _matrix(**cells), SLOT_SET, status=302)
    two = cells | {"coder.backup_4": "claude_cli"}
    yield Way(f"{matrix}: two cells", _matrix(**two), SLOT_SET * 2, status=302)
    yield Way(f"{matrix}: the same", _matrix(), status=302)
    yield Way(f"{matrix}: wrong", _matrix(**{"chat.primary": "nothing"}), status=200)
    yield Way(f"{matrix}: somebody's", _matrix_of_somebody, SLOT_SET, status=302)
    for verb, status in (("add", 403), ("change", 302), ("delete", 403)):
        yield Way(f"admin roles_roleslot_{verb}", partial(_closed, verb), status=status)


def _set(before: Builtin | None, after: Builtin | None) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        user = make_person()
        if before is not None:
            fill(user, before)
        return partial(set_slot, user, "chat", "primary", after)

    return prepare


def _set_model(_stage: Stage) -> Act:
    return partial(set_slot, None, "chat", "backup_2", make_llm())


def _matrix(**typed: str) -> Prepare:
    return lambda stage: partial(stage.admin.submit, "roles_roleslot_changelist", **typed)


def _matrix_of_somebody(stage: Stage) -> Act:
    key = str(make_person().pk)
    sent = {"user": key, "chat.primary": "gemini_cli", "chat.primary.seen": "0"}
    page = stage.admin
    return partial(_post_matrix, page.client, key, sent)


def _post_matrix(client: Any, key: str, sent: dict[str, str]) -> Any:
    return client.post(f"/admin/roles/roleslot/?user={key}", sent)


def _closed(verb: str, stage: Stage) -> Act:
    """A slot has no page of its own: it is written in the matrix."""
    row = [] if verb == "add" else [fill(None, Builtin.GEMINI_CLI).pk]
    return partial(stage.admin.post, f"roles_roleslot_{verb}", *row, role="x", post="yes")


# Who has left
# ------------------------------------------------------------------------
def left() -> User:
    """Return a deactivated person with a model, a host, a slot, an addition and a token."""
    user = make_user()
    host = make_host(user)
    fill(user, make_local(user, host))
    save_entry(user, provider_of("gemini").slug, model_id="new")
    make_token(user)
    user.is_active = False
    user.save()
    return user


GONE = ("role_slot_deleted", "catalog_entry_deleted", "token_deleted")
REMOVED = (*GONE, "model_deleted", "connection_deleted", "belongings_removed")
TRANSFERRED = (*GONE, "model_updated", "connection_updated", "belongings_transferred")


def ways_of_belongings() -> Iterator[Way]:
    page = "admin auth_user_belongings"
    yield Way(
        "service transfer",
        lambda _: partial(belongings.transfer, left(), make_person()),
        TRANSFERRED,
    )
    yield Way(
        "service transfer: to all",
        lambda _: partial(belongings.transfer, left(), None),
        TRANSFERRED,
    )
    yield Way("service remove: belongings", lambda _: partial(belongings.remove, left()), REMOVED)
    yield Way(page, _leave(way="remove", confirm="yes"), REMOVED, status=302)
    yield Way(f"{page}: to all", _leave(way="organisation", confirm="yes"), TRANSFERRED, status=302)
    yield Way(f"{page}: only asked", _leave(way="remove"), status=200)


def _leave(**sent: str) -> Prepare:
    return lambda stage: partial(stage.admin.post, "auth_user_belongings", left().pk, **sent)


# Documents of older installations
# ------------------------------------------------------------------------
ALL_OF_IT = (
    *("connection_created",) * 3,
    *("model_created",) * 2,
    *("role_slot_created",) * 2,
    "registry_imported",
)
TAG = ("registry.Tag",)


def ways_of_documents() -> Iterator[Way]:
    run, again = "service import_document", "command import_registry: again"
    yield Way(run, _document(dry_run=False), ALL_OF_IT, TAG)
    yield Way(f"{run}: dry", _document(dry_run=True))
    yield Way("command import_registry", _import(), ALL_OF_IT, TAG)
    yield Way("command import_registry: dry", _import("--dry-run"))
    yield Way(again, _import(times=2))
    yield Way("command export_registry", _asking("export_registry"))
    yield Way("command resolve_role", _asking("resolve_role", "chat", "--explain"))


def makers() -> None:
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)


def _document(*, dry_run: bool) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        makers()
        document = document_of(registry())
        return partial(import_document, make_person(), document, "a test", dry_run=dry_run)

    return prepare


def _import(*arguments: str, times: int = 1) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        makers()
        make_person("alice")
        for _time in range(times - 1):
            _run_import()
        return partial(_run_import, *arguments)

    return prepare


def _run_import(*arguments: str) -> None:
    with TemporaryDirectory() as folder:
        put(Path(folder), "alice", registry=registry())
        told = ["--as", "boss", *arguments]
        call_command("import_registry", folder, *told, stdout=StringIO())


def _asking(name: str, *arguments: str) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        user = make_person()
        fill(user, make_local(user))
        make_account(user)
        told = [user.username, *arguments, "--as", "boss"]
        return partial(call_command, name, *told, stdout=StringIO())

    return prepare


def ways_to_roles() -> Iterator[Way]:
    yield from ways_of_roles()
    yield from ways_of_slots()
    yield from ways_of_belongings()
    yield from ways_of_documents()
