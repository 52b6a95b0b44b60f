"""U3: a change and its event are written together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from audit import tracking
from audit.models import LogEntry
from registry.models import (
    ApiToken,
    CatalogueChange,
    Connection,
    KnowledgeBase,
    LLMModel,
    Provider,
    Revision,
)
from registry.services.connections import delete_connection, remove_key
from registry.services.defaults import set_default
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.services.providers import save_provider
from registry.types import LLMChange, Secret
from roles.choices import Builtin
from roles.models import CatalogEntry, Role, RoleSlot
from roles.services import belongings
from roles.services.catalogs import save_entry
from roles.services.legacy_import import import_document
from roles.services.own_connections import remove_connection, save_account, save_host
from roles.services.slots import save_role, set_slot
from tests.factories import (
    make_connection,
    make_knowledge_base,
    make_llm,
    make_token,
    make_user,
)
from tests.roles.factories import fill, make_local, provider_of
from tests.roles.legacy.documents import document_of, registry

TABLES = (
    *(LLMModel, Connection, Provider, KnowledgeBase, ApiToken, User),
    *(Role, RoleSlot, CatalogEntry, LogEntry, CatalogueChange, Revision),
)


@contextmanager
def trail_that_refuses() -> Iterator[None]:
    """Let the database itself refuse every new event, as a full disk or a lost right would."""
    table = LogEntry._meta.db_table
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute(
                f"CREATE TRIGGER refuse BEFORE INSERT ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the trail is closed'); END"
            )
        else:
            cursor.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'the trail is closed'; END $$"
            )
            cursor.execute(
                f"CREATE TRIGGER refuse BEFORE INSERT ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse" + ("" if sqlite else f" ON {table}"))
            if not sqlite:
                cursor.execute("DROP FUNCTION refuse()")


def state() -> list[list[tuple[object, ...]]]:
    return [list(table.objects.order_by("pk").values_list()) for table in TABLES]


def rename(llm: LLMModel) -> None:
    llm.name = "Another"
    save_llm(llm, LLMChange(fields=frozenset({"name"})))


def rekey(llm: LLMModel) -> None:
    save_llm(llm, LLMChange(fields=frozenset(), api_key=Secret("sk-another-0123456789")))


def forget_key(llm: LLMModel) -> None:
    assert llm.connection is not None
    remove_key(llm.connection)


def move_provider(llm: LLMModel) -> None:
    llm.provider.direct_api_url = "https://elsewhere.example/v1"
    save_provider(llm.provider)


def drop_connection(llm: LLMModel) -> None:
    delete_connection(Connection.objects.get(label="spare"))


WRITES: list[Callable[[LLMModel], object]] = [
    rename,
    rekey,
    set_default,
    delete_llm,
    forget_key,
    move_provider,
    drop_connection,
]


@pytest.mark.invariant("U3")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", WRITES)
def test_no_event_no_change(write: Callable[[LLMModel], object]) -> None:
    llm = make_llm()
    make_connection(llm.provider, label="spare")
    before = state()

    with trail_that_refuses(), pytest.raises(DatabaseError):
        write(LLMModel.objects.select_related("provider", "connection").get(pk=llm.pk))

    assert state() == before


@transaction.atomic
def write_and_fail(write: Callable[[LLMModel], object], llm: LLMModel) -> None:
    write(LLMModel.objects.select_related("provider", "connection").get(pk=llm.pk))
    raise InterruptedError


@pytest.mark.invariant("U3")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", WRITES)
def test_no_change_no_event(write: Callable[[LLMModel], object]) -> None:
    llm = make_llm()
    make_connection(llm.provider, label="spare")
    before = state()

    with pytest.raises(InterruptedError):
        write_and_fail(write, llm)

    assert state() == before


# What people own
# ----------------------------------------------------------------------------
OWN_WRITES: dict[str, Callable[[User], object]] = {
    "fill": lambda user: set_slot(user, "chat", "backup_1", Builtin.GEMINI_CLI),
    "empty": lambda user: set_slot(user, "chat", "primary", None),
    "remove a host": lambda user: remove_connection(user, _host(user).slug),
    "rename a host": lambda user: save_host(user, _host(user).slug, label="Renamed"),
    "add an account": lambda user: save_account(user, None, provider="gemini", label="New"),
    "add to a catalogue": lambda user: save_entry(user, "gemini", model_id="other"),
    "import": lambda user: import_document(user, document_of(registry()), "a test", dry_run=False),
    "remove all": lambda user: belongings.remove(_left(user)),
    "hand all over": lambda user: belongings.transfer(_left(user), None),
    "add a role": lambda _user: save_role(Role(name="new")),
}
LEAVING = ("remove all", "hand all over")


def _host(user: User) -> Connection:
    found: Connection = Connection.objects.get(owner=user, kind="host")
    return found


def _left(user: User) -> User:
    """Return the user, who is deactivated, as belongings want it: written without a trail."""
    tracking.unaudited(User.objects.filter(pk=user.pk)).update(is_active=False)
    return user


def own_records() -> User:
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
    user = make_user()
    fill(user, make_local(user))
    save_entry(user, "gemini", model_id="new")
    make_token(user)
    return user


@pytest.mark.invariant("U3")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", OWN_WRITES)
def test_of_ones_own_there_is_no_change_without_an_event(name: str) -> None:
    user = own_records()
    if name in LEAVING:
        _left(user)
    before = state()

    with trail_that_refuses(), pytest.raises(DatabaseError):
        OWN_WRITES[name](user)

    assert state() == before


@transaction.atomic
def own_write_and_fail(name: str, user: User) -> None:
    OWN_WRITES[name](user)
    raise InterruptedError


@pytest.mark.invariant("U3")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", OWN_WRITES)
def test_of_ones_own_there_is_no_event_without_a_change(name: str) -> None:
    user = own_records()
    before = state()

    with pytest.raises(InterruptedError):
        own_write_and_fail(name, user)

    assert state() == before


@pytest.mark.invariant("U3")
@pytest.mark.django_db(transaction=True)
def test_a_refused_deletion_that_cannot_be_told_deletes_nothing() -> None:
    llm = make_llm("embedding")
    make_knowledge_base(embedding_model=llm)
    before = state()

    with trail_that_refuses(), pytest.raises(DatabaseError):
        delete_llm(llm)

    # The lock of the catalogue was taken and given back: only the counter may have moved.
    assert state()[:-1] == before[:-1]
