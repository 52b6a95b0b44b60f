"""What a registration may not say: each refusal names the field and the earlier one stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.registry.api.client import Api, code_of, fields_of
from tests.stopwatch import stopwatch
from tests.subcases import case

pytestmark = pytest.mark.django_db

C1 = "/api/v1/clients/c1"
EARLIER = {"provider": "openai", "models": [{"id": "m1", "created": 5}, {"id": "m1"}]}
OTHER = {"id": "m9"}
MEBIBYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def earlier(reporter: Api) -> None:
    assert reporter.put(C1, EARLIER).status_code == 201
    assert reporter.put(f"{C1}/models/m1/quota", {}).status_code == 200


def everything(api: Api) -> list[Any]:
    return [api.get(path).json() for path in (C1, f"{C1}/models", "/api/v1/availability/m1")]


WRONG: list[tuple[Any, str]] = [
    (None, "models"),
    ({"id": "m1"}, "models"),
    ("m1", "models"),
    (5, "models"),
    ([OTHER, "m1"], "models.1"),
    ([OTHER, ["m1"]], "models.1"),
    ([OTHER, {"id": 5}], "models.1.id"),
    ([OTHER, {"id": "m" * 10_000}], "models.1.id"),
    ([OTHER, {"id": "m" * 201}], "models.1.id"),
    ([OTHER, {"id": "a b"}], "models.1.id"),
    ([OTHER, {"id": "a\x07b"}], "models.1.id"),
    ([None, None, None, {"id": "m", "created": "today"}], "models.3.created"),
    ([{"id": "m", "created": 1.5}], "models.0.created"),
    ([{"id": "m", "created": True}], "models.0.created"),
    ([{"id": "m", "created": 2**60}], "models.0.created"),
    ([{"id": "m", "context_length": 2**31}], "models.0.context_length"),
    ([{"id": "m", "name": ["n"]}], "models.0.name"),
    ([{"id": "m", "description": "d" * 20_001}], "models.0.description"),
    ([{"id": "m", "supported_parameters": "top_p"}], "models.0.supported_parameters"),
    ([{"id": "m", "supported_parameters": [1]}], "models.0.supported_parameters"),
    ([{"id": "m", "thinking": True}], "models.0.thinking"),
    ([{"id": "m", "thinking": {"min": 9, "max": 3}}], "models.0.thinking.min"),
    ([{"id": "m", "thinking": {"levels": "low"}}], "models.0.thinking.levels"),
    ([{"id": "m", "thinking": {"zero_allowed": 1}}], "models.0.thinking.zero_allowed"),
    ([{"id": f"m{number}"} for number in range(5_000)], "models"),
    ([OTHER, {"id": "a\0b"}], "models"),
    ([OTHER, {"id": "\ud800"}], "models"),
]


def test_a_wrong_list_is_refused_by_its_field_and_the_earlier_one_stays(
    subtests: pytest.Subtests, reporter: Api
) -> None:
    before = everything(reporter)

    for models, field in WRONG:
        with case(subtests, models=models):
            answer = reporter.put(C1, {"provider": "gemini", "models": models})

            assert (answer.status_code, code_of(answer)) == (400, "invalid")
            assert fields_of(answer) == {field}
            assert everything(reporter) == before


@pytest.mark.parametrize("provider", [5, ["openai"], "p" * 101, "a\nb", "a\0b"])
def test_a_wrong_provider_is_refused(reporter: Api, provider: Any) -> None:
    before = everything(reporter)

    answer = reporter.put(C1, {"provider": provider, "models": [OTHER]})

    assert (answer.status_code, fields_of(answer)) == (400, {"provider"})
    assert everything(reporter) == before


def nested(depth: int) -> bytes:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    return b'{"provider":"x","models":[{"id":"m9","odd":' + deep + b"}]}"


HOSTILE = (
    (b"", 400, "invalid"),
    (b"{}", 400, "invalid"),
    (b"[]", 400, "parse_error"),
    (b"null", 400, "parse_error"),
    (b'"m1"', 400, "parse_error"),
    (b'{"models":[{"id":"m9","id":"m8"}]}', 400, "invalid"),
    (b'{"models":[{"id":"m9","created":NaN}]}', 400, "invalid"),
    (nested(40), 400, "parse_error"),
    (nested(100_000), 400, "parse_error"),
    (b'{"models":[' + b"null," * 150_000 + b"null]}", 400, "parse_error"),
    (b'{"models":[{"id":"' + b"m" * MEBIBYTE + b'"}]}', 413, "too_large"),
)


def test_a_hostile_body_is_refused_at_once_and_the_earlier_one_stays(
    subtests: pytest.Subtests, reporter: Api
) -> None:
    before = everything(reporter)

    for body, status, code in HOSTILE:
        with case(subtests, body=body):
            with stopwatch() as watch:
                answer = reporter.put(C1, body)

            assert (answer.status_code, code_of(answer)) == (status, code)
            assert watch.seconds < 5
            assert everything(reporter) == before


def test_a_long_list_of_whole_descriptions_fits(reporter: Api) -> None:
    """As an aggregator has them: hundreds of models, each with a list of parameters."""
    info = {
        "object": "model",
        "created": 1_700_000_000,
        "owned_by": "acme",
        "type": "openai",
        "display_name": "A model",
        "context_length": 128_000,
        "max_completion_tokens": 4_096,
        "supported_parameters": [f"parameter_{number}" for number in range(20)],
    }
    models = [{"id": f"maker/model-{number}"} | info for number in range(800)]
    body = json.dumps({"provider": "hub", "models": models}).encode()
    assert len(body) < MEBIBYTE

    answer = reporter.put("/api/v1/clients/hub", body)

    assert answer.status_code == 201
    assert answer.json()["model_count"] == 800


def test_two_thousand_models_fit_and_one_more_does_not(reporter: Api) -> None:
    models = [{"id": f"m{number}"} for number in range(2_001)]

    assert fields_of(reporter.put("/api/v1/clients/hub", {"models": models})) == {"models"}
    assert reporter.put("/api/v1/clients/hub", {"models": models[:2_000]}).status_code == 201
