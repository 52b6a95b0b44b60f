"""`maker/model` is one segment of a path; proxies that decode the slash have no such path."""

from __future__ import annotations

import pytest

from tests.registry.dialects.answers import (
    ADDRESSES,
    again,
    answer,
    dialect,
    outcome,
    target,
)

both = pytest.mark.parametrize("name", ["openai", "anthropic"])
# What LiteLLM's router answers to GET /v1/models/maker%2Fmodel, which it serves.
NO_PATH = answer({"detail": "Not Found"}, 404)


def rows(*ids: str) -> dict[str, object]:
    return {"data": [{"id": model_id, "type": "model"} for model_id in ids]}


@both
def test_where_the_path_is_missing_the_list_is_asked_for_the_model(name: str) -> None:
    (check,) = dialect(name).checks(target(name, model_id="maker/model"))

    second, _verdict = again(check, NO_PATH)

    assert check.call.url == f"{ADDRESSES[name]}/models/maker%2Fmodel"
    assert second.call.url.partition("?")[0] == f"{ADDRESSES[name]}/models"
    assert outcome(second.read(answer(rows("maker/model")))) == ("ok", "")


@both
def test_a_model_that_the_list_lacks_may_be_served_still(name: str) -> None:
    (check,) = dialect(name).checks(target(name, model_id="maker/model"))
    second, _verdict = again(check, NO_PATH)

    verdict = second.read(answer(rows("maker/other")))

    assert (verdict.code, verdict.note) == ("ok", "unlisted")
    assert verdict.listed == ("maker/other",)


@both
def test_a_refused_list_is_what_the_check_ends_with(name: str) -> None:
    (check,) = dialect(name).checks(target(name, model_id="maker/model"))
    second, _verdict = again(check, NO_PATH)

    refused = answer({"error": {"type": "authentication_error", "message": "No"}}, 401)

    assert outcome(second.read(refused)) == ("bad_key", "")


@both
def test_an_answer_of_the_api_itself_leads_to_no_second_call(name: str) -> None:
    (check,) = dialect(name).checks(target(name, model_id="maker/model"))
    missing = {"error": {"type": "invalid_request_error", "code": "model_not_found"}}

    assert outcome(check.read(answer({"id": "maker/model"}))) == ("ok", "")
    assert outcome(check.read(answer(missing, 404))) == ("model_missing", "")


@both
def test_an_id_without_a_slash_leads_to_no_second_call(name: str) -> None:
    (check,) = dialect(name).checks(target(name, model_id="model"))

    assert outcome(check.read(NO_PATH)) == ("bad_shape", "path")
