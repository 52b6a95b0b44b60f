from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from registry.choices import Health
from registry.services import clients
from roles.choices import Builtin, Skipped
from roles.services.resolution import Candidate, resolve
from tests.factories import make_llm
from tests.roles.factories import fill, hold, make_local, make_person, measured

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def first(*, healthy_only: bool = True, now: datetime = NOON) -> Candidate:
    """The first candidate of the organisation's chat."""
    return resolve(None, "chat", healthy_only=healthy_only, now=now).trace[0]


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        (Health.OK, None),
        (Health.UNKNOWN, None),
        (Health.DEGRADED, None),
        (Health.DOWN, Skipped.DOWN),
    ],
)
def test_only_what_is_down_is_passed_over(health: str, reason: Skipped | None) -> None:
    fill(None, measured(make_llm(), health))

    assert first().skipped is reason
    assert first(healthy_only=False).skipped is None


def test_a_users_own_model_that_is_down_is_passed_over() -> None:
    user = make_person()
    fill(user, measured(make_local(user), Health.DOWN))

    assert resolve(user, "chat", healthy_only=True).trace[0].skipped is Skipped.DOWN


def test_a_model_that_no_client_holds_is_ready() -> None:
    fill(None, make_llm(model_id="gpt-x"))
    hold("c1", "another")

    assert first().skipped is None


def test_a_model_whose_clients_all_cool_down_is_passed_over_until_the_first_is_ready() -> None:
    fill(None, make_llm(model_id="gpt-x"))
    for client_id, seconds in (("c1", 600), ("c2", 60)):
        hold(client_id, "gpt-x", now=NOON)
        clients.mark_quota(client_id, "gpt-x", retry_after=seconds, now=NOON)

    found = first()

    assert found.skipped is Skipped.COOLING
    assert found.until == NOON + timedelta(seconds=60)
    assert found.facts()["until"] == "2026-11-26T12:01:00Z"
    assert first(now=NOON + timedelta(seconds=60)).skipped is None
    assert first(healthy_only=False).skipped is None


def test_a_suspension_for_quota_cools_down_without_an_end() -> None:
    fill(None, make_llm(model_id="gpt-x"))
    hold("c1", "gpt-x")
    clients.suspend("c1", "gpt-x", "quota")

    assert (first().skipped, first().until) == (Skipped.COOLING, None)


def test_a_model_whose_clients_are_all_suspended_is_passed_over() -> None:
    fill(None, make_llm(model_id="gpt-x"))
    hold("c1", "gpt-x")
    clients.suspend("c1", "gpt-x", "maintenance")

    assert (first().skipped, first().until) == (Skipped.SUSPENDED, None)


def test_one_client_that_is_ready_is_enough() -> None:
    fill(None, make_llm(model_id="gpt-x"))
    for client_id in ("c1", "c2", "c3"):
        hold(client_id, "gpt-x", now=NOON)
    clients.suspend("c1", "gpt-x", "maintenance")
    clients.mark_quota("c2", "gpt-x", retry_after=60, now=NOON)

    assert first().skipped is None


def test_the_id_is_compared_exactly() -> None:
    fill(None, make_llm(model_id="GPT-X"))
    hold("c1", "gpt-x")
    clients.suspend("c1", "gpt-x", "maintenance")

    assert first().skipped is None


def test_what_clients_can_serve_says_nothing_about_a_users_own_models() -> None:
    user = make_person()
    fill(user, make_local(user, model_id="gpt-x"))
    hold("c1", "gpt-x")
    clients.suspend("c1", "gpt-x", "maintenance")

    assert resolve(user, "chat", healthy_only=True).trace[0].skipped is None


def test_built_ins_are_always_healthy() -> None:
    fill(None, measured(make_llm(), Health.DOWN))
    fill(None, Builtin.GEMINI_CLI, slot="backup_1")

    found = resolve(make_person(), "chat", healthy_only=True)

    assert found.chosen is not None
    assert found.chosen.key == "gemini_cli"
