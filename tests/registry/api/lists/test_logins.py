"""Who may read the lists, and in which header a client may show its token."""

from __future__ import annotations

from typing import Any

import pytest

from registry.models import Provider
from registry.services.accounts import require_password_change
from tests.factories import make_llm, make_token, make_user
from tests.registry.api.client import Api, with_session, with_token
from tests.registry.api.lists.test_shapes import ids_of

LISTS = ["/v1/models", "/v1/models/acme", "/v1beta/models", "/api/tags", "/formats/litellm"]
HEADERS = ["x-api-key", "x-goog-api-key"]


@pytest.fixture
def acme(openai: Provider) -> None:
    make_llm(provider=openai, model_id="acme")


@pytest.fixture
def public(settings: Any) -> None:
    settings.REGISTRY_PUBLIC_LISTS = True


@pytest.fixture
def text(catalogue: None) -> str:
    """A token's."""
    return make_token(make_user("bob"))[1]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.usefixtures("acme")
def test_the_clients_own_headers_take_our_token(text: str, header: str, path: str) -> None:
    assert Api(**{header: text}).get(path).status_code == 200


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("path", ["/api/v1/models/generation", "/api/v1/models", "/api/schema"])
def test_elsewhere_only_bearer_is_a_login(text: str, header: str, path: str) -> None:
    assert Api(**{header: text}).get(path).status_code == 401


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "token", "x-api-key"])
@pytest.mark.usefixtures("acme")
def test_a_token_in_the_query_is_no_login(text: str, path: str, name: str) -> None:
    assert Api().get(f"{path}?{name}={text}").status_code == 401


@pytest.mark.parametrize("header", [*HEADERS, "Authorization"])
@pytest.mark.parametrize("value", ["reg_wrong", "Bearer reg_wrong", "", "a b", "x" * 5_000, "ä"])
@pytest.mark.usefixtures("acme", "public")
def test_a_wrong_credential_is_401_even_where_lists_are_public(header: str, value: str) -> None:
    answer = Api(**{header: value}).get("/v1/models")

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.usefixtures("acme", "public")
def test_a_wrong_credential_beside_a_right_one_is_still_wrong(text: str) -> None:
    both = {"Authorization": f"Bearer {text}", "x-api-key": text}
    other = make_token(make_user("eve"))[1]

    assert Api(**both).get("/v1/models").status_code == 200
    assert Api(**both | {"x-api-key": "reg_wrong"}).get("/v1/models").status_code == 401
    assert Api(**both | {"x-goog-api-key": other}).get("/v1/models").status_code == 401
    assert Api(**both | {"Authorization": "Basic YTpi"}).get("/v1/models").status_code == 401


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.usefixtures("acme", "public")
def test_public_lists_are_for_anyone(path: str) -> None:
    assert Api().get(path).status_code == 200


@pytest.mark.parametrize("path", [*LISTS, "/api/version", "/formats/nothing"])
@pytest.mark.usefixtures("acme")
def test_without_a_login_there_is_no_list(path: str) -> None:
    assert Api().get(path).status_code == 401


@pytest.mark.usefixtures("acme")
def test_the_admins_session_reads_the_lists() -> None:
    user = make_user()
    caller = with_session(user)

    allowed = caller.get("/v1/models")
    require_password_change(user)

    assert (allowed.status_code, caller.get("/v1/models").status_code) == (200, 403)


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(("catalogue:read",), 200), (("admin:read",), 200), (("admin:write",), 403)],
)
@pytest.mark.usefixtures("acme")
def test_a_token_needs_the_scope(scopes: tuple[str, ...], status: int) -> None:
    assert with_token(make_user(staff=True), *scopes).get("/v1/models").status_code == status


def test_a_user_sees_his_own_models_and_nobody_elses(openai: Provider) -> None:
    bob, eve = make_user("bob"), make_user("eve")
    make_llm(provider=openai, model_id="everybodys")
    make_llm(provider=openai, model_id="bobs", owner=bob)

    assert sorted(ids_of(with_token(bob).get("/v1/models"))) == ["bobs", "everybodys"]
    assert ids_of(with_token(eve).get("/v1/models")) == ["everybodys"]
    assert with_token(bob).get("/v1/models/bobs").status_code == 200
    assert with_token(eve).get("/v1/models/bobs").status_code == 404


@pytest.mark.usefixtures("acme")
def test_many_wrong_keys_of_one_address_are_429_in_the_clients_shape() -> None:
    answers = [Api(**{"x-api-key": f"reg_{n}"}).get("/v1beta/models") for n in range(12)]

    assert [answer.status_code for answer in answers[-2:]] == [429, 429]
    assert answers[-1].json()["error"]["status"] == "RESOURCE_EXHAUSTED"


@pytest.mark.usefixtures("acme")
def test_use_of_a_token_is_noted() -> None:
    token, text = make_token(make_user())

    Api(**{"x-goog-api-key": text}).get("/v1beta/models")

    token.refresh_from_db()
    assert token.last_used_at is not None
