"""Why a role runs on what it does, step by step, and what is asked of it."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from registry.choices import Health, LLMStatus
from registry.services.statuses import set_status
from roles.models import RoleSlot
from tests.cases.pages import Node
from tests.factories import API_KEY
from tests.registry.admin.visitor import Visitor
from tests.roles.factories import fill, make_gemini, make_local, make_person, measured

pytestmark = pytest.mark.django_db

EXPLAIN = "roles_roleslot_explain"


def steps(page: Node) -> list[str]:
    """Return the lines of the trace."""
    (table,) = page.having("data-trace")
    return [" ".join(row.text().split()) for row in table.find("tr")][1:]


def test_every_candidate_has_its_place_and_its_reason_in_words() -> None:
    user = make_person()
    idle = make_local(user, name="Idle")
    fill(user, idle)
    fill(None, make_gemini(name="Flash"), slot="backup_1")
    set_status(idle, LLMStatus.INACTIVE)

    told = steps(Visitor().node(EXPLAIN, "chat", user=str(user.pk)))

    assert [line.split()[0] for line in told] == ["Own", "The", "Last", "Always"]
    assert "Inactive. Activate it, or choose another model." in told[0]
    assert "Flash" in told[1]
    assert "Answers" in told[1]
    assert "Would be next." in told[2]


def test_it_can_be_asked_for_healthy_or_local_models_only() -> None:
    fill(None, measured(make_gemini(name="Flash"), Health.DOWN))
    visitor = Visitor()

    assert "It runs on Flash" in visitor.text(EXPLAIN, "chat")
    assert "It runs on Claude (CLI)" in visitor.text(EXPLAIN, "chat", healthy="on")
    assert "Nothing answers" in visitor.text(EXPLAIN, "chat", local="on")


def test_a_variable_that_names_no_builtin_is_a_step_of_its_own(settings: Settings) -> None:
    settings.ROLE_DEFAULTS = {"chat": "my-secret-word"}

    page = Visitor().node(EXPLAIN, "chat")

    assert "ROLE_CHAT" in page.text()
    assert "Correct the variable, or remove it." in page.text()
    assert "my-secret-word" not in page.text()


def test_the_answer_is_told_without_its_key() -> None:
    user = make_person()
    fill(user, make_local(user, name="Mine"))

    html = Visitor().get(EXPLAIN, "chat", user=str(user.pk)).content.decode()

    assert "key" in html
    assert API_KEY not in html


@pytest.mark.parametrize("name", ["nothing", "x" * 300, "Chat Bot", "\u202e", "\0"])
def test_a_role_that_is_not_there_is_404(name: str) -> None:
    assert Visitor().get(EXPLAIN, name).status_code == 404


def test_a_slot_of_a_role_that_nobody_defined_keeps_the_role_in_sight() -> None:
    fill(None, make_gemini(name="Flash"), role="poet")
    visitor = Visitor()

    assert "poet" in visitor.text("roles_roleslot_changelist")
    assert "It runs on Flash" in visitor.text(EXPLAIN, "poet")


def test_the_trail_s_link_to_a_slot_leads_to_its_role() -> None:
    user = make_person()
    row = fill(user, make_local(user))
    visitor = Visitor()

    answer = visitor.get("roles_roleslot_change", row.pk)
    assert answer["Location"] == f"/admin/roles/roleslot/explain/chat/?user={user.pk}"
    assert visitor.client.get(answer["Location"]).status_code == 200
    RoleSlot.objects.all().delete()
    assert visitor.get("roles_roleslot_change", row.pk).status_code == 404
