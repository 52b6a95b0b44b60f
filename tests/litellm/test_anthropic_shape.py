"""The proxy as the Anthropic API: chat only, with whatever model stands behind it."""

from __future__ import annotations

import pytest

from registry.choices import ProbeCode, Stage
from registry.types import Secret
from tests.litellm.asking import asked, examined, outcome, stages
from tests.litellm.proxy import WRONG_KEY, Proxy

pytestmark = pytest.mark.litellm


@pytest.mark.parametrize("model_id", ["claude", "chat", "vendor/chat"])
def test_a_model_that_answers_is_ok(proxy: Proxy, model_id: str) -> None:
    found = examined(proxy, "anthropic", model_id)

    assert outcome(found) == (ProbeCode.OK, "")
    assert found.billed_calls == 1
    assert found.output_tokens is not None


def test_the_free_check_finds_a_model_without_a_billed_call(proxy: Proxy) -> None:
    found = examined(proxy, "anthropic", "claude", inference=False)

    assert stages(found) == {
        Stage.REACH: ProbeCode.OK,
        Stage.AUTH: ProbeCode.OK,
        Stage.MODEL: ProbeCode.OK,
        Stage.INFERENCE: "skipped",
    }
    assert found.billed_calls == 0


def test_a_wrong_key_is_told_before_a_billed_call(proxy: Proxy) -> None:
    """The proxy refuses it in the OpenAI form, whatever the dialect."""
    found = examined(proxy, "anthropic", "claude", key=Secret(WRONG_KEY))

    assert outcome(found) == (ProbeCode.BAD_KEY, Stage.AUTH)
    assert found.billed_calls == 0


def test_the_400_of_a_call_to_an_unknown_model_says_that_it_is_missing(proxy: Proxy) -> None:
    verdict = asked(proxy, "anthropic", "nope")

    assert verdict.code == ProbeCode.MODEL_MISSING
    assert "Invalid model name" in verdict.said


@pytest.mark.parametrize(
    ("model_id", "code", "stage"),
    [
        ("nope", ProbeCode.MODEL_MISSING, Stage.MODEL),
        ("refused", ProbeCode.SERVER_ERROR, Stage.INFERENCE),
        ("silent", ProbeCode.TIMEOUT, Stage.INFERENCE),
        ("busy", ProbeCode.RATE_LIMITED, Stage.INFERENCE),
        ("failing", ProbeCode.SERVER_ERROR, Stage.INFERENCE),
    ],
)
def test_a_failure_is_told_by_its_reason(
    proxy: Proxy, model_id: str, code: str, stage: str
) -> None:
    assert outcome(examined(proxy, "anthropic", model_id)) == (code, stage)
