"""A POST under an Idempotency-Key happens once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from audit.models import LogEntry
from registry.models import IdempotentRequest, LLMModel, Provider
from tests.factories import make_llm, make_user
from tests.registry.api.client import (
    CONNECTIONS,
    MODELS,
    Api,
    at_once,
    body_of_generation,
    code_of,
    fields_of,
    with_token,
)

KEY = {"Idempotency_Key": "order-1"}


@pytest.mark.invariant("C6")
@pytest.mark.django_db(transaction=True)
def test_ten_at_once_have_one_effect_and_one_answer(api: Api, figure: Callable[..., None]) -> None:
    body = body_of_generation()

    answers = at_once([lambda: api.post(MODELS, body, **KEY)] * 10)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert LLMModel.objects.count() == 1
    assert LogEntry.objects.filter(event="model_created").count() == 1
    figure(requests=len(answers), effects=1)


@pytest.mark.invariant("C6")
def test_a_repeat_is_answered_as_the_first_was(api: Api) -> None:
    first = api.post(MODELS, body_of_generation(), **KEY)
    reordered = dict(reversed(body_of_generation().items()))

    repeat = api.post(MODELS, reordered, **KEY)

    assert repeat.status_code == first.status_code == 201
    assert repeat.json() == first.json()
    for name in ("ETag", "Location", "Content-Type"):
        assert repeat.headers[name] == first.headers[name]


@pytest.mark.invariant("C6")
def test_another_body_or_address_under_the_key_is_refused(api: Api) -> None:
    api.post(MODELS, body_of_generation(), **KEY)

    other_body = api.post(MODELS, body_of_generation(name="Other"), **KEY)
    other_path = api.post(CONNECTIONS, body_of_generation(), **KEY)

    for answer in (other_body, other_path):
        assert (answer.status_code, code_of(answer)) == (422, "idempotency_conflict")
    assert LLMModel.objects.count() == 1


@pytest.mark.invariant("C6")
def test_a_key_is_forgotten_after_a_day(api: Api) -> None:
    body = {"provider": "openai", "label": "Account", "kind": "account"}
    now = datetime.now(UTC)
    api.post(CONNECTIONS, body, **KEY)

    with time_machine.travel(now + timedelta(hours=23, minutes=59)):
        within = api.post(CONNECTIONS, body, **KEY)
    with time_machine.travel(now + timedelta(hours=24, minutes=1)):
        after = api.post(CONNECTIONS, body, **KEY)

    assert within.status_code == 201
    # Carried out anew, the same label is taken.
    assert (after.status_code, fields_of(after)) == (400, {"label"})


def test_a_refused_request_keeps_nothing(api: Api) -> None:
    refused = api.post(MODELS, body_of_generation(name=""), **KEY)
    corrected = api.post(MODELS, body_of_generation(), **KEY)

    assert refused.status_code == 400
    assert corrected.status_code == 201


def test_keys_of_two_users_do_not_meet(api: Api) -> None:
    other = with_token(make_user(superuser=True))
    api.post(CONNECTIONS, {"provider": "openai", "label": "One"}, **KEY)

    answer = other.post(CONNECTIONS, {"provider": "openai", "label": "Two"}, **KEY)

    assert answer.status_code == 201
    assert answer.json()["label"] == "Two"


def test_an_action_takes_a_key_too(api: Api, openai: Provider) -> None:
    path = f"{MODELS}/{make_llm(provider=openai).pk}/set-default"

    first = api.post(path, **KEY)
    repeat = api.post(path, **KEY)

    assert repeat.json() == first.json()
    assert LogEntry.objects.filter(event="model_set_default").count() == 1


def test_no_key_of_a_provider_is_kept_with_the_answer(api: Api) -> None:
    body = body_of_generation(api_key="sk-canary-0123456789")
    api.post(MODELS, body, **KEY)

    kept = str(list(IdempotentRequest.objects.values()))

    assert "has_api_key" in kept
    assert "canary" not in kept


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
def test_a_key_is_1_to_255_visible_characters(api: Api, key: str) -> None:
    answer = api.post(MODELS, body_of_generation(), Idempotency_Key=key)

    assert (answer.status_code, fields_of(answer)) == (400, {"Idempotency-Key"})
    assert not LLMModel.objects.exists()
