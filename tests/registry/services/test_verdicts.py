"""The results of tests in words: admin.md's table, and no sentence with a hole in it."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from django.utils import translation

from registry.choices import ProbeCode, Stage
from registry.models import ConnectionTest, LLMModel
from registry.services import probe_words, probing, verdicts
from tests.factories import stages_of


def result(code: str, *, stage: str = Stage.INFERENCE, **columns: Any) -> ConnectionTest:
    """Return a finished test in memory; it failed at `stage`."""
    stages = stages_of(code, stage=stage, inference=True)
    return ConnectionTest(**{"code": code, "stages": stages} | columns)


def words(code: str, **columns: Any) -> tuple[str, str]:
    found = verdicts.words_of(result(code, **columns))
    assert found is not None
    return found.text, found.advice


NEAREST = [
    {"name": "reach", "code": "ok", "latency_ms": 5},
    {
        "name": "model",
        "code": "model_missing",
        "latency_ms": 5,
        "nearest": ["gpt-4o", "gpt-4o-mini"],
    },
]
EMBEDDING = LLMModel(type="embedding")
CHAT = LLMModel(type="generation")

# What is known, and what a person reads.
SENTENCES: list[tuple[str, dict[str, Any], str, str]] = [
    ("ok", {"latency_ms": 412}, "Answers in 412 ms.", ""),
    ("ok", {"latency_ms": 1412}, "Answers in 1,412 ms.", ""),
    (
        "ok_truncated",
        {"latency_ms": 412},
        "Answers in 412 ms, cut short by the test's small token limit.",
        "",
    ),
    (
        "degraded",
        {"detail": "max_tokens"},
        "Answers, but only after its parameters were corrected: max_tokens.",
        "Callers that send these parameters will be refused.",
    ),
    (
        "unreachable",
        {"detail": "no_such_name"},
        "Nothing answers at this address.",
        "Check host and port. Seen from here: The name did not resolve.",
    ),
    (
        "unreachable",
        {"detail": "refused"},
        "Nothing answers at this address.",
        "Check host and port. Seen from here: The connection was refused.",
    ),
    (
        "tls",
        {"detail": "expired"},
        "The certificate is not valid.",
        "It has expired. Mend it on the far side; it cannot be skipped.",
    ),
    (
        "tls",
        {"detail": "wrong_name"},
        "The certificate is not valid.",
        "It was made for another name. Mend it on the far side; it cannot be skipped.",
    ),
    (
        "tls",
        {"detail": "self_signed"},
        "The certificate is not valid.",
        "It is self-signed. Mend it on the far side; it cannot be skipped.",
    ),
    (
        "timeout",
        {"latency_ms": 15012, "detail": "answer"},
        "Timed out: no answer within 15 s, at the stage Inference.",
        "A host that loads models on demand may still be loading; test it again.",
    ),
    (  # a 504 of the far side
        "timeout",
        {"latency_ms": 12},
        "Timed out on the provider's side: it gave up waiting.",
        "A host that loads models on demand may still be loading; test it again.",
    ),
    ("bad_key", {}, "The provider refuses the key.", "Replace the key."),
    (
        "forbidden",
        {},
        "The key is valid but not allowed for this.",
        "Check region, project or model access at the provider.",
    ),
    ("no_credit", {}, "The account has no credit.", "Look at the billing at the provider."),
    (
        "model_missing",
        {"stages": NEAREST},
        "The provider does not know this model.",
        "It does list: gpt-4o, gpt-4o-mini. Check the model id, letter for letter.",
    ),
    (
        "deployment_missing",
        {},
        "Azure has no deployment of this name.",
        "New ones need up to five minutes. Check the name and the resource address.",
    ),
    (
        "wrong_operation",
        {"llm": EMBEDDING},
        "This model does not do embeddings.",
        "Register it under the type that fits: Generation.",
    ),
    (
        "wrong_operation",
        {"settings": {"type": "generation"}},
        "This model does not do chat.",
        "Register it under the type that fits: Embedding.",
    ),
    (
        "bad_parameter",
        {"detail": "temperature"},
        "The provider rejects a parameter: temperature.",
        "Change it in the test settings of the model.",
    ),
    (
        "rate_limited",
        {"retry_after": 30},
        "Too many requests right now; no fault of yours.",
        "Try again in 30 s.",
    ),
    (
        "rate_limited",
        {"detail": "per_day"},
        "Too many requests right now; no fault of yours.",
        "The quota of this day is used up.",
    ),
    ("overloaded", {}, "Busy right now; no fault of yours.", "Try again in a minute."),
    (
        "server_error",
        {"detail": "HTTP 503"},
        "The provider failed (HTTP 503).",
        "Test again later; if it stays, look at the provider's status page.",
    ),
    (
        "bad_shape",
        {"detail": "html"},
        "The provider answered something unusable.",
        "It was a web page. Is this the base address of the API?",
    ),
    (
        "bad_shape",
        {"detail": "address_lacks_v1"},
        "The provider answered something unusable.",
        "The same address with /v1 behind it does answer. Is this the base address of the API?",
    ),
    (
        "dimension_mismatch",
        {"dimensions": 768, "expected_dimensions": 1024},
        "Returns 768 numbers, registered are 1,024.",
        "Correct the dimensions or the model.",
    ),
    (
        "redirected",
        {"detail": "302"},
        "The address sends callers elsewhere (302); that is never followed.",
        "Is it the API's base address?",
    ),
    ("too_large", {}, "The answer is larger than any API's.", "Is it the API's base address?"),
    (
        "encoding_refused",
        {},
        "The address sends a compressed answer that was not asked for.",
        "Is it the API's base address?",
    ),
    (
        "address_refused",
        {"detail": "10.0.0.5:11434"},
        "Private addresses are off for safety.",
        "This line in the environment allows it: REGISTRY_PRIVATE_HOSTS=10.0.0.5:11434",
    ),
    (
        "address_refused",
        {"detail": "never"},
        "Private addresses are off for safety.",
        "This address is never called.",
    ),
    (
        "address_blocked",
        {"detail": "10.0.0.5:11434"},
        "Private addresses are off for safety.",
        "This line in the environment allows it: REGISTRY_PRIVATE_HOSTS=10.0.0.5:11434",
    ),
    (
        "needs_key",
        {"detail": "moved"},
        "There is no usable key.",
        "The stored key belongs to another address. Enter the key.",
    ),
    ("needs_key", {}, "There is no usable key.", "Enter the key."),
    ("credential_unreadable", {}, "The stored key cannot be read.", "Enter the key again."),
    (
        "cannot_test",
        {"detail": "too_old"},
        "There is no honest way to test this.",
        "No worker took it in time. Is a worker running?",
    ),
]


@pytest.mark.parametrize(("code", "known", "text", "advice"), SENTENCES)
def test_a_person_reads_what_happened_and_what_to_do(
    code: str, known: dict[str, Any], text: str, advice: str
) -> None:
    assert words(code, **known) == (text, advice)


def test_the_table_of_sentences_has_every_result() -> None:
    assert {row[0] for row in SENTENCES} == set(ProbeCode.values)
    assert set(probe_words.SENTENCES) == set(ProbeCode.values)


@pytest.mark.parametrize("code", ProbeCode.values)
def test_a_missing_fact_leaves_a_sentence_all_the_same(code: str) -> None:
    known_stages: tuple[list[dict[str, Any]], ...] = (
        [],
        [{"name": "reach", "code": "ok"}],
        probing.refusal(code).stages,
    )
    for stages, detail in product(known_stages, ("", "a word nobody knows", "%(latency)s %d %")):
        found = verdicts.words_of(ConnectionTest(code=code, stages=stages, detail=detail))

        assert found is not None
        assert found.text.endswith(".")
        for part in (found.text, found.advice):
            assert not re.search(r": *$|  |\( *\)|None", part)


@pytest.mark.parametrize("code", ProbeCode.values)
def test_whoever_fails_is_told_what_to_do(code: str) -> None:
    _text, advice = words(code, detail="refused")

    is_good = code in (ProbeCode.OK, ProbeCode.OK_TRUNCATED)
    assert bool(advice) is not is_good


def test_a_test_that_has_not_ended_has_no_words() -> None:
    assert verdicts.words_of(ConnectionTest()) is None


def test_a_host_that_tells_nothing_without_a_request_is_not_praised() -> None:
    stages = [
        {"name": "reach", "code": "ok", "latency_ms": 5},
        *({"name": name, "code": "skipped"} for name in ("auth", "model", "inference")),
    ]

    text, advice = words("ok", stages=stages)

    assert text == "Something answers at this address."
    assert "Key and model were not looked at" in advice


def test_numbers_follow_the_readers_language() -> None:
    with translation.override("de"):
        text, _advice = words("dimension_mismatch", dimensions=768, expected_dimensions=1024)

    assert "1.024" in text


def test_words_print_as_one_line() -> None:
    assert str(verdicts.Words("Yes.")) == "Yes."
    assert str(verdicts.Words("No.", "Do it.")) == "No. Do it."
