"""How much one caller may ask in a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from registry.models import LLMModel, Provider
from tests.factories import make_llm, make_user
from tests.registry.api.client import MODELS, Api, code_of, with_session, with_token


@pytest.fixture
def path(openai: Provider) -> str:
    return f"{MODELS}/{make_llm(provider=openai).pk}"


def writes(api: Api, path: str, count: int) -> list[int]:
    return [api.patch(path, {"name": f"n{number}"}).status_code for number in range(count)]


def test_writes_are_limited_and_reads_are_not(api: Api, path: str, settings: Any) -> None:
    settings.REGISTRY_WRITES_PER_MINUTE = 2

    assert writes(api, path, 4) == [200, 200, 429, 429]
    assert [api.get(path).status_code for _ in range(4)] == [200] * 4
    assert LLMModel.objects.get().name == "n1"


def test_the_answer_says_when_to_come_back(api: Api, path: str, settings: Any) -> None:
    settings.REGISTRY_WRITES_PER_MINUTE = 1
    writes(api, path, 1)

    refused = api.patch(path, {"name": "x"})
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        later = api.patch(path, {"name": "x"})

    assert (refused.status_code, code_of(refused)) == (429, "throttled")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.json()["error"]["retry_after"] == int(refused.headers["Retry-After"])
    assert later.status_code == 200


def test_each_token_and_each_session_has_its_own_count(path: str, settings: Any) -> None:
    settings.REGISTRY_WRITES_PER_MINUTE = 1
    ada, bob = make_user(superuser=True), make_user(superuser=True)
    callers = [with_token(ada), with_token(ada), with_token(bob), with_session(bob)]

    assert [writes(caller, path, 2) for caller in callers] == [[200, 429]] * 4


def test_reads_are_limited_when_that_is_set(api: Api, path: str, settings: Any) -> None:
    settings.REGISTRY_READS_PER_MINUTE = 2

    assert [api.get(path).status_code for _ in range(3)] == [200, 200, 429]
    assert writes(api, path, 1) == [200]


def test_zero_is_no_limit(api: Api, path: str, settings: Any) -> None:
    settings.REGISTRY_WRITES_PER_MINUTE = 0

    assert writes(api, path, 5) == [200] * 5


def test_who_may_not_write_uses_up_nothing(path: str, settings: Any) -> None:
    settings.REGISTRY_WRITES_PER_MINUTE = 1
    user = make_user(staff=True, permissions=["llmmodel.view"])
    caller = with_token(user)

    assert writes(caller, path, 3) == [403, 403, 403]
