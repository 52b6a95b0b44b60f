"""The proxy as an OpenAI API, to both dialects that may meet it there."""

from __future__ import annotations

import pytest

from registry.choices import Mode, ProbeCode, Stage
from registry.types import Secret
from tests.litellm.asking import asked, examined, outcome, stages
from tests.litellm.proxy import WRONG_KEY, Proxy

pytestmark = pytest.mark.litellm

both = pytest.mark.parametrize("dialect", ["openai", "openai_compatible"])


@both
@pytest.mark.parametrize(
    ("model_id", "embeds"), [("chat", False), ("embedding", True), ("vendor/chat", False)]
)
def test_a_model_that_answers_is_ok(
    proxy: Proxy, dialect: str, model_id: str, embeds: bool
) -> None:
    found = examined(proxy, dialect, model_id, embeds=embeds)

    assert outcome(found) == (ProbeCode.OK, "")
    assert stages(found)[Stage.INFERENCE] == ProbeCode.OK
    assert found.billed_calls == 1
    assert found.prompt_tokens is not None
    assert found.dimensions == (3 if embeds else None)


@both
def test_the_free_checks_find_a_model_without_a_billed_call(proxy: Proxy, dialect: str) -> None:
    found = examined(proxy, dialect, "chat", inference=False)

    assert outcome(found) == (ProbeCode.OK, "")
    assert stages(found) == {
        Stage.REACH: ProbeCode.OK,
        Stage.AUTH: ProbeCode.OK,
        Stage.MODEL: ProbeCode.OK,
        Stage.INFERENCE: "skipped",
    }
    assert found.billed_calls == 0


@both
def test_the_responses_operation_is_tested_too(proxy: Proxy, dialect: str) -> None:
    found = examined(proxy, dialect, "chat", mode=Mode.RESPONSES)

    assert outcome(found) == (ProbeCode.OK, "")


@both
def test_a_wrong_key_is_told_before_a_billed_call(proxy: Proxy, dialect: str) -> None:
    found = examined(proxy, dialect, "chat", key=Secret(WRONG_KEY))

    assert outcome(found) == (ProbeCode.BAD_KEY, Stage.AUTH)
    assert found.billed_calls == 0
    assert WRONG_KEY not in found.said


@both
def test_an_unknown_model_is_missing(proxy: Proxy, dialect: str) -> None:
    found = examined(proxy, dialect, "nope")

    assert outcome(found) == (ProbeCode.MODEL_MISSING, Stage.MODEL)


@both
@pytest.mark.parametrize("embeds", [False, True])
def test_the_400_of_a_call_to_an_unknown_model_says_that_it_is_missing(
    proxy: Proxy, dialect: str, embeds: bool
) -> None:
    verdict = asked(proxy, dialect, "nope", embeds=embeds)

    assert verdict.code == ProbeCode.MODEL_MISSING
    assert "Invalid model name" in verdict.said


def test_the_free_check_of_an_unknown_model_needs_no_billed_call(proxy: Proxy) -> None:
    found = examined(proxy, "openai", "nope", inference=False)

    assert outcome(found) == (ProbeCode.MODEL_MISSING, Stage.MODEL)
    assert "does not exist" in found.said


@both
@pytest.mark.parametrize(("model_id", "embeds"), [("refused", False), ("refused-embedding", True)])
def test_an_upstream_that_refuses_is_a_failure_of_the_provider(
    proxy: Proxy, dialect: str, model_id: str, embeds: bool
) -> None:
    found = examined(proxy, dialect, model_id, embeds=embeds)

    assert outcome(found) == (ProbeCode.SERVER_ERROR, Stage.INFERENCE)
    assert found.detail == "HTTP 500"
    assert "Connection error" in found.said


@both
@pytest.mark.parametrize(("model_id", "embeds"), [("silent", False), ("silent-embedding", True)])
def test_an_upstream_that_is_silent_is_a_timeout(
    proxy: Proxy, dialect: str, model_id: str, embeds: bool
) -> None:
    found = examined(proxy, dialect, model_id, embeds=embeds)

    assert outcome(found) == (ProbeCode.TIMEOUT, Stage.INFERENCE)


@both
def test_a_limited_rate_is_no_failure_of_the_model(proxy: Proxy, dialect: str) -> None:
    found = examined(proxy, dialect, "busy")

    assert outcome(found) == (ProbeCode.RATE_LIMITED, Stage.INFERENCE)


@both
def test_an_error_of_the_upstream_is_told_as_one(proxy: Proxy, dialect: str) -> None:
    found = examined(proxy, dialect, "failing")

    assert outcome(found) == (ProbeCode.SERVER_ERROR, Stage.INFERENCE)


@both
@pytest.mark.parametrize(("model_id", "embeds"), [("chat", True), ("embedding", False)])
def test_the_wrong_operation_is_seen_in_an_answer_that_looks_good(
    proxy: Proxy, dialect: str, model_id: str, embeds: bool
) -> None:
    """A mock answers either call with 200: a text for a vector, numbers for a text."""
    found = examined(proxy, dialect, model_id, embeds=embeds)

    assert outcome(found) == (ProbeCode.BAD_SHAPE, Stage.INFERENCE)


@both
def test_another_number_of_dimensions_than_registered_is_seen(proxy: Proxy, dialect: str) -> None:
    found = examined(proxy, dialect, "embedding", embeds=True, dimensions=1536)

    assert outcome(found) == (ProbeCode.DIMENSION_MISMATCH, Stage.INFERENCE)
    assert found.dimensions == 3


def test_an_address_without_v1_works_as_well(proxy: Proxy) -> None:
    found = examined(proxy, "openai_compatible", "chat", address=proxy.url)

    assert outcome(found) == (ProbeCode.OK, "")
