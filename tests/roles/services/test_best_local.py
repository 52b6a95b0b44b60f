from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registry.choices import Health, LLMStatus, LLMType
from roles.choices import Builtin, Source
from roles.services.best_local import best_local
from roles.services.resolution import resolve
from tests.factories import make_llm
from tests.roles.factories import (
    fill,
    make_claude,
    make_host,
    make_local,
    make_person,
    measured,
    provider_of,
)

pytestmark = pytest.mark.django_db


def test_the_first_local_model_of_the_slots_answers() -> None:
    user = make_person()
    make_local(user)
    chosen = make_local(user, make_host(user, api_url="http://llm-a.example:3000"))
    fill(user, make_claude(user))
    fill(user, chosen, slot="backup_1")
    fill(user, make_local(user), slot="backup_2")

    found = best_local(user)

    assert found is not None
    assert (found.key, found.api_url) == (chosen.slug, "http://llm-a.example:3000")


def test_without_one_in_the_slots_the_users_oldest_that_can_be_called_answers() -> None:
    user = make_person()
    make_local(user, connection_ref="gone")
    make_local(user, status=LLMStatus.INACTIVE)
    oldest = make_local(user)
    make_local(user)
    fill(user, make_claude(user))

    found = resolve(user, "coder", local_only=True)

    assert found.chosen is not None
    assert (found.chosen.key, found.source, found.slot) == (oldest.slug, Source.USER, "")


def test_a_users_own_come_before_the_organisations() -> None:
    user = make_person()
    shared = make_local(None, transport="")
    own = make_local(user)

    assert best_local(user) is not None
    assert best_local(user).key == own.slug  # type: ignore[union-attr]
    assert best_local(make_person()).key == shared.slug  # type: ignore[union-attr]


def test_there_is_none_where_there_is_no_local_model_or_none_can_be_called() -> None:
    user = make_person()
    fill(user, make_claude(user))
    fill(None, make_llm())
    make_local(user, connection_ref="gone")
    make_llm(LLMType.EMBEDDING, provider=provider_of("groq"))

    found = resolve(user, "chat", local_only=True)

    assert best_local(user) is None
    assert (found.chosen, found.source, found.slot) == (None, None, "")
    assert all(candidate.skipped is not None for candidate in found.trace)
    assert found.facts()["model"] is None


def test_another_users_local_model_is_nobody_elses() -> None:
    make_local(make_person())

    assert best_local(make_person()) is None
    assert best_local(None) is None


def test_an_embedding_is_no_model_for_text() -> None:
    user = make_person()
    make_local(user, type=LLMType.EMBEDDING, dimensions=768)

    assert best_local(user) is None


def test_no_built_in_takes_the_place_of_a_local_model() -> None:
    user = make_person()
    fill(user, Builtin.CLAUDE_CLI)

    assert best_local(user) is None


def test_of_many_that_are_down_the_first_that_is_not_answers() -> None:
    user = make_person()
    host = make_host(user)
    for _number in range(25):
        measured(make_local(user, host), Health.DOWN)
    healthy = make_local(user, host)

    found = resolve(user, "chat", local_only=True, healthy_only=True)

    assert found.chosen is not None
    assert found.chosen.key == healthy.slug
    assert len(found.trace) == 26


def test_a_role_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(ValidationError):
        best_local(make_person(), "no role")
