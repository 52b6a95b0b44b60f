"""Many roles at once, as pages show them: the answers of one at a time, for the price of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from registry.choices import LLMStatus
from roles.choices import Builtin, Slot
from roles.services.matrix import role_rows
from roles.services.resolution import resolve, resolve_each
from roles.services.role_table import defined_roles
from tests.roles.factories import fill, make_local, make_person, make_role

pytestmark = pytest.mark.django_db


def filled(user: User) -> None:
    """Fill some slots of some roles, the user's and the organisation's."""
    fill(user, make_local(user, status=LLMStatus.INACTIVE), role="chat")
    fill(user, make_local(user, tags=["x"]), role="chat", slot=Slot.BACKUP_2)
    fill(user, Builtin.GEMINI_CLI, role="poet")
    fill(None, make_local(None), role="coder", slot=Slot.BACKUP_1)
    fill(None, make_local(None), role="poet")


@pytest.mark.parametrize("whose", ["user", "organisation"])
def test_each_answer_is_that_of_one_at_a_time(settings: Settings, whose: str) -> None:
    settings.ROLE_DEFAULTS = {"distill": "gemini_api", "research": "nothing"}
    user = make_person()
    make_role("poet", last_resort=Builtin.GEMINI_API)
    make_role("orchestrator", last_resort=Builtin.GEMINI_CLI)
    filled(user)
    owner = user if whose == "user" else None

    infos = defined_roles()

    assert len(infos) == 6
    assert resolve_each(owner, infos) == [resolve(owner, info.name, whole=True) for info in infos]


def test_more_roles_take_no_more_queries() -> None:
    user = make_person()
    make_role("poet")
    filled(user)

    def queries(ask: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as found:
            ask()
        return len(found)

    few = queries(lambda: role_rows(user))
    for number in range(30):
        name = make_role(f"role-{number}").name
        fill(user, Builtin.CLAUDE_CLI, role=name)

    assert queries(lambda: role_rows(user)) == few <= 5
    assert queries(lambda: resolve_each(user, [])) <= 1
