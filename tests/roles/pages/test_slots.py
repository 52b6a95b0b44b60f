"""One's own roles: what answers and why, and the five slots."""

from __future__ import annotations

from typing import Any

import pytest

from registry.choices import Health, LLMStatus
from registry.services.statuses import set_status
from roles.choices import Builtin
from roles.services.resolution import resolve
from roles.services.slots import slots_of
from tests.roles.factories import (
    fill,
    make_gemini,
    make_local,
    make_person,
    make_role,
    measured,
)
from tests.roles.pages.visiting import Visit
from tests.trail import written

pytestmark = pytest.mark.django_db


def offered(visit: Visit, **query: str) -> list[str]:
    found: dict[str, Any] = visit.open("targets", **query).answer.json()
    return [row["text"] for row in found["results"]]


def test_the_overview_names_the_answer_of_every_role_and_why_not_another() -> None:
    visit = Visit()
    idle = make_local(visit.user, name="Idle")
    fill(visit.user, idle)
    set_status(idle, LLMStatus.INACTIVE)
    fill(None, make_gemini(name="Ours"))

    for page in ("overview", "roles"):
        (chat,) = (
            node
            for node in visit.open(page).page.having("data-role")
            if node.get("data-role") == "chat"
        )
        assert "Ours" in chat.text()
        assert "Inactive. Activate it" in chat.text()
        assert len(list(visit.page.having("data-role"))) == 5


def test_a_slot_is_filled_and_what_answers_changes() -> None:
    visit = Visit()
    llm = make_local(visit.user, name="Llama")

    with written() as events:
        visit.fill("role", "chat", primary=str(llm.pk), backup_1="gemini_api")

    assert "2 slots are saved." in visit.text
    assert events.names == ["role_slot_set", "role_slot_set"]
    chosen = resolve(visit.user, "chat").chosen
    assert chosen is not None
    assert chosen.llm == llm


def test_a_slot_is_emptied() -> None:
    visit = Visit()
    fill(visit.user, Builtin.GEMINI_API)
    visit.fill("role", "chat", primary="")
    assert slots_of(visit.user) == {}


def test_what_a_form_does_not_send_stays() -> None:
    visit = Visit()
    fill(visit.user, Builtin.GEMINI_API)
    visit.post("role", "chat", backup_1="claude_cli")
    assert set(slots_of(visit.user)["chat"]) == {"primary", "backup_1"}


def test_saving_unchanged_writes_nothing() -> None:
    visit = Visit()
    fill(visit.user, make_local(visit.user))
    with written() as events:
        visit.fill("role", "chat")
    assert events.names == []
    assert "Nothing was changed." in visit.text


def test_the_organisation_s_models_can_be_chosen_but_its_slots_not_written() -> None:
    visit = Visit()
    shared = make_gemini()
    fill(None, Builtin.GEMINI_CLI)

    visit.fill("role", "chat", primary=str(shared.pk))

    assert slots_of(visit.user)["chat"]["primary"].llm == shared
    assert slots_of(None)["chat"]["primary"].builtin == Builtin.GEMINI_CLI


@pytest.mark.parametrize("value", ["nothing", "x" * 5_000, "gemini", "\u202e", "' or 1=1"])
def test_what_is_no_model_is_refused_at_its_slot(value: str) -> None:
    visit = Visit()
    visit.fill("role", "chat", primary=value, backup_1="claude_cli")

    assert list(visit.errors()) == ["primary"]
    assert list(slots_of(visit.user)["chat"]) == ["backup_1"]


def test_another_s_model_is_no_model() -> None:
    visit = Visit()
    foreign = make_local(make_person(), name="Foreign plan")

    visit.fill("role", "chat", primary=str(foreign.pk))

    assert visit.errors() == {"primary": ["There is no such model."]}
    assert "Foreign plan" not in visit.answer.content.decode()
    assert all("Foreign" not in text for text in offered(visit))


def test_who_comes_second_does_not_undo_the_first() -> None:
    visit = Visit()
    visit.post(
        "role", "chat", **{"primary": "gemini_api", "primary-seen": "0", "initial-primary": ""}
    )
    visit.post("role", "chat", **{"primary": "gemini_cli", "primary-seen": "0"})

    assert list(visit.errors()) == ["primary"]
    assert slots_of(visit.user)["chat"]["primary"].builtin == Builtin.GEMINI_API


def test_an_empty_slot_says_what_comes_next() -> None:
    visit = Visit()
    fill(visit.user, make_local(visit.user, name="Llama"), slot="backup_1")

    told = [node.text() for node in visit.open("role", "chat").page.having("data-instead")]

    assert "Llama" in told[0]
    assert all("Claude (CLI)" in text for text in told[1:])


def test_the_reasons_can_be_asked_for_healthy_models_only() -> None:
    visit = Visit()
    fill(visit.user, measured(make_local(visit.user, name="Llama"), Health.DOWN))

    assert "Down. Its last test found it so." not in visit.open("role", "chat").text
    assert "Down. Its last test found it so." in visit.open("role", "chat", healthy="").text


def test_the_choices_are_builtins_then_ones_own_then_shared() -> None:
    visit = Visit()
    make_gemini(name="A shared one")
    make_local(visit.user, name="My own")

    names = [text.partition(" · ")[0] for text in offered(visit)]

    assert names[3:] == ["My own", "A shared one"]
    assert [text.partition(" · ")[0] for text in offered(visit, term="own")] == ["My own"]


def test_roles_that_staff_added_are_there_and_others_are_404() -> None:
    visit = Visit()
    make_role("poet", label="Verses", description="For birthdays.")

    assert "For birthdays." in visit.open("role", "poet").text
    for name in ("nothing", "x" * 200, "Chat Bot", "\0"):
        assert visit.open("role", name).status == 404
        assert visit.post("role", name, primary="claude_cli").status == 404
