"""/api/v1/my/models"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from registry.choices import LLMStatus
from registry.models import LLMModel
from roles.models import RoleSlot
from tests.factories import API_KEY, make_llm, make_user
from tests.provider import bad_key, provider_behind_the_door
from tests.registry.api.client import Api, code_of, fields_of, with_token
from tests.registry.api.tested import ended
from tests.roles.api.callers import MY, OWN, own_api
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_gemini,
    make_host,
    make_local,
    make_login,
    make_own,
    provider_of,
)

pytestmark = pytest.mark.django_db
MODELS = f"{MY}/models"


@pytest.fixture
def person(db: None) -> User:
    for slug in ("openai-compatible", "gemini", "anthropic", "openai"):
        provider_of(slug)
    return make_user("bo")


@pytest.fixture
def api(person: User) -> Api:
    return own_api(person)


def path_of(row: LLMModel, *rest: str) -> str:
    return "/".join((MODELS, str(row.pk), *rest))


def test_a_model_of_a_host_takes_what_it_needs_from_there(api: Api, person: User) -> None:
    box = make_host(person, slug="box")

    answer = api.post(MODELS, {"provider": "local", "model_id": "mistral", "connection": "box"})

    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert (found["name"], found["type"], found["transport"]) == (
        "mistral",
        "generation",
        "local_openai",
    )
    assert (found["connection"], found["has_key"]) == (str(box.pk), True)
    assert LLMModel.objects.get(pk=found["id"]).owner == person
    assert api.get(answer.headers["Location"]).json()["id"] == found["id"]


def test_every_transport_can_be_made(api: Api, person: User) -> None:
    account, login = make_account(person), make_login(person)
    bodies = {
        "gemini_api": {"provider": "google", "model_id": "g", "connection": str(account.pk)},
        "gemini_cli": {"provider": "google", "model_id": "c", "transport": "gemini_cli"},
        "claude_cli": {"provider": "anthropic", "model_id": "o", "connection": login.slug},
    }
    for transport, body in bodies.items():
        answer = api.post(MODELS, body)
        assert (answer.status_code, answer.json().get("transport")) == (201, transport)


def test_a_key_of_its_own_goes_in_and_never_comes_out(api: Api) -> None:
    body = {"provider": "openai", "model_id": "gpt-4o", "api_key": API_KEY}

    answer = api.post(MODELS, body)

    assert answer.status_code == 201, answer.content
    assert answer.json()["has_key"] is True
    assert API_KEY.encode() not in answer.content + api.get(answer.headers["Location"]).content


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"provider", "model_id"}),
        ({"provider": "nobody", "model_id": "x"}, {"provider"}),
        ({"provider": "local", "model_id": "x"}, {"connection"}),
        ({"provider": "openai", "model_id": "x", "connection": "gone"}, {"connection"}),
        ({"provider": "openai", "model_id": "x", "connection": 7}, {"connection"}),
        ({"provider": "openai", "model_id": "x", "transport": "pigeon"}, {"transport"}),
        ({"provider": "openai", "model_id": "x", "transport": "claude_cli"}, {"transport"}),
        ({"provider": "openai", "model_id": "x", "is_default": True}, {"is_default"}),
        ({"provider": "openai", "model_id": "x", "owner": 1}, {"owner"}),
        ({"provider": "openai", "model_id": "x", "status": "gone"}, {"status"}),
        ({"provider": "openai", "model_id": "x", "slug": "A b"}, {"slug"}),
        ({"provider": "openai", "model_id": "x" * 10_000}, {"model_id"}),
        (
            {"provider": "openai", "model_id": "x", "config": {"context_window": 5}},
            {"context_window"},
        ),
    ],
)
def test_what_is_wrong_is_told_by_field(api: Api, body: dict[str, Any], fields: set[str]) -> None:
    answer = api.post(MODELS, body)

    assert answer.status_code == 400, answer.content
    assert fields <= fields_of(answer)
    assert not LLMModel.objects.exists()


def test_another_users_connection_is_no_connection(api: Api) -> None:
    theirs = make_host(make_user("cy"))
    body = {"provider": "local", "model_id": "x", "connection": str(theirs.pk)}

    assert fields_of(api.post(MODELS, body)) == {"connection"}


def test_put_and_patch_change_what_they_name(api: Api, person: User) -> None:
    row = make_local(person, tags=["fast"])

    for change in (api.patch, api.put):
        found = change(path_of(row), {"name": "New", "config": {"context_window": 8000}}).json()
        assert (found["name"], found["config"]["context_window"]) == ("New", 8000)
    assert (found["tags"], found["model_id"]) == (["fast"], row.model_id)
    assert found["connection"] == str(row.connection_id)


def test_another_provider_drops_the_connection(api: Api, person: User) -> None:
    row = make_local(person)

    found = api.patch(path_of(row), {"provider": "anthropic"}).json()

    assert (found["provider"], found["connection"]) == ("anthropic", None)
    assert found["transport"] == "claude_cli"


def test_a_model_goes_and_empties_its_slots(api: Api, person: User) -> None:
    row = make_local(person)
    fill(person, row)

    assert api.delete(path_of(row)).status_code == 204
    assert not RoleSlot.objects.exists()
    assert api.delete(path_of(row)).status_code == 404


def test_a_lost_race_is_412(api: Api, person: User) -> None:
    row = make_local(person)
    tag = api.get(path_of(row)).headers["ETag"]
    assert api.get(path_of(row), If_None_Match=tag).status_code == 304
    api.patch(path_of(row), {"name": "Mine"}, If_Match=tag)

    for answer in (
        api.patch(path_of(row), {"name": "Late"}, If_Match=tag),
        api.delete(path_of(row), If_Match=tag),
    ):
        assert (answer.status_code, code_of(answer)) == (412, "stale_revision")


def test_an_idempotency_key_creates_once(api: Api) -> None:
    body = {"provider": "anthropic", "model_id": "claude"}

    answers = [api.post(MODELS, body, Idempotency_Key="k") for _time in range(2)]

    assert answers[0].json() == answers[1].json()
    assert LLMModel.objects.count() == 1


def test_the_list_has_ones_own_only(api: Api, person: User) -> None:
    make_local(person, slug="a", tags=["fast"])
    make_claude(person, slug="b", status=LLMStatus.INACTIVE)
    make_local(make_user("cy"), slug="c")
    make_llm(slug="d", provider=provider_of("openai"))

    def slugs(query: str = "") -> list[str]:
        return [row["slug"] for row in api.get(f"{MODELS}{query}").json()["results"]]

    assert slugs() == ["a", "b"]
    assert slugs("?tag=fast") == slugs("?provider=local") == slugs("?status=active") == ["a"]
    assert slugs("?ordering=-slug") == ["b", "a"]


def test_resolved_lists_what_can_be_used_as_roles_find_it(api: Api, person: User) -> None:
    make_local(person, slug="a")
    make_gemini(person, slug="b", connection_ref="gone")

    found = api.get(f"{MODELS}?resolved=1").json()

    assert found["count"] == 1
    assert (found["results"][0]["id"], found["results"][0]["host_type"]) == ("a", "openwebui")
    assert fields_of(api.get(f"{MODELS}?resolved=yes")) == {"resolved"}
    assert fields_of(api.get(f"{MODELS}?resolved=1&tag=x")) == {"tag"}


def test_what_is_not_ones_own_is_not_there(api: Api) -> None:
    theirs = make_local(make_user("cy"), slug="theirs")
    ours = make_llm(slug="ours", provider=provider_of("openai"))

    for name in (theirs.pk, ours.pk, "theirs", "ours", "%00", "x" * 5000):
        for verb, rest, body in (
            ("GET", "", None),
            ("PUT", "", {"name": "x"}),
            ("PATCH", "", {"name": "x"}),
            ("DELETE", "", None),
            ("POST", "/test", {}),
        ):
            answer = api.call(verb, f"{MODELS}/{name}{rest}", body)
            assert (answer.status_code, code_of(answer)) == (404, "not_found"), (verb, name)
    assert LLMModel.objects.count() == 2


def test_nobody_without_login_or_scope(person: User) -> None:
    row = make_local(person)
    reads = with_token(person, OWN[0])

    assert Api().get(MODELS).status_code == 401
    assert with_token(person, "catalogue:read").get(MODELS).status_code == 403
    assert reads.get(path_of(row)).status_code == 200
    assert reads.patch(path_of(row), {"name": "x"}).status_code == 403
    assert reads.post(path_of(row, "test"), {}).status_code == 403


@pytest.mark.parametrize("is_staff", [False, True])
def test_the_providers_own_words_are_for_staff(
    person: User, is_staff: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For others an address that answers is no window into what stands there (N9)."""
    person.is_staff = is_staff
    person.save()
    api = own_api(person)
    provider_behind_the_door(monkeypatch, bad_key)
    openai = provider_of("openai")
    row = make_own(person, make_account(person, provider=openai), provider=openai, model_id="m")

    found = ended(api, path_of(row, "test"), {"inference": False})

    assert found["code"] == "bad_key"
    assert ("provider_said" in found["details"]) is is_staff
    (listed,) = api.get(f"{MY}/tests").json()["results"]
    assert listed["details"] == found["details"]


def test_a_test_is_found_at_an_address_of_ones_own(
    api: Api, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider_behind_the_door(monkeypatch)
    openai = provider_of("openai")
    row = make_own(
        person, make_account(person, provider=openai), provider=openai, model_id="gpt-4o"
    )

    found = ended(api, path_of(row, "test"), {"inference": False})

    assert (found["success"], found["model"]) == (True, str(row.pk))
