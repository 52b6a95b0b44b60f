"""A refused parameter is corrected once, and never passed over in silence."""

from __future__ import annotations

from typing import Any

import pytest

from registry.choices import ProbeCode
from registry.dialects.base import MORE_TOKENS, Check
from registry.outbound.calls import Answer
from tests.registry.dialects.answers import (
    CHAT,
    EMBEDDING,
    RESPONSES,
    again,
    answer,
    body_of,
    outcome,
    probe,
)

GOOD = answer({"choices": [{"message": {"content": "pong"}, "finish_reason": "stop"}]})
CUT = "Could not finish the message because max_tokens or model output limit was reached."
RAN_OUT = answer({"error": {"message": CUT, "type": "invalid_request_error", "code": None}}, 400)


def refused(
    param: str | None,
    code: str | None = "unsupported_parameter",
    text: str = "No",
    status: int = 400,
) -> Answer:
    parts = {"message": text, "type": "invalid_request_error", "param": param, "code": code}
    return answer({"error": parts}, status)


def unsupported(param: str) -> str:
    return f"Unsupported parameter: '{param}' is not supported with this model."


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("openai", "max_completion_tokens", "max_tokens"),
        ("azure", "max_completion_tokens", "max_tokens"),
        ("openai_compatible", "max_tokens", "max_completion_tokens"),
        ("openwebui", "max_tokens", "max_completion_tokens"),
    ],
)
def test_a_token_limit_is_given_its_other_name(name: str, before: str, after: str) -> None:
    check = probe(name, max_tokens=20)

    second, first = again(check, refused(before))

    assert (first.code, first.detail, first.corrected) == (ProbeCode.BAD_PARAMETER, before, before)
    assert body_of(second)[after] == 20
    assert before not in body_of(second)
    assert (second.call.url, second.is_billed) == (check.call.url, True)
    assert outcome(second.read(GOOD)) == ("ok", "")


@pytest.mark.parametrize(
    "said",
    [
        refused("max_tokens"),
        refused("max_tokens", None),
        refused("max_tokens", "invalid_value"),
        refused("body.max_tokens", None),
        refused(None, "unsupported_parameter", unsupported("max_tokens")),
        refused(
            None, "400", f"litellm.BadRequestError: OpenAIException - {unsupported('max_tokens')}"
        ),
        refused("None", None, "Unrecognized request argument supplied: max_tokens"),
        answer({"detail": [{"loc": ["body", "max_tokens"], "type": "extra_forbidden"}]}, 422),
        answer({"detail": unsupported("max_tokens")}, 400),
        answer(
            {
                "object": "error",
                "message": {"detail": [{"loc": ["body", "max_tokens"], "type": "extra_forbidden"}]},
                "type": "invalid_request_error",
            },
            422,
        ),
        answer({"error": {"code": 400, "message": "x", "param": "max_tokens"}}),
    ],
)
def test_the_refused_parameter_is_told_in_many_ways(said: Answer) -> None:
    _second, first = again(probe("openai_compatible"), said)

    assert first.corrected == "max_tokens"


@pytest.mark.parametrize(
    "said",
    [
        refused(None, None, "max_tokens is great"),
        refused(None, None, unsupported("tools")),
        refused("messages", "unsupported_parameter"),
        refused("temperature", "unsupported_value"),
        refused("max_tokens", status=404),
        refused("max_tokens", status=500),
        refused("max_tokens", status=413),
        answer("max_tokens is not supported", 400, kind="text/plain"),
    ],
)
def test_without_evidence_nothing_is_corrected(said: Answer) -> None:
    assert probe("openai_compatible").read(said).retry is None


def test_a_parameter_refused_under_both_names_is_named() -> None:
    second, _first = again(probe("openai"), refused("max_completion_tokens"))

    verdict = second.read(refused("max_tokens"))

    assert outcome(verdict) == ("bad_parameter", "max_tokens")


@pytest.mark.parametrize("param", ["temperature", "top_p", "dimensions", "stream"])
def test_a_known_parameter_that_was_not_sent_is_named_too(param: str) -> None:
    assert outcome(probe("openai").read(refused(param))) == ("bad_parameter", param)


@pytest.mark.parametrize("param", ["sk-secret-value", "AIzaSyA1B2C3", "<script>", "x" * 5000])
def test_no_other_text_becomes_a_parameters_name(param: str) -> None:
    assert outcome(probe("openai").read(refused(param))) == ("bad_parameter", "")


