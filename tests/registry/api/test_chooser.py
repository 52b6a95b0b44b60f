"""The lists that applications choose a model from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Provider
from registry.services.accounts import require_password_change
from tests.factories import make_llm, make_token, make_user
from tests.registry.api.client import Api, code_of, fields_of, names_of, with_session, with_token

LISTS = ["embedding", "generation", "ner"]
ALL = [*LISTS, "available"]


def path(name: str) -> str:
    return f"/api/v1/models/{name}"


@pytest.fixture
def reader(catalogue: None) -> Api:
    """An application of somebody who is no staff member."""
    return with_token(make_user("bob"))


@pytest.fixture
def public(settings: Any) -> None:
    settings.REGISTRY_PUBLIC_LISTS = True


def test_a_list_has_active_models_the_default_first_then_names(
    reader: Api, openai: Provider
) -> None:
    make_llm(provider=openai, name="B")
    make_llm(provider=openai, name="A")
    make_llm(provider=openai, name="C", is_default=True)
    for status in ("inactive", "deprecated", "beta"):
        make_llm(provider=openai, name=status, status=status)
    make_llm("embedding", provider=openai, name="Other type")
    make_llm(provider=openai, name="Somebody's own", owner=make_user())

    answer = reader.get(path("generation"))

    assert answer.status_code == 200
    assert answer.json()["count"] == 3
    assert names_of(answer) == ["C", "A", "B"]


def test_a_row_has_what_a_chooser_needs_and_nothing_secret(reader: Api, openai: Provider) -> None:
    make_llm("embedding", provider=openai, dimensions=1536, distance_metric="cosine")

    row = reader.get(path("embedding")).json()["results"][0]

    assert set(row) == {
        *("id", "slug", "type", "name", "provider", "model_id", "description", "is_default"),
        *("config", "capabilities", "tags"),
    }
    assert row["config"]["dimensions"] == 1536
    assert row["config"]["distance_metric"] == "cosine"


def test_all_types_come_in_one_answer(reader: Api, openai: Provider) -> None:
    make_llm("embedding", provider=openai, name="E")
    make_llm(provider=openai, name="G")

    shown = reader.get(path("available")).json()

    assert shown["count"] == 2
    assert [row["name"] for row in shown["embedding_models"]] == ["E"]
    assert [row["name"] for row in shown["generation_models"]] == ["G"]
    assert shown["ner_models"] == []


def test_a_list_has_all_rows_unless_a_page_is_asked_for(reader: Api, openai: Provider) -> None:
    for number in range(5):
        make_llm(provider=openai, name=f"M{number}")

    everything = reader.get(path("generation"))
    second = reader.get(f"{path('generation')}?page_size=2&page=2")

    assert len(names_of(everything)) == 5
    assert second.json()["count"] == 5
    assert names_of(second) == ["M2", "M3"]
    assert names_of(reader.get(f"{path('generation')}?page_size=2&page=9")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=x", "page"),
        ("page=0", "page"),
        ("page_size=1e5", "page_size"),
        ("page_size=4294967296", "page_size"),
        ("type=ner", "type"),
        ("token=reg_x", "token"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(reader: Api, query: str, field: str) -> None:
    answer = reader.get(f"{path('generation')}?{query}")

    assert (answer.status_code, fields_of(answer)) == (400, {field})


def test_the_tag_tells_whether_anything_has_changed(reader: Api, openai: Provider) -> None:
    first = reader.get(path("generation"))
    tag = first.headers["ETag"]

    same = reader.get(path("generation"), If_None_Match=tag)
    weak = reader.get(path("generation"), If_None_Match=f'W/{tag}, "0"')
    make_llm(provider=openai)
    changed = reader.get(path("generation"), If_None_Match=tag)

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["ETag"] == tag
    assert weak.status_code == 304
    assert changed.status_code == 200
    assert changed.json()["count"] == 1


def test_caches_keep_answers_apart(reader: Api) -> None:
    answer = reader.get(path("ner"))

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert {part.strip() for part in answer.headers["Vary"].split(",")} >= {
        "Authorization",
        "Cookie",
    }


@pytest.mark.parametrize("name", ALL)
def test_without_a_login_there_is_no_list(catalogue: None, name: str) -> None:
    answer = Api().get(path(name))

    assert (answer.status_code, code_of(answer)) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ALL)
@pytest.mark.usefixtures("public", "catalogue")
def test_a_public_list_is_for_anyone(name: str) -> None:
    assert Api().get(path(name)).status_code == 200


@pytest.mark.usefixtures("public", "catalogue")
@pytest.mark.parametrize("header", ["Bearer reg_wrong", "Bearer", "Basic YTpi", "reg_x", ""])
def test_a_wrong_credential_is_401_even_where_the_list_is_public(header: str) -> None:
    answer = Api(Authorization=header).get(path("generation"))

    assert (answer.status_code, code_of(answer)) == (401, "invalid_token")


def test_the_admins_session_reads_the_lists(catalogue: None) -> None:
    user = make_user()
    caller = with_session(user)

    allowed = caller.get(path("generation"))
    require_password_change(user)
    refused = caller.get(path("generation"))

    assert allowed.status_code == 200
    assert (refused.status_code, code_of(refused)) == (403, "password_change_required")


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(("catalogue:read",), 200), (("admin:read",), 200), (("admin:write",), 403)],
)
def test_a_token_needs_the_scope(catalogue: None, scopes: tuple[str, ...], status: int) -> None:
    answer = with_token(make_user(staff=True), *scopes).get(path("generation"))

    assert answer.status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_the_lists_are_read_only(reader: Api, method: str) -> None:
    answer = reader.call(method, path("embedding"), None if method == "TRACE" else {})

    assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_head_and_options_answer_without_a_body(reader: Api) -> None:
    head = reader.call("HEAD", path("embedding"))
    options = reader.call("OPTIONS", path("embedding"))

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"]
    assert (options.status_code, options.content) == (200, b"")
    assert options.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("name", ALL)
def test_a_prepared_list_costs_two_queries_with_a_token(
    openai: Provider, name: str, figure: Callable[..., None]
) -> None:
    for llm_type in LISTS:
        make_llm(llm_type, provider=openai)
    caller = with_token(make_user())
    caller.get(path(name))

    with CaptureQueriesContext(connection) as queries:
        answer = caller.get(path(name))

    assert answer.status_code == 200
    assert len(queries) == 2, [query["sql"] for query in queries]
    figure(queries=len(queries))


@pytest.mark.usefixtures("public", "catalogue")
def test_a_prepared_list_costs_one_query_without_a_login() -> None:
    caller = Api()
    caller.get(path("generation"))

    with CaptureQueriesContext(connection) as queries:
        caller.get(path("generation"))

    assert len(queries) == 1, [query["sql"] for query in queries]


def test_a_change_shows_at_the_next_request(reader: Api, openai: Provider, api: Api) -> None:
    llm = make_llm(provider=openai, name="Before")
    assert names_of(reader.get(path("generation"))) == ["Before"]

    api.patch(f"/api/v1/admin/models/{llm.pk}", {"name": "After"})

    assert names_of(reader.get(path("generation"))) == ["After"]


def test_reads_can_be_limited(reader: Api, settings: Any) -> None:
    settings.REGISTRY_READS_PER_MINUTE = 2

    statuses = [reader.get(path("ner")).status_code for _ in range(4)]

    assert statuses == [200, 200, 429, 429]


def test_use_of_a_token_is_noted(catalogue: None) -> None:
    token, text = make_token(make_user())

    Api(Authorization=f"Bearer {text}").get(path("ner"))

    token.refresh_from_db()
    assert token.last_used_at is not None
