"""The models as everyone sees them, at both mounts."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from registry.models import LLMModel
from registry.services.statuses import set_status
from tests.factories import API_KEY, make_llm, make_price, make_user
from tests.registry.api.catalogue.conftest import slugs
from tests.registry.api.client import Api, fields_of, with_token
from tests.subcases import case

HIDDEN = (
    *("api_key", "api_endpoint", "connection", "owner", "has_api_key", "key_fingerprint"),
    *("state", "probe_max_tokens", "knowledge_bases", "base_url", "direct_api_url"),
)
Shop = dict[str, LLMModel]


def keys(found: Any) -> set[str]:
    """Return every key of an answer, at any depth."""
    if isinstance(found, dict):
        return set(found).union(*(keys(value) for value in found.values()), set())
    if isinstance(found, list):
        return set().union(*(keys(value) for value in found))
    return set()


def test_a_list_shows_what_a_user_may_know_of(reader: Api, mount: str) -> None:
    assert slugs(reader.get(f"{mount}/models")) == ["large", "mini", "nano", "sonnet", "unpriced"]


def test_an_inactive_model_is_for_staff_only(reader: Api, staff: Api, mount: str) -> None:
    assert reader.get(f"{mount}/models/secret").status_code == 404
    assert slugs(reader.get(f"{mount}/models?status=inactive")) == []
    assert staff.get(f"{mount}/models/secret").status_code == 200
    assert slugs(staff.get(f"{mount}/models?status=inactive")) == ["secret"]


def test_a_token_of_staff_that_may_not_read_the_staff_api_sees_what_users_see(
    shop: Shop, mount: str
) -> None:
    api = with_token(make_user("bob", superuser=True), "catalogue:read")

    assert "secret" not in slugs(api.get(f"{mount}/models"))


def test_a_users_own_model_is_not_in_the_catalogue(shop: Shop, mount: str) -> None:
    rita = make_user("rita")
    own = make_llm(owner=rita, slug="mine", provider=shop["nano"].provider)
    api = with_token(rita)

    assert "mine" not in slugs(api.get(f"{mount}/models"))
    assert api.get(f"{mount}/models/{own.pk}").status_code == 404


def test_reads_show_no_address_key_owner_or_connection(reader: Api, staff: Api, mount: str) -> None:
    paths = ("models", "models/nano", "routes", "routes/nano@hub", "platforms", "platforms/hub")
    for path in (*paths, "providers", "providers/openai", "models/nano/routes", "pricing"):
        for api in (reader, staff):
            answer = api.get(f"{mount}/{path}")
            assert answer.status_code == 200, (path, answer.content)
            assert keys(answer.json()) & set(HIDDEN) == set(), path
            assert API_KEY.encode() not in answer.content
            assert b"https://" not in answer.content, path


def test_one_model_is_told_with_its_prices(reader: Api) -> None:
    found = reader.get("/api/v1/models/nano").json()

    assert found["id"] != found["slug"] == "nano"
    assert found["model_id"] == "nano-2026"
    assert found["provider"] == "openai"
    assert found["config"]["context_window"] == 400_000
    assert found["pricing"]["input_cost"] == "0.05"
    assert found["pricing"]["output_cost"] == "0.4"
    assert found["capabilities"] == {"tools": True, "vision": True}


def test_under_registry_ids_are_slugs(reader: Api, shop: Shop) -> None:
    found = reader.get(f"/api/registry/models/{shop['nano'].pk}").json()

    assert found["id"] == found["model_id"] == "nano"
    assert found["model_string"] == "nano-2026"
    assert found["provider_id"] == "openai"
    assert found["context_window"] == 400_000
    assert "slug" not in found
    assert "provider" not in found


def test_a_price_that_is_not_known_is_null_and_never_zero(reader: Api, mount: str) -> None:
    found = reader.get(f"{mount}/models/unpriced").json()

    assert found["pricing"].get("input_cost") is None


FILTERED: tuple[tuple[str, list[str]], ...] = (
    ("provider=openai", ["large", "mini", "nano"]),
    ("provider_id=anthropic", ["sonnet", "unpriced"]),
    ("provider=direct", ["large", "nano", "sonnet"]),
    ("platform=hub", ["mini", "nano"]),
    ("platform_id=direct", ["large", "nano", "sonnet"]),
    ("type=generation&status=beta", ["sonnet"]),
    ("type=embedding", []),
    ("capabilities=vision,tools", ["mini", "nano"]),
    ("tags=chat,nano", ["nano"]),
    ("tags=CHAT", ["large", "mini", "nano", "sonnet", "unpriced"]),
    ("q=on", ["sonnet"]),
    ("min_context=200000", ["nano", "sonnet"]),
    ("max_context=128000", ["large", "mini", "unpriced"]),
    ("min_input_cost=2.5", ["large", "sonnet"]),
    ("max_input_cost=0.15", ["mini", "nano"]),
    ("max_input_cost=0", []),
    ("sort=cost", ["nano", "mini", "large", "sonnet", "unpriced"]),
    ("sort=-cost", ["sonnet", "large", "mini", "nano", "unpriced"]),
    ("sort=context", ["unpriced", "mini", "large", "sonnet", "nano"]),
    ("sort=-context", ["nano", "sonnet", "mini", "large", "unpriced"]),
    ("sort=name", ["large", "mini", "nano", "sonnet", "unpriced"]),
    ("sort=-name", ["unpriced", "sonnet", "nano", "mini", "large"]),
    ("sort=cost&page_size=2&page=2", ["large", "sonnet"]),
)


def test_a_list_is_filtered_and_sorted(subtests: pytest.Subtests, reader: Api, mount: str) -> None:
    for query, expected in FILTERED:
        with case(subtests, query=query):
            assert slugs(reader.get(f"{mount}/models?{query}")) == expected


def test_the_newest_release_comes_first(reader: Api, shop: Shop, mount: str) -> None:
    for number, name in enumerate(("mini", "large"), 1):
        shop[name].release_date = f"2026-01-0{number}"
        shop[name].save()

    assert slugs(reader.get(f"{mount}/models?sort=-released"))[:2] == ["large", "mini"]
    assert slugs(reader.get(f"{mount}/models?sort=released"))[:2] == ["mini", "large"]


WRONG_PARAMETERS = (
    *("type=speech", "provider=nobody", "provider_id=nobody", "platform=nowhere"),
    *("platform_id=%40", "capabilities=flying", "capabilities=vision,flying"),
    *("min_context=-1", "min_context=1e5", "min_context=9223372036854775808"),
    *("max_context=NaN", "max_input_cost=-1", "max_input_cost=NaN", "max_input_cost=1e3"),
    *("min_input_cost=Infinity", "min_input_cost=0.0000000001", "max_input_cost=10000000"),
    *("sort=price", "ordering=name", "status=gone", "page=0", "page_size=ten", "colour=red"),
    *("page_size=9223372036854775808", "q=%00"),
)


def test_a_wrong_parameter_is_named(subtests: pytest.Subtests, reader: Api, mount: str) -> None:
    for parameter in WRONG_PARAMETERS:
        with case(subtests, parameter=parameter):
            answer = reader.get(f"{mount}/models?{parameter}")

            assert answer.status_code == 400, answer.content
            assert fields_of(answer) == {parameter.partition("=")[0]}


def test_a_page_has_200_rows_at_most(reader: Api, mount: str) -> None:
    answer = reader.get(f"{mount}/models?page_size=1000000000")

    assert answer.status_code == 200
    assert answer.json()["count"] == 5


def test_the_chooser_wins_over_a_model_of_its_name(reader: Api, mount: str) -> None:
    for name in ("embedding", "generation", "ner"):
        assert set(reader.get(f"{mount}/models/{name}").json()) == {"count", "results"}
    assert "embedding_models" in reader.get(f"{mount}/models/available").json()


def test_reads_are_private_and_vary_with_the_login(reader: Api, mount: str) -> None:
    answer = reader.get(f"{mount}/models/nano")

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Authorization, Cookie"
    assert answer.headers["ETag"]


def test_a_price_is_never_out_of_date(reader: Api, shop: Shop, mount: str) -> None:
    tag = reader.get(f"{mount}/models/nano").headers["ETag"]
    make_price(shop["nano"], "0.07")

    answer = reader.get(f"{mount}/models/nano", If_None_Match=tag)

    assert answer.json()["pricing"]["input_cost"] == "0.07"


def test_anyone_reads_where_the_lists_are_public(
    shop: Shop, settings: Settings, mount: str
) -> None:
    assert Api().get(f"{mount}/models").status_code == 401
    settings.REGISTRY_PUBLIC_LISTS = True

    assert "nano" in slugs(Api().get(f"{mount}/models"))
    assert Api(Authorization="Bearer reg_wrong").get(f"{mount}/models").status_code == 401
    assert Api().post(f"{mount}/models", {}).status_code == 401


def test_a_deprecated_model_says_so_in_headers(
    reader: Api, staff: Api, shop: Shop, mount: str
) -> None:
    set_status(shop["large"], "deprecated", deprecation_date="2027-12-31", replacement=shop["nano"])

    for path in ("models/large", "models/large/routes", "models/large/alternatives"):
        answer = reader.get(f"{mount}/{path}")
        assert answer.headers["Deprecation"].startswith("@"), path
        assert "2027" in answer.headers["Sunset"]
        assert answer.headers["Link"] == f'<{mount}/models/nano>; rel="successor-version"'
    answer = reader.get(f"{mount}/models/large")
    assert answer.json()["replacement"] == "nano"
    assert "Deprecation" not in reader.get(f"{mount}/models/nano").headers
    assert "Deprecation" in staff.get("/api/v1/admin/models/large").headers
