"""Whoever is refused something because of people's own records learns no more than he may."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from audit import context
from registry.errors import InUseError
from registry.models import Connection, LLMModel
from registry.services.connections import delete_connection, users_of
from registry.services.llms import save_llm
from registry.services.owners import owners_told
from registry.services.providers import delete_provider
from registry.types import LLMChange
from tests.factories import make_connection, make_llm, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared() -> Connection:
    return make_connection()


def own_over(connection: Connection, owner: User) -> LLMModel:
    llm = LLMModel(owner=owner, type="generation", provider=connection.provider)
    llm.name, llm.model_id = "Secret plan", "m"
    return save_llm(llm, LLMChange(connection=connection))


def test_a_connection_names_its_shared_models_and_the_people(shared: Connection) -> None:
    make_llm(name="Fast", provider=shared.provider, change=LLMChange(connection=shared))
    for name in ("zoe", "ada"):
        own_over(shared, make_user(name))

    assert users_of(shared)["models"] == ["Fast"]
    assert users_of(shared)["people"] == ["ada", "zoe"]
    with pytest.raises(InUseError) as refused:
        delete_connection(shared)
    assert "Secret plan" not in str(refused.value.extra)


def test_a_persons_own_connection_names_his_models() -> None:
    ada = make_user("ada")
    own = make_connection(owner=ada)
    own_over(own, ada)

    assert users_of(own) == {"models": ["Secret plan"], "platforms": [], "routes": []}


def test_a_provider_tells_no_more(shared: Connection) -> None:
    ada = make_user("ada")
    own_over(shared, ada)
    make_connection(shared.provider, owner=make_user("zoe"), label="Hidden")

    with pytest.raises(InUseError) as refused:
        delete_provider(shared.provider)

    told = refused.value.extra
    assert (told["models"], told["connections"]) == ([], [shared.label])
    assert told["people"] == ["ada", "zoe"]


def test_people_are_named_to_those_only_who_may_look_at_them() -> None:
    ada, zoe = make_user("ada"), make_user("zoe")
    pks = [ada.pk, zoe.pk, None]
    told = {}
    for actor in (
        make_user("clerk", staff=True),
        make_user("chief", superuser=True),
        ada,
    ):
        with context.use(source="admin", actor=actor):
            told[actor.username] = owners_told(pks)

    assert told == {
        "clerk": ["2 other people"],
        "chief": ["ada", "zoe"],
        "ada": ["ada", "1 other person"],
    }
    assert owners_told([None]) == []
