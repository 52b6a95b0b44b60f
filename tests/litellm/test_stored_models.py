"""Stored models behind the proxy: asked for, tested by a worker, told in words."""

from __future__ import annotations

from typing import Any

import pytest

from registry.choices import Dialect, Health, JobState, LLMType, ProbeCode
from registry.errors import ProviderRefusedError
from registry.models import Connection, LLMModel
from registry.services import connection_tests, host_models, verdicts, workers
from registry.types import LLMChange
from tests.factories import make_connection, make_llm, make_provider
from tests.litellm.proxy import KEY, Proxy

pytestmark = [pytest.mark.litellm, pytest.mark.django_db(transaction=True)]


def connection_to(proxy: Proxy, dialect: str, base: str) -> Connection:
    provider = make_provider(dialect=dialect, direct_api_url="")
    return make_connection(provider, api_key=KEY, api_url=proxy.url + base)


def stored(connection: Connection, model_id: str, llm_type: str = LLMType.GENERATION) -> LLMModel:
    columns: dict[str, Any] = {"dimensions": 3} if llm_type == LLMType.EMBEDDING else {}
    return make_llm(
        llm_type,
        provider=connection.provider,
        model_id=model_id,
        change=LLMChange(connection=connection),
        **columns,
    )


def test_a_stored_model_is_tested_by_a_worker(proxy: Proxy) -> None:
    connection = connection_to(proxy, Dialect.OPENAI_COMPATIBLE, "/v1")
    chat, embedding, refused = (
        stored(connection, "chat"),
        stored(connection, "embedding", LLMType.EMBEDDING),
        stored(connection, "refused"),
    )

    tests = [
        connection_tests.request_test(llm, inference=True).test
        for llm in (chat, embedding, refused)
    ]
    done = workers.work(tests[0].job_id)

    for test in tests:
        test.refresh_from_db()
        test.job.refresh_from_db()
    # One bell: the worker goes on with what waits for the same host.
    assert done == 3
    assert {test.job.state for test in tests} == {JobState.DONE}
    codes = [ProbeCode.OK, ProbeCode.OK, ProbeCode.SERVER_ERROR]
    assert [test.code for test in tests] == codes
    assert tests[1].dimensions == 3
    assert str(verdicts.words_of(tests[2])).startswith("The provider failed (HTTP 500).")
    for llm, health in ((chat, Health.OK), (embedding, Health.OK), (refused, Health.DOWN)):
        llm.refresh_from_db()
        assert llm.health == health


@pytest.mark.parametrize("dialect", [Dialect.OPENAI_COMPATIBLE, Dialect.ANTHROPIC])
def test_the_models_of_the_proxy_can_be_picked(proxy: Proxy, dialect: str) -> None:
    connection = connection_to(proxy, dialect, "/v1")

    found = host_models.models_of(connection)

    assert {"chat", "claude", "embedding", "vendor/chat"} <= {model.id for model in found.models}
    assert not found.is_cut


def test_a_shape_without_a_list_is_no_empty_list(proxy: Proxy) -> None:
    connection = connection_to(proxy, Dialect.AZURE, "")

    with pytest.raises(ProviderRefusedError) as refused:
        host_models.models_of(connection)

    assert refused.value.extra["result"] == ProbeCode.SERVER_ERROR
