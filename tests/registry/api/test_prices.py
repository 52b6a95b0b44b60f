"""The price ledger: prices are appended and read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from registry.choices import PriceSource, PriceState
from registry.models import LLMModel, Price, Route
from tests.factories import make_llm, make_platform, make_price, make_route, make_user
from tests.registry.api.client import Api, code_of, fields_of, with_token
from tests.trail import written

PRICES = "/api/v1/admin/prices"
JAN, FEB = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2))


@pytest.fixture
def llm(catalogue: None) -> LLMModel:
    return make_llm(slug="gpt-4o")


@pytest.fixture
def route(llm: LLMModel) -> Route:
    return make_route(llm, make_platform("azure"))


def usd_of(api: Api, query: str) -> list[str]:
    answer = api.get(f"{PRICES}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["usd"] for row in answer.json()["results"]]


def test_a_price_is_appended_as_it_was_sent(api: Api, llm: LLMModel, route: Route) -> None:
    sent = {
        "model": "gpt-4o",
        "route": "gpt-4o@azure",
        "unit": "cached_input",
        "usd": "0.123456789",
        "min_prompt_tokens": 200_000,
        "valid_from": "2026-01-01T00:00:00Z",
        "source": "sync",
        "source_name": "price list",
        "source_url": "https://example.com/pricing",
        "checked_on": "2026-01-31",
    }

    with written() as found:
        answer = api.post(PRICES, sent)

    shown = answer.json()
    assert answer.status_code == 201, answer.content
    assert {name: shown[name] for name in sent} == sent | {"model": str(llm.pk)}
    assert (shown["per"], shown["state"]) == (1_000_000, "live")
    assert found.names == ["price_changed"]
    assert api.get(answer.headers["Location"]).json() == shown


def test_a_price_counts_from_now_on_unless_it_says_otherwise(api: Api, llm: LLMModel) -> None:
    shown = api.post(PRICES, {"model": "gpt-4o", "unit": "request", "usd": 0.25}).json()

    assert (shown["usd"], shown["per"], shown["source"]) == ("0.25", 1, "manual")
    assert shown["route"] is None
    assert datetime.fromisoformat(shown["valid_from"]) > JAN
    assert usd_of(api, "model=gpt-4o&at=2999-01-01") == ["0.25"]


def test_null_withdraws(api: Api, llm: LLMModel) -> None:
    api.post(PRICES, {"model": "gpt-4o", "unit": "input", "usd": "2"})
    api.post(PRICES, {"model": "gpt-4o", "unit": "input", "usd": None})

    assert usd_of(api, "ordering=created_at") == ["2", None]
    assert usd_of(api, "at=2999-01-01") == []


def test_a_repeat_under_one_key_appends_once(api: Api, llm: LLMModel) -> None:
    body = {"model": "gpt-4o", "unit": "input", "usd": "2"}
    first, again = (api.post(PRICES, body, Idempotency_Key="a") for _ in range(2))

    assert first.json() == again.json()
    assert Price.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "nobody"}, "model"),
        ({"model": None}, "model"),
        ({"route": "nobody"}, "route"),
        ({"route": "a\x01b"}, "route"),
        ({"route": "other@hub"}, "route"),
        ({"route": 5}, "route"),
        ({"unit": "smell"}, "unit"),
        ({"unit": None}, "unit"),
        ({"usd": "-1"}, "usd"),
        ({"usd": "1e5"}, "usd"),
        ({"usd": True}, "usd"),
        ({"usd": "0.0000000001"}, "usd"),
        ({"usd": "1000000"}, "usd"),
        ({"min_prompt_tokens": -1}, "min_prompt_tokens"),
        ({"min_prompt_tokens": "5"}, "min_prompt_tokens"),
        ({"min_prompt_tokens": None}, "min_prompt_tokens"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": "0001-01-01T00:00:00+14:00"}, "valid_from"),
        ({"source": "rumour"}, "source"),
        ({"source_name": "a" * 50_000}, "source_name"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
        ({"checked_on": "soon"}, "checked_on"),
        ({"price": "2"}, "price"),
    ],
)
def test_a_refusal_names_the_field_and_appends_nothing(
    api: Api, llm: LLMModel, change: dict[str, Any], field: str
) -> None:
    make_route(make_llm(slug="other"), make_platform("hub"))

    answer = api.post(PRICES, {"model": "gpt-4o", "unit": "input", "usd": "2"} | change)

    assert (answer.status_code, fields_of(answer)) == (400, {field}), answer.content
    assert not Price.objects.exists()


@pytest.mark.parametrize("missing", ["model", "unit", "usd"])
def test_what_a_price_cannot_do_without_is_named(api: Api, llm: LLMModel, missing: str) -> None:
    body = {"model": "gpt-4o", "unit": "input", "usd": "2"}
    del body[missing]

    assert fields_of(api.post(PRICES, body)) == {missing}


def test_what_only_answers_have_is_ignored_and_listed(api: Api, llm: LLMModel) -> None:
    body = {"model": "gpt-4o", "unit": "input", "usd": "2", "state": "pending", "id": 5}

    answer = api.post(PRICES, body)

    assert answer.json()["state"] == "live"
    assert answer.json()["warnings"] == ["Ignored: id, state"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_price_is_never_rewritten_nor_taken_away(api: Api, llm: LLMModel, method: str) -> None:
    price = make_price(llm, "2")

    for path in (PRICES, f"{PRICES}/{price.pk}"):
        assert api.call(method, path, {"usd": "3"}).status_code == 405

    price.refresh_from_db()
    assert price.usd == 2


@pytest.mark.parametrize(
    "name", ["0", "99999", "9223372036854775808", "-1", "1e5", "x", "٣", "%00"]
)
def test_an_unknown_price_is_404(api: Api, llm: LLMModel, name: str) -> None:
    assert code_of(api.get(f"{PRICES}/{name}")) == "not_found"


def test_prices_are_listed_newest_first_and_found_by_what_they_are(
    api: Api, llm: LLMModel, route: Route
) -> None:
    make_price(llm, "1", valid_from=JAN)
    make_price(llm, "2", valid_from=FEB, source=PriceSource.SYNC)
    make_price(llm, "3", valid_from=FEB, unit="output", state=PriceState.PENDING)
    make_price(llm, "4", valid_from=FEB, route=route)
    make_price(make_llm(), "5", valid_from=JAN)

    assert usd_of(api, "") == ["4", "3", "2", "5", "1"]
    assert usd_of(api, "model=gpt-4o") == ["4", "3", "2", "1"]
    assert usd_of(api, f"route={route.slug}") == ["4"]
    assert usd_of(api, f"route={route.pk}") == ["4"]
    assert usd_of(api, "unit=output") == ["3"]
    assert usd_of(api, "source=sync") == ["2"]
    assert usd_of(api, "state=pending") == ["3"]
    assert usd_of(api, "ordering=usd") == ["1", "2", "3", "4", "5"]
    assert usd_of(api, "ordering=-unit&page_size=1") == ["3"]


def test_prices_in_force_at_a_moment_are_listed(api: Api, llm: LLMModel, route: Route) -> None:
    make_price(llm, "1", valid_from=JAN)
    make_price(llm, "2", valid_from=FEB)
    make_price(llm, "3", valid_from=FEB, route=route)
    make_price(llm, "9", valid_from=JAN, source=PriceSource.SYNC)

    assert usd_of(api, "at=2025-12-31") == []
    assert usd_of(api, "at=2026-01-15") == ["1"]
    assert usd_of(api, "at=2026-02-15T08:00:00Z&ordering=usd") == ["2", "3"]
    assert usd_of(api, "at=2026-02-15&source=sync") == []  # it is known, and does not count


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("model=nobody", "model"),
        ("route=nobody", "route"),
        ("unit=smell", "unit"),
        ("state=odd", "state"),
        ("source=rumour", "source"),
        ("at=soon", "at"),
        ("at=2026-02-30", "at"),
        ("ordering=id", "ordering"),
        ("price=2", "price"),
        ("page_size=9223372036854775808", "page_size"),
    ],
)
def test_what_cannot_be_meant_is_refused(api: Api, llm: LLMModel, query: str, field: str) -> None:
    answer = api.get(f"{PRICES}?{query}")

    assert (answer.status_code, fields_of(answer)) == (400, {field})


def test_the_prices_of_anothers_own_model_are_his(api: Api, llm: LLMModel) -> None:
    private = make_price(make_llm(owner=make_user()), "7")
    own = make_price(make_llm(owner=make_user("eve", superuser=True)), "8")

    assert usd_of(api, "") == []
    assert api.get(f"{PRICES}/{private.pk}").status_code == 404
    assert api.get(f"{PRICES}/{own.pk}").status_code == 404


@pytest.mark.parametrize(
    ("group", "may_add"), [("readers", False), ("operators", True), ("administrators", True)]
)
def test_operators_append_and_readers_read(llm: LLMModel, group: str, may_add: bool) -> None:
    price = make_price(llm, "2")
    someone = with_token(make_user(staff=True, groups=[group]))

    added = someone.post(PRICES, {"model": "gpt-4o", "unit": "input", "usd": "3"})

    assert someone.get(f"{PRICES}/{price.pk}").status_code == 200
    assert added.status_code == (201 if may_add else 403)
