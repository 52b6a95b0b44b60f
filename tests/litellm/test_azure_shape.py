"""The proxy as an Azure resource: deployments are its models; it has no list of them."""

from __future__ import annotations

import pytest

from registry.choices import ProbeCode, Stage
from registry.types import Secret
from tests.litellm.asking import examined, outcome, stages
from tests.litellm.proxy import WRONG_KEY, Proxy

pytestmark = pytest.mark.litellm


@pytest.mark.parametrize(("model_id", "embeds"), [("chat", False), ("embedding", True)])
def test_a_deployment_that_answers_is_ok_without_a_list(
    proxy: Proxy, model_id: str, embeds: bool
) -> None:
    found = examined(proxy, "azure", model_id, embeds=embeds)

    assert outcome(found) == (ProbeCode.OK, "")
    assert stages(found)[Stage.REACH] == ProbeCode.OK
    assert stages(found)[Stage.INFERENCE] == ProbeCode.OK
    assert found.billed_calls == 1


def test_a_broken_list_is_no_success_without_inference(proxy: Proxy) -> None:
    found = examined(proxy, "azure", "chat", inference=False)

    assert (found.code, found.detail) == (ProbeCode.CANNOT_TEST, "no_free_check")
    assert stages(found) == {
        Stage.REACH: ProbeCode.OK,
        Stage.AUTH: ProbeCode.CANNOT_TEST,
        Stage.MODEL: "skipped",
        Stage.INFERENCE: "skipped",
    }


def test_a_wrong_key_is_told_before_a_billed_call(proxy: Proxy) -> None:
    found = examined(proxy, "azure", "chat", key=Secret(WRONG_KEY))

    assert outcome(found) == (ProbeCode.BAD_KEY, Stage.AUTH)
    assert found.billed_calls == 0


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
    assert outcome(examined(proxy, "azure", model_id)) == (code, stage)


@pytest.mark.parametrize(
    ("model_id", "code"),
    [
        ("nope", ProbeCode.MODEL_MISSING),
        ("refused-embedding", ProbeCode.SERVER_ERROR),
        ("silent-embedding", ProbeCode.TIMEOUT),
        ("chat", ProbeCode.BAD_SHAPE),
    ],
)
def test_a_failing_embedding_is_told_by_its_reason(proxy: Proxy, model_id: str, code: str) -> None:
    assert examined(proxy, "azure", model_id, embeds=True).code == code
