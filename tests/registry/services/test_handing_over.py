from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from registry.choices import ConnectionState, LLMStatus
from registry.errors import NeedsKeyError
from registry.models import Connection, LLMModel
from registry.services.handing_over import hand_over_connection, hand_over_llm
from registry.services.revision import catalogue_write
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user("anna")


@pytest.fixture
def bert() -> User:
    return make_user("bert")


def give(row: Connection | LLMModel, to: User | None) -> bool:
    with catalogue_write("belongings_transferred"):
        if isinstance(row, Connection):
            return hand_over_connection(row, to)
        return hand_over_llm(row, to)


def test_a_key_stays_behind_and_is_missed(anna: User, bert: User) -> None:
    connection = make_connection(owner=anna, slug="work")

    with written() as events:
        assert give(connection, bert)

    connection.refresh_from_db()
    assert (connection.owner, connection.slug) == (bert, "work")
    assert connection.state == ConnectionState.NEEDS_KEY
    assert not connection.has_key
    assert connection.key_fingerprint == ""
    assert connection.key_changed_at is not None
    assert connection.key_changed_at <= timezone.now()
    with pytest.raises(NeedsKeyError):
        connection.open_key()
    told = changes(events.named("connection_updated"))
    assert told["api_key"] == "changed"
    assert told["owner"] == ["anna", "bert"]
    assert API_KEY not in str(told)


def test_what_never_had_a_key_needs_none_afterwards(anna: User, bert: User) -> None:
    connection = make_connection(owner=anna, slug="work", api_key="")
    state = connection.state

    assert not give(connection, bert)

    connection.refresh_from_db()
    assert connection.state == state


def test_a_taken_short_name_makes_way(anna: User, bert: User) -> None:
    make_connection(owner=bert, slug="work")
    connection = make_connection(owner=anna, slug="work")

    give(connection, bert)

    connection.refresh_from_db()
    assert connection.slug == "anna-work"


def test_the_organisations_connections_have_labels_of_their_own(anna: User, bert: User) -> None:
    provider = make_provider()
    make_connection(provider, label="Work")
    for owner in (anna, bert):
        give(make_connection(provider, owner=owner, slug="work", label="Work"), None)
    give(make_connection(provider, owner=anna, slug="work", label="Work"), None)

    labels = Connection.objects.shared().values_list("label", "slug")

    assert sorted(labels) == [
        ("Work", ""),
        ("Work (anna 2)", ""),
        ("Work (anna)", ""),
        ("Work (bert)", ""),
    ]


def test_a_model_keeps_its_name_as_far_as_it_is_free(anna: User, bert: User) -> None:
    make_llm(owner=bert, slug="taken")
    for slug in ("free", "taken"):
        assert give(make_llm(owner=anna, slug=slug), bert)

    slugs = LLMModel.objects.filter(owner=bert).values_list("slug", flat=True)

    assert sorted(slugs) == ["anna-taken", "free", "taken"]


def test_what_everybody_would_see_starts_inactive(anna: User) -> None:
    llm = make_llm(owner=anna)

    with written() as events:
        assert give(llm, None)

    llm.refresh_from_db()
    assert (llm.owner, llm.status) == (None, LLMStatus.INACTIVE)
    assert changes(events.only) == {"owner": ["anna", None], "status": ["active", "inactive"]}


def test_what_the_organisation_has_already_is_not_there_twice(anna: User) -> None:
    provider = make_provider()
    connection = make_connection(provider)
    kept = make_llm(provider=provider, model_id="gpt-9", slug="gpt-9")
    for row in (kept, make_llm(owner=anna, provider=provider, model_id="gpt-9")):
        row.connection, private = connection, row.connection
        row.save()
        if private is not None:
            private.delete()
    llm = LLMModel.objects.get(owner=anna)

    assert not give(llm, None)

    assert list(LLMModel.objects.all()) == [kept]
