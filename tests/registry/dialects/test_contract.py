"""What every dialect in the table keeps, whatever it speaks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import pytest

from registry.choices import LLMType, Mode, ProbeCode, Stage
from registry.dialects import DIALECTS
from registry.dialects.base import HIDDEN, OPTIONAL, REQUIRED, Check, Page, Rule, Target, Verdict
from registry.outbound.calls import Answer, Call, CallError
from tests.factories import API_KEY
from tests.registry.dialects import hostile
from tests.registry.dialects.answers import ADDRESSES, answer, dialect, target

NAMES = list(DIALECTS)
MODES = [*Mode.values, "rerank"]
CREDENTIALS = {
    "openai": ("Authorization", "Bearer "),
    "azure": ("api-key", ""),
    "gemini": ("x-goog-api-key", ""),
    "anthropic": ("x-api-key", ""),
    "cohere": ("Authorization", "Bearer "),
    "ollama": ("Authorization", "Bearer "),
    "openai_compatible": ("Authorization", "Bearer "),
    "openwebui": ("Authorization", "Bearer "),
}
SPEAKING = list(CREDENTIALS)
# Which modes each has a call for.
PROBED = {
    "openai": {"chat", "embedding", "responses"},
    "azure": {"chat", "embedding"},
    "gemini": {"chat", "embedding"},
    "anthropic": {"chat"},
    "cohere": {"chat", "embedding"},
    "ollama": {"chat", "embedding"},
    "openai_compatible": {"chat", "embedding", "responses"},
    "openwebui": {"chat", "embedding"},
    "cli": set(),
}
CODES = set(ProbeCode.values)


def checks_of(name: str, aim: Target) -> list[Check]:
    probe = dialect(name).probe(aim)
    return [*dialect(name).checks(aim), *([probe] if probe else [])]


def calls_of(name: str, aim: Target) -> list[Call]:
    listing = dialect(name).list_call(aim)
    return [*(check.call for check in checks_of(name, aim)), *([listing] if listing else [])]


@cache
def hostile_answers() -> tuple[Answer, ...]:
    return tuple(hostile.answers())


def verdicts(check: Check, said: Answer) -> Iterator[Verdict]:
    """Read `said`, and again as the answer to whatever that leads to."""
    for _correction in range(6):
        verdict = check.read(said)
        yield verdict
        if verdict.retry is None:
            return
        check = verdict.retry
    pytest.fail("corrections without end")


@pytest.mark.parametrize("name", NAMES)
def test_a_dialect_bears_the_name_it_stands_under(name: str) -> None:
    assert dialect(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_says_what_is_shown_and_demanded(name: str) -> None:
    rule = dialect(name).rule

    assert isinstance(rule, Rule)
    assert {rule.api_endpoint, rule.api_key} <= {REQUIRED, OPTIONAL, HIDDEN}
    assert set(rule.types) <= set(LLMType.values)
    assert rule.types


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", NAMES)
def test_a_mode_has_a_call_or_a_reason(name: str, mode: str) -> None:
    aim = target(name, mode)

    reason = dialect(name).cannot_test(aim)

    assert reason == ("cli" if name == "cli" else "" if mode in PROBED[name] else "mode")
    assert (dialect(name).probe(aim) is None) == bool(reason)


@pytest.mark.parametrize("llm_type", [*LLMType.values, ""])
@pytest.mark.parametrize("name", SPEAKING)
def test_without_a_mode_the_type_chooses_the_call(name: str, llm_type: str) -> None:
    told = "embedding" if llm_type == LLMType.EMBEDDING else "chat"

    probe = dialect(name).probe(target(name, "", type=llm_type))

    expected = dialect(name).probe(target(name, told))
    assert (probe and probe.call) == (expected and expected.call)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SPEAKING)
def test_unbilled_checks_come_first_and_prove_in_order(name: str, mode: str) -> None:
    checks = dialect(name).checks(target(name, mode))

    proved = [stage for check in checks for stage in check.proves]
    assert proved[0] == Stage.REACH
    assert proved == sorted(set(proved), key=list(Stage).index)
    assert Stage.INFERENCE not in proved
    assert not any(check.is_billed for check in checks)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SPEAKING)
def test_the_billed_call_proves_inference(name: str, mode: str) -> None:
    probe = dialect(name).probe(target(name, mode))

    if probe is not None:
        assert (probe.is_billed, probe.proves, probe.optional) == (True, (Stage.INFERENCE,), False)
        assert probe.slow == (name == "ollama")


@pytest.mark.parametrize("name", SPEAKING)
def test_without_a_model_only_address_and_key_are_proved(name: str) -> None:
    aim = Target(address=ADDRESSES[name])

    proved = {stage for check in dialect(name).checks(aim) for stage in check.proves}

    assert dialect(name).cannot_test(aim) == ""
    assert proved == {Stage.REACH, Stage.AUTH}
    assert dialect(name).probe(aim) is None


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SPEAKING)
def test_the_key_is_in_its_header_and_nowhere_else(name: str, mode: str) -> None:
    calls = calls_of(name, target(name, mode))

    for call in calls:
        assert call.credential is not None
        assert (call.credential.header, call.credential.prefix) == CREDENTIALS[name]
        assert call.credential.secret.reveal() == API_KEY
        assert API_KEY not in repr(call)
    assert calls


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SPEAKING)
def test_without_a_key_no_credential_is_sent(name: str, mode: str) -> None:
    assert all(call.credential is None for call in calls_of(name, target(name, mode, key=None)))


@pytest.mark.parametrize(
    "model_id", ["acme-1", "a/b", "../../x", "a?b#c", "a b", "https://e.example"]
)
@pytest.mark.parametrize("mode", Mode.values)
@pytest.mark.parametrize("name", SPEAKING)
def test_no_model_id_leads_to_another_place(name: str, mode: str, model_id: str) -> None:
    base = urlsplit(ADDRESSES[name])

    for call in calls_of(name, target(name, mode, model_id=model_id)):
        parts = urlsplit(call.url)
        assert (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
        assert parts.path.startswith(base.path)
        assert not {"..", "", "."} & set(parts.path.split("/")[1:])
        assert call.url.isascii()
        assert " " not in call.url
        assert parts.fragment == ""
        assert "?" not in parts.query


@pytest.mark.parametrize("name", SPEAKING)
def test_lists_may_be_longer_than_other_answers(name: str) -> None:
    call = dialect(name).list_call(target(name))

    assert call is not None
    assert call.max_bytes == 4 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "mode"), [(name, mode) for name in SPEAKING for mode in sorted(PROBED[name])]
)
def test_every_hostile_answer_has_a_verdict_of_the_closed_list(name: str, mode: str) -> None:
    checks = checks_of(name, target(name, mode, dimensions=3, reasoning_effort="low"))
    sent = {field for check in checks for field in (check.call.body or {})}
    read = 0

    for check in checks:
        for said in hostile_answers():
            for verdict in verdicts(check, said):
                assert verdict.code in CODES
                assert len(verdict.said) <= 2000
                assert "\x00" not in verdict.said
                assert len(verdict.detail) <= 40
                assert verdict.corrected in {"", "num_predict", "maxOutputTokens", *sent} | SWAPPED
                assert all(len(listed) <= 200 for listed in verdict.listed)
                read += 1
    assert read >= len(hostile_answers())


SWAPPED = {"max_tokens", "max_completion_tokens"}


@pytest.mark.parametrize("name", SPEAKING)
def test_every_hostile_list_is_read_or_refused(name: str) -> None:
    outcomes = {outcome_of(name, said) for said in hostile_answers()}

    assert {"read", ProbeCode.BAD_SHAPE, ProbeCode.BAD_KEY} <= outcomes
    assert outcomes <= CODES - {ProbeCode.OK, ProbeCode.OK_TRUNCATED} | {"read"}


def outcome_of(name: str, said: Answer) -> str:
    """Return "read" for a list that was read, else the code of the refusal."""
    try:
        found = dialect(name).read_list(target(name), said)
    except CallError as refused:
        return refused.code
    assert isinstance(found, Page)
    assert all(0 < len(model.id) <= 200 for model in found.models)
    assert found.next is None or API_KEY not in found.next.url
    return "read"


@pytest.mark.parametrize(
    ("said", "code", "detail"),
    [
        (answer("", 204), ProbeCode.BAD_SHAPE, "empty"),
        (answer("<html>", kind="text/html"), ProbeCode.BAD_SHAPE, "html"),
        (answer({"error": "No"}, 401), ProbeCode.BAD_KEY, ""),
        (answer({"error": "Not Found"}, 404), ProbeCode.BAD_SHAPE, "path"),
        (answer({"error": "gone"}, 404), ProbeCode.BAD_SHAPE, "path"),
        (answer({"error": "boom"}, 500), ProbeCode.SERVER_ERROR, "HTTP 500"),
        (answer({"error": {"code": "content_filter"}}, 400), ProbeCode.BAD_SHAPE, ""),
        (answer({"data": 7, "models": 7}), ProbeCode.BAD_SHAPE, "shape"),
        (answer({"data": [7], "models": [7]}), ProbeCode.BAD_SHAPE, "shape"),
        (
            answer({"data": [{"id": "x\ny"}], "models": [{"name": " \t"}]}),
            ProbeCode.BAD_SHAPE,
            "shape",
        ),
    ],
)
@pytest.mark.parametrize("name", SPEAKING)
def test_a_list_that_cannot_be_read_is_no_empty_list(
    name: str, said: Answer, code: str, detail: str
) -> None:
    with pytest.raises(CallError) as refused:
        dialect(name).read_list(target(name), said)

    assert (refused.value.code, refused.value.detail) == (code, detail)


@pytest.mark.parametrize("name", SPEAKING)
def test_an_empty_list_is_a_list(name: str) -> None:
    found = dialect(name).read_list(target(name), answer({"data": [], "models": []}))

    assert (found.models, found.next) == ((), None)
