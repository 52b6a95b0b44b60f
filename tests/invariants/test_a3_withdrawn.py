"""A3: what was allowed and is withdrawn is refused at the next write, and passed over meanwhile.

The answer says that something was passed over, and not a word of what it was.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from registry.models import LLMModel
from roles.choices import Builtin, Skipped, Source
from roles.models import RoleSlot
from roles.services.prepared import prepared_resolution
from roles.services.resolution import resolve
from roles.services.revealing import reveal
from roles.services.slots import set_slot
from tests.factories import API_KEY, make_connection, make_llm
from tests.invariants.isolation import (
    Owner,
    make_owner,
    names_of,
    with_api,
)
from tests.roles.factories import fill, moved

pytestmark = [pytest.mark.django_db, pytest.mark.invariant("A3")]

MY = "/api/v1/my"
SLOT = "/api/v1/roles/chat/primary"


@pytest.fixture
def first(db: None) -> Owner:
    return make_owner("zanna")


@pytest.fixture
def second(first: Owner) -> Owner:
    return make_owner("bruno")


def whose(owner: Owner) -> str:
    """Return what everybody's answer must not have in it, in every form of the answer."""
    answer = resolve(owner.user, "chat", whole=True)
    facts = repr(answer.facts()) + prepared_resolution(owner.user, "chat").decode()
    return facts + repr(reveal(owner.user, "chat").resolution.facts())


@pytest.mark.parametrize("to", ["the first", "the organisation's, and back to the first"])
def test_a_model_that_became_somebody_elses_is_passed_over(
    to: str, first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    llm, host = second.llms[0], second.connections[0]
    chosen = resolve(second.user, "chat").chosen
    assert chosen is not None
    assert chosen.llm == llm
    prepared_resolution(second.user, "chat")
    if to != "the first":
        moved(llm, owner=None)
    moved(llm, owner=first.user)
    moved(host, owner=first.user)
    set_slot(first.user, "coder", "primary", Builtin.CLAUDE_CLI)  # a write: nothing is prepared now

    found = resolve(second.user, "chat")

    assert found.trace[0].skipped == Skipped.NOT_VISIBLE
    assert (found.trace[0].configuration, found.trace[0].slot) == (None, "primary")
    assert found.chosen is not None
    assert found.chosen.llm == second.llms[1]
    for text in (llm.name, llm.slug, host.label, host.api_url):
        assert text not in whose(second)
    for name in names_of(llm):
        assert with_api(second).put(SLOT, {"model": name}).status_code == 400
    figure(links="slot -> model", passed_over=1)


def test_a_connection_that_became_somebody_elses_lends_neither_address_nor_key(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    host = second.connections[0]
    moved(host, owner=first.user)
    set_slot(first.user, "coder", "primary", Builtin.CLAUDE_CLI)

    found = resolve(second.user, "chat")

    assert found.trace[0].skipped == Skipped.CONNECTION_GONE
    assert host.api_url not in whose(second)
    assert reveal(second.user, "chat").api_key is not None  # of the next one, which is his
    assert found.chosen is not None
    assert found.chosen.connection == second.connections[1]
    figure(links="model -> connection", passed_over=1)


def test_a_shared_model_that_is_no_longer_shared_is_passed_over(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    shared = make_llm(name="Once shared", slug="once-shared", model_id="once")
    for owner in (first.user, second.user, None):
        fill(owner, shared, role="coder")
    assert resolve(second.user, "coder").source == Source.USER
    api, before = with_api(second), prepared_resolution(second.user, "coder")
    assert api.put("/api/v1/roles/coder/backup_1", {"model": "once-shared"}).status_code == 200
    moved(shared, owner=first.user)
    set_slot(first.user, "writer", "primary", Builtin.CLAUDE_CLI)

    found = resolve(second.user, "coder")

    assert [one.skipped for one in found.trace[:3]] == [Skipped.NOT_VISIBLE] * 3
    assert found.source == Source.LAST_RESORT
    assert prepared_resolution(second.user, "coder") != before
    assert "once" not in repr(found.facts()).replace(str(shared.pk), "").casefold()
    assert api.put("/api/v1/roles/coder/backup_2", {"model": "once-shared"}).status_code == 400
    assert resolve(first.user, "coder").trace[0].skipped != Skipped.NOT_VISIBLE
    figure(links="slot -> shared model", passed_over=3)


def test_a_shared_connection_that_is_no_longer_shared_lends_nothing(
    first: Owner, second: Owner
) -> None:
    shared = make_connection(second.llms[3].provider, api_key=API_KEY)
    api = with_api(second)
    path = f"{MY}/models/{second.llms[3].pk}"
    allowed = api.patch(path, {"connection": str(shared.pk)}).status_code
    if allowed == 200:
        set_slot(second.user, "writer", "primary", LLMModel.objects.get(pk=second.llms[3].pk))
    moved(shared, owner=first.user)
    set_slot(first.user, "coder", "primary", Builtin.CLAUDE_CLI)

    found = reveal(second.user, "writer")

    assert found.api_key is None or found.api_key.reveal() != API_KEY
    assert api.patch(path, {"connection": str(shared.pk), "name": "Again"}).status_code == 400


def test_the_database_keeps_what_it_can_of_it(first: Owner, second: Owner) -> None:
    """One slot, one thing in it, whatever hand writes."""
    row = RoleSlot(owner=second.user, role="chat", slot="primary", llm=second.llms[0])
    for wrong in (row, RoleSlot(owner=second.user, role="coder", slot="primary")):
        with pytest.raises(DatabaseError), transaction.atomic():
            wrong.save()
