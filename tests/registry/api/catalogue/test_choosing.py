"""Questions to the catalogue: which model, over which route, at what cost."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from audit.models import LogEntry
from registry.models import LLMModel
from tests.factories import make_price, make_user
from tests.registry.api.catalogue.conftest import slugs
from tests.registry.api.client import Api, code_of, fields_of, with_session, with_token
from tests.subcases import case

Shop = dict[str, LLMModel]
HUGE = 2**63


def named(row: dict[str, Any], kind: str = "model") -> str:
    """Return the slug of what a row has inside, whatever the mount calls it."""
    inner = row[kind]
    return str(inner.get("slug") or inner.get(f"{kind}_id"))


def chosen(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [named(row) for row in answer.json()["results"]]


def test_a_recommendation_is_ranked_with_route_and_cost(reader: Api, mount: str) -> None:
    answer = reader.post(f"{mount}/recommend", {"requires": ["vision"]})

    assert chosen(answer) == ["nano", "mini", "large"]
    first = answer.json()["results"][0]
    assert named(first, "route") == "nano@direct"
    assert first["cost"]["total"] == "0.00025"
    assert [price["usd"] for price in first["cost"]["prices"]] == ["0.05", "0.4"]


def test_every_rejected_model_has_its_reason(reader: Api, mount: str) -> None:
    found = reader.post(f"{mount}/recommend", {"requires": ["vision"]}).json()

    names = {row.get("model_id") or row.get("model") for row in found["rejected"]}
    assert names >= {"sonnet", "unpriced"}
    assert found["rejected_count"] == len(found["rejected"])
    for row in found["rejected"]:
        assert row["reasons"]
        for reason in row["reasons"]:
            assert reason["code"] in found["reason_counts"]
            assert reason["message"]


def test_who_is_no_staff_hears_of_no_inactive_model(reader: Api, staff: Api, mount: str) -> None:
    found, all_of_them = (api.post(f"{mount}/recommend", {}).json() for api in (reader, staff))

    assert "secret" not in str(found)
    assert "status" not in found["reason_counts"]
    assert "secret" in str(all_of_them["rejected"])
    assert all_of_them["rejected_count"] == found["rejected_count"] + 1


def test_a_recommendation_without_wishes_is_an_answer(reader: Api, mount: str) -> None:
    assert chosen(reader.post(f"{mount}/recommend", {}))[0] == "nano"
    assert chosen(reader.post(f"{mount}/recommend"))[0] == "nano"


WISHES: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({"min_context": 200000}, ["nano", "sonnet"]),
    ({"max_input_cost": "0.15"}, ["nano", "mini"]),
    ({"max_input_cost": 0.05}, ["nano"]),
    ({"provider": "anthropic", "requires": ["tools"]}, ["sonnet"]),
    ({"requires": ["vision"], "excluded": ["audio"]}, ["nano", "mini"]),
    ({"requires": ["vision"], "limit": 1}, ["nano"]),
    ({"max_output": 8193}, []),
    ({"type": "embedding"}, []),
    ({"requires": ["vision"], "excluded": ["vision"]}, []),
    ({"objective": "context", "limit": 2}, ["nano", "sonnet"]),
    ({"requires": None, "min_context": None, "limit": 1}, ["nano"]),
)


def test_wishes_are_met(subtests: pytest.Subtests, reader: Api, mount: str) -> None:
    for body, expected in WISHES:
        with case(subtests, body=body):
            assert chosen(reader.post(f"{mount}/recommend", body)) == expected


WRONG_WISHES: tuple[tuple[str, Any], ...] = (
    *(("requires", ["flying"]), ("optional", ["flying"]), ("excluded", ["flying"])),
    *(("requires", "vision"), ("requires", [5]), ("requires", [["vision"]])),
    *(("min_context", -1), ("min_context", HUGE), ("min_context", "1e5")),
    *(("min_context", True), ("min_context", 1.5), ("max_output", -1)),
    *(("max_output", HUGE), ("max_input_cost", -1), ("max_input_cost", "NaN")),
    *(("max_input_cost", "1e5"), ("max_output_cost", True), ("max_output_cost", "-0.1")),
    *(("min_speed_tps", -1), ("min_speed_tps", "fast"), ("quality_tier", "superb")),
    *(("prompt_tokens", -1), ("prompt_tokens", HUGE), ("output_tokens", "many")),
    *(("objective", "luck"), ("limit", 0), ("limit", HUGE), ("type", "speech")),
    *(("colour", "red"), ("provider", 5), ("provider", "x" * 50_000)),
)


def test_a_wrong_wish_is_named(subtests: pytest.Subtests, reader: Api) -> None:
    for name, value in WRONG_WISHES:
        with case(subtests, name=name, value=value):
            answer = reader.post("/api/v1/recommend", {name: value})

            assert answer.status_code == 400, answer.content
            assert fields_of(answer) == {name}


NO_BODIES = (
    b'{"max_input_cost": NaN}',
    b'{"max_input_cost": 1e999}',
    b'{"min_speed_tps": Infinity}',
    b'{"requires": ["a\\u0000"]}',
    b'{"provider": "\\ud800"}',
    b'{"requires": ' + b"[" * 100 + b"]" * 100 + b"}",
    b"[]",
    b"vision",
)


def test_what_is_no_body_is_refused(subtests: pytest.Subtests, reader: Api, mount: str) -> None:
    for content, path in product(NO_BODIES, ("recommend", "cost")):
        with case(subtests, content=content, path=path):
            assert reader.post(f"{mount}/{path}", content).status_code == 400


def test_a_question_changes_nothing_and_needs_no_right_to_write(
    reader: Api, shop: Shop, mount: str
) -> None:
    before = LogEntry.objects.count()

    reader.post(f"{mount}/recommend", {})
    reader.post(f"{mount}/cost", {"model": "nano", "prompt_tokens": 1, "output_tokens": 1})

    assert LogEntry.objects.count() == before


def test_a_question_counts_as_a_read(reader: Api, settings: Settings) -> None:
    settings.REGISTRY_WRITES_PER_MINUTE = 1

    answers = [reader.post("/api/v1/recommend", {}).status_code for _again in range(3)]

    assert answers == [200, 200, 200]


def test_anyone_asks_where_the_lists_are_public(shop: Shop, settings: Settings, mount: str) -> None:
    assert Api().post(f"{mount}/recommend", {}).status_code == 401
    settings.REGISTRY_PUBLIC_LISTS = True

    assert Api().post(f"{mount}/recommend", {}).status_code == 200
    wrong = Api(Authorization="Bearer reg_wrong")
    assert wrong.post(f"{mount}/recommend", {}).status_code == 401


def test_a_session_asks_with_its_csrf_token_only(shop: Shop) -> None:
    api = with_session(make_user(), enforce_csrf_checks=True)

    assert api.post("/api/v1/recommend", {}).status_code == 403


def test_a_cost_is_exact_and_names_its_prices(reader: Api, mount: str) -> None:
    asked = {"model": "nano", "prompt_tokens": 1_234_567, "output_tokens": 89}

    found = reader.post(f"{mount}/cost", asked).json()

    assert found["total"] == "0.06176395"
    assert found["parts"] == {"input": "0.06172835", "output": "0.0000356"}
    assert [(price["unit"], price["usd"], price["per"]) for price in found["prices"]] == [
        ("input", "0.05", 1_000_000),
        ("output", "0.4", 1_000_000),
    ]
    assert all(price["valid_from"] for price in found["prices"])
    assert found["at"]


def test_a_route_costs_what_it_costs_there(reader: Api, shop: Shop, mount: str) -> None:
    make_price(shop["nano"], "0.07", route=shop["nano"].routes.get(platform__slug="hub"))
    asked = {"prompt_tokens": 1_000_000, "output_tokens": 0}

    dear = reader.post(f"{mount}/cost", {**asked, "route": "nano@hub"}).json()
    listed = reader.post(f"{mount}/cost", {**asked, "model": "nano"}).json()

    assert (dear["total"], listed["total"]) == ("0.07", "0.05")
    assert dear["prices"][0]["is_override"] is True


def test_ids_of_registry_are_understood_in_questions(reader: Api) -> None:
    asked = {"model_id": "nano", "prompt_tokens": 1, "output_tokens": 1}

    found = reader.post("/api/registry/cost", asked).json()

    assert (found["model_id"], found["route_id"]) == ("nano", None)
    routed = reader.post("/api/registry/cost", asked | {"model_id": None, "route_id": "nano@hub"})
    assert routed.json()["route_id"] == "nano@hub"
    answer = reader.post("/api/registry/recommend", {"provider_id": "anthropic"})
    assert "sonnet" in chosen(answer)
    assert fields_of(reader.post("/api/registry/cost", asked | {"model_id": "x"})) == {"model_id"}


def test_a_past_cost_keeps_its_price(reader: Api, shop: Shop) -> None:
    make_price(shop["large"], "5", valid_from="2027-01-01T00:00:00Z")
    asked = {"model": "large", "prompt_tokens": 1_000_000, "output_tokens": 0}

    later = reader.post("/api/v1/cost", asked | {"at": "2027-01-02T00:00:00Z"}).json()
    now = reader.post("/api/v1/cost", asked).json()

    assert (now["total"], later["total"]) == ("2.5", "5")


def test_an_unknown_price_is_refused_rather_than_left_out(reader: Api, mount: str) -> None:
    asked = {"model": "unpriced", "prompt_tokens": 5, "output_tokens": 5}

    answer = reader.post(f"{mount}/cost", asked)

    assert (answer.status_code, code_of(answer)) == (409, "price_unknown")
    assert answer.json()["error"]["units"] == ["input", "output"]


WRONG_QUESTIONS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"model": "nano", "output_tokens": 1}, "prompt_tokens"),
    ({"model": "nano", "prompt_tokens": HUGE, "output_tokens": 1}, "prompt_tokens"),
    ({"model": "nano", "prompt_tokens": -1, "output_tokens": 1}, "prompt_tokens"),
    ({"model": "nano", "prompt_tokens": 1, "output_tokens": "1"}, "output_tokens"),
    (
        {"model": "nano", "prompt_tokens": 1, "output_tokens": 1, "cached_tokens": 2},
        "cached_tokens",
    ),
    ({"model": "nobody", "prompt_tokens": 1, "output_tokens": 1}, "model"),
    ({"model": "secret", "prompt_tokens": 1, "output_tokens": 1}, "model"),
    ({"model": 5, "prompt_tokens": 1, "output_tokens": 1}, "model"),
    ({"route": "nano@nowhere", "prompt_tokens": 1, "output_tokens": 1}, "route"),
    ({"prompt_tokens": 1, "output_tokens": 1}, "model"),
    ({"model": "nano", "route": "nano@hub", "prompt_tokens": 1, "output_tokens": 1}, "model"),
    ({"model": "nano", "prompt_tokens": 1, "output_tokens": 1, "at": "then"}, "at"),
    ({"model": "nano", "prompt_tokens": 1, "output_tokens": 1, "user": 1}, "user"),
)


def test_a_wrong_question_about_a_cost_is_named(subtests: pytest.Subtests, reader: Api) -> None:
    for body, named_field in WRONG_QUESTIONS:
        with case(subtests, body=body):
            answer = reader.post("/api/v1/cost", body)

            assert answer.status_code == 400, answer.content
            assert fields_of(answer) == {named_field}


def test_staff_reckon_an_inactive_model(staff: Api) -> None:
    asked = {"model": "secret", "prompt_tokens": 1, "output_tokens": 1}

    assert staff.post("/api/v1/cost", asked).status_code == 200


@pytest.mark.parametrize("path", ["recommend", "cost"])
def test_a_question_is_asked_by_post(reader: Api, mount: str, path: str) -> None:
    assert reader.get(f"{mount}/{path}").status_code == 405


def test_a_search_finds_names_and_ids(reader: Api, mount: str) -> None:
    assert slugs(reader.get(f"{mount}/search?q=nano")) == ["nano"]
    assert slugs(reader.get(f"{mount}/search?q=nothing-of-this-name")) == []
    assert "secret" not in slugs(reader.get(f"{mount}/search?q=secret"))
    assert reader.get(f"{mount}/search").status_code == 200


def test_the_matrix_names_who_can_do_what(reader: Api, shop: Shop, mount: str) -> None:
    found = reader.get(f"{mount}/capabilities").json()

    assert found["vision"] == ["large", "mini", "nano"]
    assert found["128k_context"] == ["large", "mini", "nano", "sonnet"]
    assert "free_tier" not in found
    make_price(shop["unpriced"], "0")
    make_price(shop["unpriced"], "0", "output")
    assert reader.get(f"{mount}/capabilities").json()["free_tier"] == ["unpriced"]


def test_a_token_that_reads_no_catalogue_gets_nothing(shop: Shop, mount: str) -> None:
    api = with_token(make_user("bob", superuser=True), "admin:write")

    assert api.get(f"{mount}/capabilities").status_code == 403
    assert api.post(f"{mount}/recommend", {}).status_code == 403
