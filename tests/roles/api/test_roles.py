"""/api/v1/roles and /roles/{role}/{slot}"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from registry.choices import Scope
from roles.choices import Builtin, Slot
from roles.models import RoleSlot
from tests.factories import make_llm, make_user
from tests.registry.api.client import Api, code_of, fields_of, with_session, with_token
from tests.roles.api.callers import OWN, ROLES, allow, own_api
from tests.roles.factories import fill, make_local, make_role
from tests.trail import written

pytestmark = pytest.mark.django_db
PRIMARY = f"{ROLES}/chat/primary"
EMPTY = dict.fromkeys(Slot.values)


@pytest.fixture
def person() -> User:
    return make_user("bo")


@pytest.fixture
def api(person: User) -> Api:
    return own_api(person)


def test_the_settings_roles_come_first_and_then_the_added_ones(api: Api) -> None:
    make_role("alpha", label="Alpha", description="First.")

    found = api.get(ROLES).json()

    names = [role["name"] for role in found["results"]]
    assert names == ["chat", "orchestrator", "distill", "coder", "research", "alpha"]
    assert found["count"] == 6
    chat, alpha = found["results"][0], found["results"][-1]
    assert (chat["is_defined"], chat["slots"], chat["organisation"]) == (True, EMPTY, EMPTY)
    assert (chat["environment"], chat["last_resort"]) == (None, "claude_cli")
    assert (alpha["label"], alpha["description"], alpha["is_defined"]) == (
        "Alpha",
        "First.",
        False,
    )


def test_a_role_shows_the_callers_slots_and_the_organisations(
    api: Api, person: User, settings: Any
) -> None:
    settings.ROLE_DEFAULTS = {"chat": "gemini_cli"}
    mine, shared = make_local(person, slug="mine"), make_llm(slug="shared")
    fill(person, mine, slot="backup_1")
    fill(None, shared)
    fill(make_user("cy"), Builtin.GEMINI_API)

    found = api.get(f"{ROLES}/chat").json()

    own, ours = found["slots"]["backup_1"], found["organisation"]["primary"]
    assert (own["model"], own["id"], own["label"]) == ("mine", str(mine.pk), mine.name)
    assert (ours["model"], ours["id"]) == ("shared", str(shared.pk))
    assert found["slots"]["primary"] is None
    assert found["environment"] == "gemini_cli"


def test_an_unknown_role_is_not_found_until_something_stands_in_it(api: Api, person: User) -> None:
    assert api.get(f"{ROLES}/poet").status_code == 404
    fill(person, Builtin.GEMINI_CLI, role="poet")

    found = api.get(f"{ROLES}/poet").json()

    assert found["slots"]["primary"]["label"] == "Gemini (CLI)"
    assert found["is_defined"] is False


@pytest.mark.parametrize("name", ["a%20b", "%C3%A9", "x" * 10_000, "UP", "%00"])
def test_what_cannot_be_a_role_is_told_so(api: Api, name: str) -> None:
    for answer in (
        api.get(f"{ROLES}/{name}"),
        api.get(f"{ROLES}/{name}/primary"),
        api.put(f"{ROLES}/{name}/primary", {"model": "claude_cli"}),
    ):
        assert (answer.status_code, fields_of(answer)) == (400, {"role"})


def test_a_slot_takes_an_id_a_slug_and_a_built_in(api: Api, person: User) -> None:
    mine, shared = make_local(person, slug="mine"), make_llm(slug="shared")

    for text, model, pk in (
        (str(mine.pk), "mine", str(mine.pk)),
        ("mine", "mine", str(mine.pk)),
        ("shared", "shared", str(shared.pk)),
        ("gemini_api", "gemini_api", None),
    ):
        answer = api.put(PRIMARY, {"model": text})
        assert answer.status_code == 200, answer.content
        found = answer.json()
        assert (found["model"], found["id"], found["scope"]) == (model, pk, "user")
        assert answer.headers["ETag"] == f'"{found["revision"]}"'
    assert RoleSlot.objects.get().owner == person


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_null_empties_the_slot(api: Api, person: User, nothing: str | None) -> None:
    fill(person, Builtin.CLAUDE_CLI)

    answer = api.put(PRIMARY, {"model": nothing})

    assert (answer.status_code, answer.json()["model"]) == (200, None)
    assert not RoleSlot.objects.exists()
    assert api.put(PRIMARY, {"model": nothing}).status_code == 200


def test_the_same_again_is_no_event(api: Api) -> None:
    api.put(PRIMARY, {"model": "claude_cli"})

    with written() as events:
        assert api.put(PRIMARY, {"model": "claude_cli"}).status_code == 200
    assert events == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (PRIMARY, {}, "model"),
        (PRIMARY, {"model": 7}, "model"),
        (PRIMARY, {"model": "nothing"}, "model"),
        (PRIMARY, {"model": "x" * 10_000}, "model"),
        (PRIMARY, {"model": "claude_cli", "slot": "primary"}, "slot"),
        (f"{ROLES}/chat/backup_5", {"model": "claude_cli"}, "slot"),
        (f"{ROLES}/chat/{'x' * 10_000}", {"model": "claude_cli"}, "slot"),
        (f"{PRIMARY}?scope=planet", {"model": "claude_cli"}, "scope"),
        (f"{PRIMARY}?owner=1", {"model": "claude_cli"}, "owner"),
    ],
)
def test_what_is_wrong_is_told_by_field(
    api: Api, path: str, body: dict[str, Any], field: str
) -> None:
    answer = api.put(path, body)

    assert (answer.status_code, fields_of(answer)) == (400, {field})
    assert not RoleSlot.objects.exists()


def test_another_users_model_is_no_model(api: Api) -> None:
    theirs = make_local(make_user("cy"), slug="theirs")

    for name in ("theirs", str(theirs.pk)):
        assert fields_of(api.put(PRIMARY, {"model": name})) == {"model"}


def test_a_lost_race_is_412(api: Api) -> None:
    empty = api.get(PRIMARY).headers["ETag"]
    assert api.put(PRIMARY, {"model": "claude_cli"}, If_Match=empty).status_code == 200
    late = api.put(PRIMARY, {"model": "gemini_cli"}, If_Match=empty)

    assert (late.status_code, code_of(late)) == (412, "stale_revision")
    present = api.get(PRIMARY).headers["ETag"]
    assert api.put(PRIMARY, {"model": "gemini_cli"}, If_Match=present).status_code == 200


def test_the_organisations_slots_are_for_staff_that_may() -> None:
    path = f"{PRIMARY}?scope=organisation"
    body = {"model": "gemini_cli"}
    right = "roles.change_roleslot"
    admin_scopes = (Scope.ADMIN_READ.value, Scope.ADMIN_WRITE.value)
    outsider = allow(make_user("out"), right)
    idle = make_user("idle", staff=True)
    staff = allow(make_user("staff", staff=True), right, "roles.view_roleslot")

    refused = (
        with_session(outsider),
        with_session(idle),
        with_token(idle, *OWN, *admin_scopes),
        with_token(staff, *OWN),
        with_token(staff, *OWN, Scope.ADMIN_READ.value),
    )
    for api in refused:
        assert api.put(path, body).status_code == 403
    assert Api().put(path, body).status_code == 401
    assert not RoleSlot.objects.exists()

    for api in (with_session(staff), with_token(staff, *admin_scopes)):
        answer = api.put(path, body)
        assert (answer.status_code, answer.json()["scope"]) == (200, "organisation")
        assert api.get(path).json()["model"] == "gemini_cli"
    assert RoleSlot.objects.get().owner is None


def test_the_organisations_slots_name_shared_models_only() -> None:
    staff = allow(make_user("staff", staff=True), "roles.change_roleslot")
    make_local(staff, slug="mine")

    answer = with_session(staff).put(f"{PRIMARY}?scope=organisation", {"model": "mine"})

    assert fields_of(answer) == {"model"}


def test_nobody_without_login_or_scope(person: User) -> None:
    reads = with_token(person, OWN[0])

    for path in (ROLES, f"{ROLES}/chat", PRIMARY):
        assert Api().get(path).status_code == 401
        assert with_token(person, "catalogue:read").get(path).status_code == 403
        assert reads.get(path).status_code == 200
    assert reads.put(PRIMARY, {"model": None}).status_code == 403


@pytest.mark.parametrize("others", [1, 40])
def test_the_list_costs_as_many_queries_whatever_is_filled(
    api: Api, person: User, others: int, django_assert_num_queries: Any
) -> None:
    for number in range(others):
        make_role(f"role{number}")
        fill(person, make_local(person), role=f"role{number}")
        fill(None, make_llm(), role=f"role{number}")

    api.get(ROLES)  # notes the token's use
    with django_assert_num_queries(4):  # the token, both owners' slots, the roles
        assert api.get(ROLES).json()["count"] == others + 5
