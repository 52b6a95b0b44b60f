"""/api/v1/admin/roles"""

from __future__ import annotations

from typing import Any

import pytest

from roles.models import Role
from tests.factories import make_user
from tests.registry.api.client import Api, code_of, fields_of, with_session, with_token
from tests.roles.factories import make_role

pytestmark = pytest.mark.django_db
ADDED = "/api/v1/admin/roles"


@pytest.fixture
def api() -> Api:
    return with_token(make_user("ada", superuser=True))


def test_a_role_is_added_changed_and_deleted(api: Api) -> None:
    made = api.post(ADDED, {"name": "poet", "label": "Poet", "last_resort": "gemini_api"})
    assert made.status_code == 201, made.content
    place = made.headers["Location"]
    assert place == f"{ADDED}/poet"

    found = api.patch(place, {"description": "Verse."}, If_Match=made.headers["ETag"])
    assert (found.status_code, found.json()["last_resort"]) == (200, "gemini_api")
    assert api.get("/api/v1/roles").json()["results"][-1]["description"] == "Verse."

    assert api.delete(place).status_code == 204
    assert api.get(place).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "taken"}, "name"),
        ({"name": "poet", "last_resort": "mine"}, "last_resort"),
        ({"name": "poet", "slots": {}}, "slots"),
    ],
)
def test_what_is_wrong_is_told_by_field(api: Api, body: dict[str, Any], field: str) -> None:
    make_role("taken")

    answer = api.post(ADDED, body)

    assert (answer.status_code, fields_of(answer)) == (400, {field})
    assert Role.objects.count() == 1


def test_the_name_of_a_stored_one_stays(api: Api) -> None:
    make_role("poet")

    assert fields_of(api.patch(f"{ADDED}/poet", {"name": "bard"})) == {"name"}


def test_a_lost_race_is_412(api: Api) -> None:
    make_role("poet")
    tag = api.get(f"{ADDED}/poet").headers["ETag"]
    api.patch(f"{ADDED}/poet", {"label": "P"})

    assert code_of(api.delete(f"{ADDED}/poet", If_Match=tag)) == "stale_revision"


def test_only_staff_of_right() -> None:
    make_role("poet")
    person, idle = make_user("bo"), make_user("idle", staff=True)
    viewer = make_user("vi", staff=True, superuser=False)

    assert Api().get(ADDED).status_code == 401
    for api in (with_session(person), with_session(idle), with_session(viewer)):
        for verb in ("GET", "POST"):
            assert api.call(verb, ADDED, None if verb == "GET" else {}).status_code == 403
        assert api.delete(f"{ADDED}/poet").status_code == 403
