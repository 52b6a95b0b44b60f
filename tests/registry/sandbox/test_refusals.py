"""Faults that an API tells in its own words."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from registry.sandbox import faults
from registry.sandbox.server import SandboxServer
from tests.registry.sandbox import speech as spoken
from tests.registry.sandbox.client import BEARER, ask
from tests.registry.sandbox.failing import ALWAYS, ON_CALLS, expected
from tests.registry.sandbox.speech import ANTHROPIC, AZURE, OPENAI, OPENWEBUI, PING, Speech

every_shape = pytest.mark.parametrize("speech", spoken.ALL, ids=str)


@every_shape
@pytest.mark.parametrize("fault", ALWAYS)
def test_a_fault_of_the_service_hits_every_path(
    sandbox: SandboxServer, speech: Speech, fault: str
) -> None:
    status = expected(ALWAYS, fault, speech)

    assert speech.ask(sandbox, speech.listing, fault=fault).status == status
    assert speech.ask(sandbox, "/no/such/path", fault=fault).status == status
    assert speech.ask(sandbox, speech.chat("sandbox-chat", 16), fault=fault).status == status


@every_shape
@pytest.mark.parametrize("fault", ON_CALLS)
def test_a_fault_of_a_call_lets_the_free_checks_pass(
    sandbox: SandboxServer, speech: Speech, fault: str
) -> None:
    call = speech.ask(sandbox, speech.chat("sandbox-chat", 16), fault=fault)

    assert call.status == expected(ON_CALLS, fault, speech)
    assert speech.ask(sandbox, speech.listing, fault=fault).status == 200


@every_shape
@pytest.mark.parametrize("fault", ON_CALLS)
def test_before_a_fault_of_a_call_the_key_is_checked(
    sandbox: SandboxServer, speech: Speech, fault: str
) -> None:
    chat = speech.chat("sandbox-chat", 16)

    refused = speech.ask(sandbox, chat, fault=fault, key="nope")

    assert refused.status == speech.ask(sandbox, chat, key="nope").status


@pytest.mark.parametrize("speech", spoken.EMBEDDING, ids=str)
@pytest.mark.parametrize("fault", ["no_credit", "wrong_operation", "bad_parameter"])
def test_embeddings_fail_so_too(sandbox: SandboxServer, speech: Speech, fault: str) -> None:
    assert speech.embed is not None
    answer = speech.ask(sandbox, speech.embed("sandbox-embed", None), fault=fault)

    assert 400 <= answer.status < 500


@every_shape
def test_a_missing_model_is_missing_from_the_list_too(
    sandbox: SandboxServer, speech: Speech
) -> None:
    listing = speech.ask(sandbox, speech.listing, fault="model_missing")
    call = speech.ask(sandbox, speech.chat("sandbox-chat", 16), fault="model_missing")

    assert speech.ids(listing.json)[0] == "another-chat"
    assert call.status == 404


@pytest.mark.parametrize(
    ("speech", "path", "code"),
    [
        (OPENAI, ("error", "code"), "insufficient_quota"),
        (AZURE, ("error", "code"), "insufficient_quota"),
        (spoken.GEMINI, ("error", "details", 0, "reason"), "BILLING_DISABLED"),
        (ANTHROPIC, ("error", "type"), "billing_error"),
        (OPENWEBUI, ("detail",), "You exceeded your current quota, please check your plan"),
    ],
    ids=str,
)
def test_no_credit_is_told_by_its_code(
    sandbox: SandboxServer, speech: Speech, path: tuple[str | int, ...], code: str
) -> None:
    answer = speech.ask(sandbox, speech.chat("sandbox-chat", 16), fault="no_credit")

    assert answer.at(*path).startswith(code)


@pytest.mark.parametrize("speech", [OPENAI, AZURE, ANTHROPIC, spoken.COHERE], ids=str)
def test_a_wait_is_told_in_seconds_or_as_a_date(sandbox: SandboxServer, speech: Speech) -> None:
    seconds = speech.ask(sandbox, speech.listing, fault="rate_limited").headers
    date = speech.ask(sandbox, speech.listing, fault="rate_limited_date").headers

    left = parsedate_to_datetime(date["retry-after"]) - datetime.now(UTC)
    assert seconds["retry-after"] == str(faults.RETRY_AFTER)
    assert 0 < left.total_seconds() <= faults.RETRY_AFTER


def test_gemini_tells_a_date_in_the_header(sandbox: SandboxServer) -> None:
    answer = spoken.GEMINI.ask(sandbox, "/models", fault="rate_limited_date")

    assert answer.headers["retry-after"].endswith("GMT")


@pytest.mark.parametrize(
    ("fault", "refused", "taken"),
    [
        ("max_tokens", "max_tokens", "max_completion_tokens"),
        ("max_completion_tokens", "max_completion_tokens", "max_tokens"),
    ],
)
@pytest.mark.parametrize("base", ["/v1", "/openai/v1", "/openwebui/api"])
def test_a_token_limit_is_taken_under_the_other_name(
    sandbox: SandboxServer, base: str, fault: str, refused: str, taken: str
) -> None:
    path = f"/faults/{fault}{base}/chat/completions"
    body = {"model": "sandbox-chat", "messages": PING}

    bad = ask(sandbox, path, body | {refused: 16})
    good = ask(sandbox, path, body | {taken: 16})

    assert (bad.status, good.status) == (400, 200)
    assert f"Use '{taken}' instead" in bad.body.decode()


@pytest.mark.parametrize("speech", [ANTHROPIC, spoken.COHERE], ids=str)
def test_apis_with_one_name_for_the_limit_keep_it(sandbox: SandboxServer, speech: Speech) -> None:
    assert speech.ask(sandbox, speech.chat("sandbox-chat", 16), fault="max_tokens").status == 200


def test_an_unsupported_parameter_is_named(sandbox: SandboxServer) -> None:
    body = {"model": "sandbox-chat", "messages": PING, "max_tokens": 16}

    answer = ask(sandbox, "/faults/max_tokens/v1/chat/completions", body)

    assert answer.at("error", "code") == "unsupported_parameter"
    assert answer.at("error", "param") == "max_tokens"


@every_shape
def test_enough_tokens_are_not_used_up_by_thinking(sandbox: SandboxServer, speech: Speech) -> None:
    few, enough = (speech.chat("sandbox-chat", limit) for limit in (255, 256))

    assert speech.ask(sandbox, few, fault="reasoning_budget").status == 400
    assert speech.ask(sandbox, enough, fault="reasoning_budget").status == 200


@every_shape
def test_a_truncated_answer_is_good_and_empty(sandbox: SandboxServer, speech: Speech) -> None:
    answer = speech.ask(sandbox, speech.chat("sandbox-chat", 16), fault="truncated")

    assert answer.status == 200
    assert answer.at(*speech.stop) == speech.stops[1]
    assert answer.at(*speech.counts) == 16
    assert b"heard" not in answer.body


@pytest.mark.parametrize("speech", spoken.EMBEDDING, ids=str)
def test_wrong_dimensions_are_five_too_few(sandbox: SandboxServer, speech: Speech) -> None:
    assert speech.embed is not None
    call = speech.embed("sandbox-embed", None)

    answer = speech.ask(sandbox, call, fault="wrong_dimensions")

    assert answer.status == 200
    assert len(answer.at(*speech.vector)) == 763


@every_shape
def test_an_echo_repeats_the_key_whole_and_in_part(sandbox: SandboxServer, speech: Speech) -> None:
    key = "sk-abcdefghijklmnopqrstuvwxyz0123"

    text = speech.ask(sandbox, speech.listing, fault="echo_key", key=key).body.decode()

    assert key in text
    for part in (f"with {key[:22]}***", f"***{key[11:-11]}***", f"***{key[-22:]}."):
        assert part in text


@pytest.mark.parametrize("key", ["", "k"])
def test_an_echo_of_hardly_any_key_is_no_crash(sandbox: SandboxServer, key: str) -> None:
    headers = {"authorization": f"Bearer {key}"}

    assert ask(sandbox, "/faults/echo_key/v1/models", headers=headers).status == 401


@every_shape
def test_markup_comes_as_it_is(sandbox: SandboxServer, speech: Speech) -> None:
    answer = speech.ask(sandbox, speech.listing, fault="script")

    assert '<script>alert(\\"sandbox\\")</script>' in answer.body.decode()


@pytest.mark.parametrize("name", ["nothing", "", "slow-", "slow-x", "slow-1000", "BAD_KEY"])
def test_an_unknown_fault_names_the_known_ones(sandbox: SandboxServer, name: str) -> None:
    answer = ask(sandbox, f"/faults/{name}/v1/models", headers=BEARER)

    assert answer.status == 404
    assert repr(name) in answer.at("error", "message")
    assert answer.at("error", "known") == [*faults.FAULTS, "slow-3"]
