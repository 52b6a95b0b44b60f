from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from registry.choices import ConnectionKind
from roles.services.own_connections import (
    own_connection,
    own_connections,
    usable_connection,
)
from tests.factories import make_connection
from tests.roles.factories import (
    make_host,
    make_local,
    make_person,
    provider_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_person()


def test_a_record_is_found_by_name_in_any_case_and_by_id(user: User) -> None:
    row = make_host(user, slug="mine")

    for name in ("mine", " MINE ", str(row.pk)):
        assert own_connection(user, name) == row
    assert own_connection(user, "mine", ConnectionKind.ACCOUNT) is None
    assert own_connection(user, None) is None


def test_what_is_part_of_a_model_is_no_record_of_its_own(user: User) -> None:
    make_local(user)
    own = set(own_connections(user))

    assert all(row.private_to_id is None for row in own)
    assert len(own) == 1


def test_a_model_may_use_ones_own_and_the_organisations(user: User) -> None:
    own, shared = make_host(user), make_connection(provider_of("gemini"))
    foreign = make_host(make_person())

    assert usable_connection(user, own.slug) == own
    assert usable_connection(user, str(shared.pk)) == shared
    assert usable_connection(user, str(foreign.pk)) is None
    assert usable_connection(user, foreign.slug) is None
