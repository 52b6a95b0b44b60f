"""/api/v1/my/connections"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from registry.models import Connection
from roles.models import RoleSlot
from tests.factories import API_KEY, make_user
from tests.provider import provider_behind_the_door
from tests.registry.api.client import Api, code_of, fields_of, with_session, with_token
from tests.registry.api.tested import work
from tests.roles.api.callers import MY, OWN, own_api
from tests.roles.factories import fill, make_account, make_host, make_local, provider_of
from tests.trail import payload, written

pytestmark = pytest.mark.django_db
CONNECTIONS = f"{MY}/connections"
KEY = "sk-mine-1234567890abcdef"


@pytest.fixture
def person(db: None) -> User:
    for slug in ("openai-compatible", "gemini", "anthropic", "openai"):
        provider_of(slug)
    return make_user("bo")


@pytest.fixture
def api(person: User) -> Api:
    return own_api(person)


def host(**values: Any) -> dict[str, Any]:
    return {"kind": "host", "label": "Box", "api_url": "http://box.example:3000"} | values


def path_of(row: Connection, *rest: str) -> str:
    return "/".join((CONNECTIONS, str(row.pk), *rest))


def test_a_host_is_created_with_a_key_that_never_comes_back(api: Api, person: User) -> None:
    answer = api.post(CONNECTIONS, host(api_key=KEY, host_type="ollama"))

    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert (found["kind"], found["host_type"], found["provider"]) == (
        "host",
        "ollama",
        "openai-compatible",
    )
    assert found["has_key"] is True
    assert found["key_hint"].startswith("key")
    assert KEY.encode() not in answer.content
    row = Connection.objects.get(pk=found["id"])
    assert (row.owner, row.open_key().reveal()) == (person, KEY)
    assert answer.headers["Location"] == path_of(row)
    assert api.get(answer.headers["Location"]).json()["label"] == "Box"


def test_an_account_and_a_login_name_their_provider(api: Api) -> None:
    account = api.post(CONNECTIONS, {"provider": "google", "label": "G", "api_key": KEY}).json()
    login = api.post(CONNECTIONS, {"kind": "cli", "provider": "anthropic", "label": "C"}).json()

    assert (account["kind"], account["provider"]) == ("account", "gemini")
    assert (login["kind"], login["has_key"], login["state"]) == ("cli", False, "keyless")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"label"}),
        ({"label": "x"}, {"provider"}),
        ({"label": "x", "provider": "nobody"}, {"provider"}),
        ({"label": "x", "provider": 5}, {"provider"}),
        ({"kind": "socket", "label": "x"}, {"kind"}),
        ({"kind": "host", "label": "x"}, {"api_url"}),
        ({"kind": "host", "label": "x", "api_url": "ftp://x"}, {"api_url"}),
        ({"kind": "host", "label": "x", "api_url": "http://169.254.169.254/"}, {"api_url"}),
        ({"kind": "host", "label": "x", "api_url": "http://a.example", "host_type": "z"}, None),
        ({"kind": "host", "label": "x", "api_url": "http://a.example", "provider": "openai"}, None),
        ({"kind": "cli", "provider": "anthropic", "label": "x", "api_key": KEY}, {"api_key"}),
        ({"kind": "cli", "provider": "anthropic", "label": "x", "api_url": "http://a"}, None),
        ({"provider": "google", "label": "x", "host_type": "ollama"}, {"host_type"}),
        ({"provider": "google", "label": "x", "api_key": "ke\u2026y"}, {"api_key"}),
        ({"provider": "google", "label": "x" * 10_000}, {"label"}),
        ({"provider": "google", "label": "x", "owner": 1}, {"owner"}),
    ],
)
def test_what_is_wrong_is_told_by_field(
    api: Api, body: dict[str, Any], fields: set[str] | None
) -> None:
    answer = api.post(CONNECTIONS, body)

    assert answer.status_code == 400, answer.content
    assert fields is None or fields_of(answer) == fields
    assert not Connection.objects.exists()
    assert KEY.encode() not in answer.content


def test_put_and_patch_change_what_they_name(api: Api, person: User) -> None:
    row = make_host(person, label="Old")

    for change in (api.patch, api.put):
        answer = change(path_of(row), {"label": "New"})
        assert (answer.status_code, answer.json()["label"]) == (200, "New")
    row.refresh_from_db()
    assert (row.host_type, row.open_key().reveal()) == ("openwebui", API_KEY)


@pytest.mark.parametrize("blank", ["", "   ", None])
def test_a_blank_key_keeps_the_stored_one(api: Api, person: User, blank: str | None) -> None:
    row = make_account(person)

    assert api.patch(path_of(row), {"api_key": blank}).json()["has_key"] is True
    row.refresh_from_db()
    assert row.open_key().reveal() == API_KEY


def test_a_key_is_replaced_and_removed(api: Api, person: User) -> None:
    row = make_account(person)

    api.patch(path_of(row), {"api_key": KEY})
    row.refresh_from_db()
    assert row.open_key().reveal() == KEY
    assert api.delete(path_of(row, "key")).json()["has_key"] is False


def test_the_kind_and_the_provider_of_a_stored_one_stay(api: Api, person: User) -> None:
    row = make_account(person)

    assert fields_of(api.patch(path_of(row), {"kind": "host"})) == {"kind"}
    assert fields_of(api.patch(path_of(row), {"provider": "openai"})) == {"provider"}


def test_another_origin_drops_the_key_and_says_so(api: Api, person: User) -> None:
    row = make_host(person)

    found = api.patch(path_of(row), {"api_url": "http://elsewhere.example:1"}).json()

    assert (found["has_key"], found["state"]) == (False, "needs_key")


def test_a_connection_goes_with_its_models_and_their_slots(api: Api, person: User) -> None:
    row = make_host(person)
    llm = make_local(person, row)
    fill(person, llm)

    with written() as events:
        assert api.delete(path_of(row)).status_code == 204

    assert not RoleSlot.objects.exists()
    assert api.get(path_of(row)).status_code == 404
    assert events.names == ["connection_deleted"]
    assert payload(events.only)["models"] == [llm.name]
    assert api.delete(path_of(row)).status_code == 404


def test_a_lost_race_is_412(api: Api, person: User) -> None:
    row = make_host(person)
    tag = api.get(path_of(row)).headers["ETag"]
    api.patch(path_of(row), {"label": "Mine"}, If_Match=tag)

    for answer in (
        api.patch(path_of(row), {"label": "Late"}, If_Match=tag),
        api.delete(path_of(row), If_Match=tag),
        api.delete(path_of(row, "key"), If_Match=tag),
    ):
        assert (answer.status_code, code_of(answer)) == (412, "stale_revision")


def test_an_idempotency_key_creates_once(api: Api) -> None:
    first = api.post(CONNECTIONS, host(), Idempotency_Key="k")
    again = api.post(CONNECTIONS, host(), Idempotency_Key="k")

    assert first.json() == again.json()
    assert Connection.objects.count() == 1


def test_the_list_has_ones_own_only(api: Api, person: User) -> None:
    make_host(person, label="Mine")
    make_account(person, label="Account")
    make_host(make_user("cy"), label="Cy's")
    make_host(None, label="Ours")

    found = api.get(f"{CONNECTIONS}?ordering=label").json()

    assert [row["label"] for row in found["results"]] == ["Account", "Mine"]
    assert [row["label"] for row in api.get(f"{CONNECTIONS}?kind=host").json()["results"]] == [
        "Mine"
    ]
    assert api.get(f"{CONNECTIONS}?provider=local").json()["count"] == 1
    assert api.get(f"{CONNECTIONS}?owner=1").status_code == 400


def test_the_short_name_is_an_address_too(api: Api, person: User) -> None:
    row = make_host(person, slug="box")

    assert api.get(f"{CONNECTIONS}/box").json()["id"] == str(row.pk)


def test_what_is_not_ones_own_is_not_there(api: Api) -> None:
    theirs = make_host(make_user("cy"), slug="theirs")
    ours = make_host(None)

    for name in (theirs.pk, ours.pk, "theirs", "nothing", "x" * 5000, "%00"):
        for verb, rest, body in (
            ("GET", "", None),
            ("PUT", "", {"label": "x"}),
            ("PATCH", "", {"label": "x"}),
            ("DELETE", "", None),
            ("DELETE", "/key", None),
            ("POST", "/models", {}),
            ("POST", "/test", {}),
        ):
            answer = api.call(verb, f"{CONNECTIONS}/{name}{rest}", body)
            assert (answer.status_code, code_of(answer)) == (404, "not_found"), (verb, name)
    theirs.refresh_from_db()
    assert theirs.has_key


def test_nobody_without_login_or_scope(person: User) -> None:
    row = make_host(person)
    reads = with_token(person, OWN[0])
    none = with_token(person, "catalogue:read")

    assert Api().get(CONNECTIONS).status_code == 401
    assert none.get(CONNECTIONS).status_code == 403
    assert reads.get(path_of(row)).status_code == 200
    for verb, path, body in (
        ("POST", CONNECTIONS, host()),
        ("PATCH", path_of(row), {"label": "x"}),
        ("DELETE", path_of(row), None),
        ("POST", path_of(row, "models"), {}),
    ):
        answer = reads.call(verb, path, body)
        assert (answer.status_code, code_of(answer)) == (403, "permission_denied")
    assert with_session(person).get(path_of(row)).status_code == 200


def test_what_the_host_serves_is_asked_with_its_key(
    api: Api, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider_behind_the_door(monkeypatch)
    row = make_account(person, provider=provider_of("openai"))

    found = api.post(path_of(row, "models"), {}).json()

    assert found["count"] == len(found["results"]) > 0
    assert [one["id"] for one in found["results"]] == sorted(one["id"] for one in found["results"])
    assert far.keys == [API_KEY]
    assert api.get(path_of(row, "models")).status_code == 405


def test_a_test_is_found_at_an_address_of_ones_own(
    api: Api, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider_behind_the_door(monkeypatch)
    row = make_account(person, provider=provider_of("openai"))

    asked = api.post(path_of(row, "test"), {})
    work()

    assert asked.status_code == 202, asked.content
    place = asked.headers["Location"]
    assert place.startswith(f"{MY}/tests/")
    assert api.get(place).json()["success"] is True
    assert own_api(make_user("cy")).get(place).status_code == 404
    assert api.get(f"{MY}/tests").json()["count"] == 1
