"""C3: deleting never leaves a link that leads nowhere, whoever assigns at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from registry.choices import LLMType
from registry.errors import RegistryError
from registry.models import Connection, KnowledgeBase, LLMModel
from registry.services.connections import delete_connection
from registry.services.defaults import set_default
from registry.services.deletion import delete_llm
from registry.services.knowledge_bases import save_knowledge_base
from registry.services.llms import save_llm
from registry.types import LLMChange
from tests.factories import make_connection, make_llm, make_provider
from tests.threads import errors, together

ROUNDS = 50
REFUSALS = (RegistryError, ValidationError, LLMModel.DoesNotExist, Connection.DoesNotExist)


def orphans() -> list[UUID | None]:
    """Return the rows whose links lead nowhere, as the database itself sees it."""
    connection.check_constraints()
    models = set(LLMModel.objects.values_list("pk", flat=True))
    linked = KnowledgeBase.objects.filter(embedding_model__isnull=False)
    return [pk for pk in linked.values_list("embedding_model", flat=True) if pk not in models]


def assign(pk: UUID, number: int) -> None:
    llm = LLMModel.objects.get(pk=pk)
    save_knowledge_base(KnowledgeBase(name=f"Base {number}", embedding_model=llm))


def remove(pk: UUID) -> None:
    delete_llm(LLMModel.objects.get(pk=pk))


def make_default(pk: UUID) -> None:
    set_default(LLMModel.objects.get(pk=pk))


@pytest.mark.invariant("C3")
@pytest.mark.django_db(transaction=True)
def test_a_model_is_deleted_or_used_never_both(figure: Callable[..., None]) -> None:
    provider = make_provider()
    deleted = 0

    for number in range(ROUNDS):
        pk = make_llm(LLMType.EMBEDDING, provider=provider).pk
        steps = [partial(assign, pk, number), partial(remove, pk), partial(make_default, pk)]
        refused = errors(together(steps))
        assert all(isinstance(error, REFUSALS) for error in refused), refused
        assert orphans() == []
        deleted += not LLMModel.objects.filter(pk=pk).exists()

    figure(rounds=ROUNDS, deleted=deleted, used=ROUNDS - deleted, orphans=0)


def attach(pk: UUID, account: UUID) -> None:
    llm = LLMModel.objects.get(pk=pk)
    chosen = Connection.objects.get(pk=account)
    save_llm(llm, LLMChange(fields=frozenset(), connection=chosen))


def drop(account: UUID) -> None:
    delete_connection(Connection.objects.get(pk=account))


@pytest.mark.invariant("C3")
@pytest.mark.django_db(transaction=True)
def test_a_connection_is_deleted_or_attached_never_both(figure: Callable[..., None]) -> None:
    provider = make_provider()
    llm = make_llm(provider=provider)
    dropped = 0

    for _number in range(ROUNDS):
        account = make_connection(provider).pk
        refused = errors(together([partial(attach, llm.pk, account), partial(drop, account)]))
        assert all(isinstance(error, REFUSALS) for error in refused), refused
        connection.check_constraints()
        exists = Connection.objects.filter(pk=account).exists()
        attached = LLMModel.objects.filter(connection=account).exists()
        assert exists or not attached
        dropped += not exists

    figure(rounds=ROUNDS, dropped=dropped, attached=ROUNDS - dropped)