@pytest.mark.parametrize(
    ("mode", "values", "field", "named"),
    [
        (EMBEDDING, {"model_id": "text-embedding-3-small", "dimensions": 9}, "dimensions", None),
        (EMBEDDING, {}, "encoding_format", None),
        (CHAT, {"reasoning_effort": "none"}, "reasoning_effort", None),
        (RESPONSES, {"reasoning_effort": "none"}, "reasoning", "reasoning.effort"),
    ],
)
@pytest.mark.parametrize("code", ["unsupported_parameter", "unsupported_value", None])
def test_an_optional_parameter_is_left_out(
    mode: str, values: dict[str, Any], field: str, named: str | None, code: str | None
) -> None:
    check = probe("openai", mode, **values)

    second, first = again(check, refused(named or field, code))

    assert first.corrected == field
    assert body_of(second) == {key: value for key, value in body_of(check).items() if key != field}
    assert outcome(second.read(refused(field))) == ("bad_parameter", field)


def test_each_kind_of_correction_is_made_once_in_a_row() -> None:
    check = probe("openai", reasoning_effort="low")
    answers = [refused("reasoning_effort"), refused("max_completion_tokens"), RAN_OUT]
    corrected = []

    for said in answers:
        check, verdict = again(check, said)
        corrected.append(verdict.corrected)

    assert corrected == ["reasoning_effort", "max_completion_tokens", "max_tokens"]
    assert body_of(check)["max_tokens"] == MORE_TOKENS
    for said in answers:
        assert check.read(said).retry is None


@pytest.mark.parametrize(
    ("name", "mode", "path"),
    [
        ("openai", CHAT, ("max_completion_tokens",)),
        ("openai", RESPONSES, ("max_output_tokens",)),
        ("openai_compatible", CHAT, ("max_tokens",)),
        ("anthropic", CHAT, ("max_tokens",)),
        ("cohere", CHAT, ("max_tokens",)),
        ("gemini", CHAT, ("generationConfig", "maxOutputTokens")),
        ("ollama", CHAT, ("options", "num_predict")),
    ],
)
def test_a_limit_used_up_by_thinking_is_raised_once(
    name: str, mode: str, path: tuple[str, ...]
) -> None:
    second, first = again(probe(name, mode), RAN_OUT)

    raised: Any = body_of(second)
    for step in path:
        raised = raised[step]
    assert raised == MORE_TOKENS
    assert (first.code, first.corrected) == (ProbeCode.OK_TRUNCATED, path[-1])
    assert outcome(second.read(RAN_OUT)) == ("ok_truncated", "")


def test_a_large_limit_is_doubled() -> None:
    second, _first = again(probe("openai", max_tokens=4000), RAN_OUT)

    assert body_of(second)["max_completion_tokens"] == 8000


@pytest.mark.parametrize(
    "said",
    [
        answer({"detail": CUT}, 400),
        answer({"error": {"message": f"litellm.BadRequestError: {CUT}", "code": "400"}}, 400),
    ],
)
def test_a_used_up_limit_is_told_in_other_forms(said: Answer) -> None:
    _second, first = again(probe("openai_compatible"), said)

    assert first.code == ProbeCode.OK_TRUNCATED


@pytest.mark.parametrize("said", [answer(CUT, 400, kind="text/plain"), answer({"error": CUT}, 500)])
def test_the_text_alone_is_no_evidence(said: Answer) -> None:
    assert probe("openai").read(said).retry is None


@pytest.mark.parametrize("name", ["openai", "gemini"])
def test_a_call_without_a_limit_cannot_use_it_up(name: str) -> None:
    assert outcome(probe(name, EMBEDDING).read(RAN_OUT)) == ("bad_parameter", "")


def test_an_empty_answer_at_the_limit_costs_no_second_call() -> None:
    said = answer({"choices": [{"message": {"content": ""}, "finish_reason": "length"}]})

    assert outcome(probe("openai").read(said)) == ("ok_truncated", "")


def test_a_corrected_call_keeps_its_credential_and_its_judge() -> None:
    check: Check = probe("azure")
    second, _first = again(check, refused("max_completion_tokens"))

    assert second.call.credential is check.call.credential
    gone = answer({"error": {"code": "DeploymentNotFound", "message": "No"}}, 404)
    assert outcome(second.read(gone)) == ("deployment_missing", "")
