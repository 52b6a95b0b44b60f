"""U3: a change and its event are written together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import LogEntry
from registry.models import Connection, KnowledgeBase, LLMModel, Provider, Revision
from registry.services.connections import delete_connection, remove_key
from registry.services.defaults import set_default
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.services.providers import save_provider
from registry.types import LLMChange, Secret
from tests.factories import make_connection, make_knowledge_base, make_llm

TABLES = (LLMModel, Connection, Provider, KnowledgeBase, LogEntry, Revision)


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
