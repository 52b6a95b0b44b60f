"""The role matrix: what its cells show, who sees whose, and who fills them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from registry.choices import Health, LLMStatus
from registry.services.statuses import set_status
from roles.choices import Builtin
from roles.models import RoleSlot
from roles.services.slots import slots_of
from tests.cases.pages import Node
from tests.factories import make_user
from tests.registry.admin.visitor import Visitor, messages
from tests.roles.factories import fill, make_gemini, make_local, make_person, measured
from tests.trail import written

pytestmark = pytest.mark.django_db

MATRIX = "roles_roleslot_changelist"
TARGETS = "roles_roleslot_targets"


def staff(*permissions: str) -> User:
    user = make_user(staff=True)
    for name in permissions:
        app, _dot, codename = name.partition(".")
        user.user_permissions.add(_permission(app, codename))
    return user


def _permission(app: str, codename: str) -> Permission:

    return Permission.objects.get(content_type__app_label=app, codename=codename)


def cell(visitor: Visitor, name: str, **query: str) -> Node:
    """Return one cell of the matrix, such as `chat.primary`."""
    page = visitor.node(MATRIX, **query)
    (found,) = (node for node in page.having("data-cell") if node.get("data-cell") == name)
    return found


def test_the_matrix_has_every_defined_role_and_five_slots_each() -> None:
    page = Visitor().node(MATRIX)

    roles = [node.get("data-role") for node in page.having("data-role")]
    assert roles == ["chat", "orchestrator", "distill", "coder", "research"]
    assert len(list(page.having("data-cell"))) == 25


def test_a_cell_says_how_its_model_is_in_a_word_and_a_colour() -> None:
    llm = measured(make_gemini(name="Flash"), Health.DOWN)
    fill(None, llm)

    found = cell(Visitor(), "chat.primary")

    assert "Flash" in found.text()
    assert "Down" in found.text()
    assert any("text-red" in node.get("class") for node in found.having("class"))


def test_a_cell_says_why_what_stands_in_it_is_skipped() -> None:
    llm = make_gemini(name="Flash")
    fill(None, llm)
    set_status(llm, LLMStatus.INACTIVE)

    assert "Skipped: Inactive" in cell(Visitor(), "chat.primary").text()


def test_an_empty_cell_says_what_comes_instead() -> None:
    visitor = Visitor()
    assert "Claude (CLI)" in cell(visitor, "chat.primary").text()
    fill(None, make_gemini(name="Flash"), slot="backup_1")

    assert "Flash comes next" in cell(visitor, "chat.primary").text()
    assert "Claude (CLI)" in cell(visitor, "chat.backup_2").text()


def test_an_empty_cell_passes_over_what_would_be_skipped() -> None:
    idle = make_gemini(name="Idle")
    fill(None, idle, slot="backup_1")
    fill(None, make_gemini(name="Flash"), slot="backup_2")
    set_status(idle, LLMStatus.INACTIVE)

    assert "Flash comes next" in cell(Visitor(), "chat.primary").text()


def test_the_slots_of_a_user_fall_to_the_organisations() -> None:
    user = make_person()
    fill(None, make_gemini(name="Ours"))
    fill(user, make_local(user, name="Mine"), slot="backup_1")
    visitor = Visitor()

    assert "Mine comes next" in cell(visitor, "chat.primary", user=str(user.pk)).text()
    assert "Ours comes next" in cell(visitor, "chat.backup_2", user=str(user.pk)).text()
    assert "Mine" not in visitor.text(MATRIX)


def test_cells_are_filled_changed_and_emptied_together() -> None:
    visitor, llm = Visitor(), make_gemini()
    fill(None, Builtin.GEMINI_CLI, role="coder")

    with written() as events:
        answer = visitor.submit(
            MATRIX,
            **{"chat.primary": str(llm.pk), "chat.backup_1": "gemini_api", "coder.primary": ""},
        )

    assert messages(answer) == ["3 slots are saved."]
    assert events.names == ["role_slot_set", "role_slot_set", "role_slot_emptied"]
    assert set(slots_of(None)) == {"chat"}
    assert slots_of(None)["chat"]["primary"].llm == llm


def test_saving_without_a_change_writes_nothing() -> None:
    fill(None, make_gemini())
    visitor = Visitor()
    with written() as events:
        answer = visitor.submit(MATRIX)
    assert (answer.status_code, events.names) == (302, [])


def test_what_a_form_does_not_send_stays() -> None:
    fill(None, make_gemini())
    Visitor().post(MATRIX, **{"chat.backup_1": "claude_cli"})
    assert set(slots_of(None)["chat"]) == {"primary", "backup_1"}


def test_a_cell_that_is_refused_says_so_and_keeps_no_other_from_being_saved() -> None:
    foreign = make_local(make_person())
    answer = Visitor().submit(
        MATRIX, **{"chat.primary": str(foreign.pk), "chat.backup_1": "claude_cli"}
    )

    assert answer.status_code == 200
    assert answer.context["form"].errors["chat.primary"] == ["There is no such model."]
    assert list(slots_of(None)["chat"]) == ["backup_1"]
    assert foreign.name not in answer.content.decode()


def test_who_comes_second_does_not_undo_the_first() -> None:
    visitor = Visitor()
    sent = visitor.form(MATRIX)
    fill(None, Builtin.GEMINI_API)

    answer = visitor.post(MATRIX, **sent | {"chat.primary": "claude_cli"})

    assert "chat.primary" in answer.context["form"].errors
    assert slots_of(None)["chat"]["primary"].builtin == Builtin.GEMINI_API


def test_a_user_who_may_only_look_gets_no_selects_and_is_refused() -> None:
    fill(None, make_gemini(name="Flash"))
    visitor = Visitor(staff("roles.view_roleslot"))

    page = visitor.node(MATRIX)

    assert "Flash" in page.text()
    assert not [node for node in page.find("select") if "." in node.get("name")]
    assert visitor.post(MATRIX, **{"chat.primary": ""}).status_code == 403
    assert RoleSlot.objects.count() == 1


def test_without_the_right_nothing_opens() -> None:
    visitor = Visitor(staff("registry.view_llmmodel", "auth.view_user"))
    assert visitor.get(MATRIX).status_code == 403
    assert visitor.get(TARGETS).status_code == 403
    assert visitor.get("roles_roleslot_users").status_code == 403
    assert visitor.get("roles_roleslot_explain", "chat").status_code == 403


def test_who_may_not_see_users_sees_no_user_s_slots() -> None:
    user = make_person("anna")
    fill(user, make_local(user))
    visitor = Visitor(staff("roles.view_roleslot", "roles.change_roleslot"))

    for page, args in ((MATRIX, ()), (TARGETS, ()), ("roles_roleslot_explain", ("chat",))):
        assert visitor.get(page, *args, user=str(user.pk)).status_code == 404
    assert visitor.get("roles_roleslot_users").status_code == 403


def test_who_may_not_change_a_user_does_not_fill_the_users_slots() -> None:
    user = make_person("anna")
    visitor = Visitor(staff("roles.change_roleslot", "auth.view_user"))

    assert visitor.get(MATRIX, user=str(user.pk)).status_code == 200
    answer = visitor.client.post(f"/admin/roles/roleslot/?user={user.pk}", {"chat.primary": ""})
    assert answer.status_code == 403


def test_a_superuser_is_no_user_that_others_look_at() -> None:
    boss = make_user("boss", superuser=True)
    visitor = Visitor(staff("roles.change_roleslot", "auth.change_user"))

    assert visitor.get(MATRIX, user=str(boss.pk)).status_code == 404
    found = visitor.get("roles_roleslot_users").json()["results"]
    assert "boss" not in [row["text"] for row in found]


@pytest.mark.parametrize("key", ["0", "x", "-1", "9" * 40, "1.5", "٣"])
def test_a_user_who_is_none_is_404(key: str) -> None:
    assert Visitor().get(MATRIX, user=key).status_code == 404


def test_the_slots_of_a_user_are_filled_with_his_own_models() -> None:
    user = make_person()
    llm = make_local(user)
    visitor = Visitor()
    sent = {
        name: value
        for name, value in visitor.form(MATRIX).items()
        if not name.endswith(("primary", "user"))
    }

    answer = visitor.client.post(
        f"/admin/roles/roleslot/?user={user.pk}", sent | {"chat.primary": str(llm.pk)}
    )

    assert answer.status_code == 302
    assert slots_of(user)["chat"]["primary"].llm == llm
    assert slots_of(None) == {}


def test_the_choices_are_builtins_and_what_the_owner_sees() -> None:
    user, other = make_person(), make_person()
    make_local(user, name="Mine")
    make_local(other, name="Foreign")
    make_gemini(name="Ours")
    visitor = Visitor()

    ours = [row["text"] for row in visitor.get(TARGETS).json()["results"]]
    his = [row["text"] for row in visitor.get(TARGETS, user=str(user.pk)).json()["results"]]

    assert [text.partition(" · ")[0] for text in ours][3:] == ["Ours"]
    assert [text.partition(" · ")[0] for text in his][3:] == ["Mine", "Ours"]
    assert all("built-in" in text for text in ours[:3])


def test_choices_are_narrowed_by_words_and_come_in_pages() -> None:
    for number in range(25):
        make_gemini(name=f"Flare no{number:02}")
    visitor = Visitor()

    def asked(**query: str) -> Any:
        return visitor.client.get(reverse(f"admin:{TARGETS}"), query)

    first, second = asked(term="flare").json(), asked(term="flare", page="2").json()

    assert (len(first["results"]), first["pagination"]["more"]) == (20, True)
    assert (len(second["results"]), second["pagination"]["more"]) == (5, False)
    assert len(asked(term="flare no07").json()["results"]) == 1
    assert asked(term="flare", page="x" * 40).json() == first
    assert asked(term="nothing\0at all").status_code == 400


def test_a_model_that_was_given_away_is_not_named() -> None:
    user, other = make_person(), make_person()
    llm = make_local(other, name="Secret plan")
    RoleSlot(owner=user, role="chat", slot="primary", llm=llm).save()

    found = cell(Visitor(), "chat.primary", user=str(user.pk))

    assert "Secret plan" not in found.text()
    assert "Not visible to this user" in found.text()
