"""What an answer costs, when it has changed, and what its headers say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from registry.models import Provider
from registry.models.revision import Revision
from registry.services import clients
from registry.services.statuses import set_status
from tests.factories import make_client, make_llm, make_user
from tests.registry.api.client import Api, with_token
from tests.registry.api.lists.test_shapes import ANTHROPIC, LISTS, REFUSALS, ids_of, refusal_of


@pytest.fixture
def reader(catalogue: None) -> Api:
    return with_token(make_user("bob"))


@pytest.mark.parametrize("path", [*LISTS, "/v1/models/acme", "/formats/models_dev"])
def test_who_has_the_answer_is_told_so(reader: Api, openai: Provider, path: str) -> None:
    make_llm(provider=openai, model_id="acme")
    first = reader.get(path)
    tag = first.headers["ETag"]

    same = reader.get(path, If_None_Match=tag)
    weak = reader.get(path, If_None_Match=f'W/{tag}, "0"')
    make_llm(provider=openai, model_id="new")
    changed = reader.get(path, If_None_Match=tag)

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert weak.status_code == 304
    assert changed.status_code == 200


@pytest.mark.parametrize("path", [*LISTS, "/v1/models/acme", "/v1/models/none"])
def test_caches_keep_answers_apart(reader: Api, openai: Provider, path: str) -> None:
    make_llm(provider=openai, model_id="acme")

    headers = reader.get(path).headers

    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "private, no-cache"
    assert {part.strip() for part in headers["Vary"].split(",")} >= {
        *("Authorization", "Cookie", "X-Api-Key", "X-Goog-Api-Key", "Anthropic-Version"),
        "X-Goog-Api-Client",
    }


def test_the_tag_of_one_answer_is_none_of_another(reader: Api, openai: Provider) -> None:
    user = make_user("eve")
    make_llm(provider=openai, model_id="acme")
    make_llm(provider=openai, model_id="own", owner=user)
    paths = ["/v1/models", "/v1/models?status=1", "/v1/models/acme", "/v1beta/models", "/api/tags"]
    pages = [f"/v1beta/models?pageSize={size}" for size in (1, 2)]

    tags = [reader.get(path).headers["ETag"] for path in paths + pages]
    tags.append(reader.get("/v1/models", **ANTHROPIC).headers["ETag"])
    tags.append(with_token(user).get("/v1/models").headers["ETag"])

    assert len(set(tags)) == len(tags)
    assert reader.get("/v1/models", If_None_Match=tags[-1]).status_code == 200


@pytest.mark.parametrize("path", ["/v1/models/old", "/v1beta/models/old", "/formats/litellm/old"])
def test_a_deprecated_model_says_so_in_its_headers(
    reader: Api, openai: Provider, path: str
) -> None:
    llm = make_llm(provider=openai, model_id="old")
    before = reader.get(path)
    set_status(llm, "deprecated", deprecation_date=date(2028, 5, 1))

    answer = reader.get(path)
    unchanged = reader.get(path, If_None_Match=answer.headers["ETag"])

    assert "Deprecation" not in before.headers
    for told in (answer, unchanged):
        assert told.headers["Deprecation"].startswith("@")
        assert told.headers["Sunset"] == "Mon, 01 May 2028 00:00:00 GMT"
    assert (answer.status_code, unchanged.status_code) == (200, 304)


@pytest.mark.parametrize("path", [*LISTS, "/formats/litellm_config", "/v1/models?status=1"])
def test_a_prepared_list_costs_two_queries_with_a_token(
    reader: Api, openai: Provider, path: str, figure: Callable[..., None]
) -> None:
    make_llm(provider=openai)
    make_client("c1")
    clients.mark_quota("c1", "m")
    reader.get(path)

    with CaptureQueriesContext(connection) as queries:
        answer = reader.get(path)

    assert answer.status_code == 200
    assert len(queries) == 2, [query["sql"] for query in queries]
    figure(queries=len(queries))


def test_a_prepared_list_costs_one_query_without_a_login(catalogue: None, settings: Any) -> None:
    settings.REGISTRY_PUBLIC_LISTS = True
    Api().get("/v1/models")

    with CaptureQueriesContext(connection) as queries:
        Api().get("/v1/models")

    assert len(queries) == 1, [query["sql"] for query in queries]


@pytest.mark.parametrize("models", [1, 20])
def test_one_model_costs_the_same_however_many_there_are(
    reader: Api, openai: Provider, models: int
) -> None:
    for number in range(models):
        make_llm(provider=openai, model_id=f"m{number}")
    make_client("c1", *(f"m{number}" for number in range(models)))

    reader.get("/v1/models/m0")  # the first note of who uses it

    with CaptureQueriesContext(connection) as queries:
        assert reader.get("/v1/models/m0").status_code == 200

    assert len(queries) <= 5, [query["sql"] for query in queries]


@pytest.mark.parametrize("path", REFUSALS)
def test_a_list_that_cannot_be_read_is_an_error_and_not_empty(
    reader: Api, openai: Provider, path: str
) -> None:
    make_llm(provider=openai)
    reader.get(path)

    def away(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if Revision._meta.db_table in sql:
            raise OperationalError("password=secret")
        return execute(sql, *rest)

    with connection.execute_wrapper(away):
        answer = reader.get(path)

    assert (answer.status_code, bool(refusal_of(answer, path))) == (503, True)
    assert answer.headers["Retry-After"]
    assert b"secret" not in answer.content


def test_changes_of_both_kinds_show_at_the_next_request(reader: Api, openai: Provider) -> None:
    assert ids_of(reader.get("/v1/models")) == []
    make_llm(provider=openai, model_id="m")
    assert ids_of(reader.get("/v1/models")) == ["m"]
    make_client("c1", "m", "theirs")
    assert sorted(ids_of(reader.get("/v1/models"))) == ["m", "theirs"]
    clients.suspend("c1", "m", "broken")
    assert ids_of(reader.get("/v1/models")) == ["theirs"]
