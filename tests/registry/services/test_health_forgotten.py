"""What was measured of another address, key or model says nothing of the present one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from registry.choices import Health, ProbeCode
from registry.models import Connection, ConnectionTest, HealthChange, LLMModel, Provider
from registry.outbound.calls import Call
from registry.services import connection_tests, job_queue, workers
from registry.services.connections import remove_key, save_connection
from registry.services.llms import save_llm
from registry.services.providers import save_provider
from registry.types import ConnectionChange, LLMChange, Secret
from tests.factories import make_connection, make_llm, make_provider, make_test
from tests.outbound import answer, far_side

Change = Callable[[LLMModel], object]


def changed(**columns: object) -> Change:
    def change(llm: LLMModel) -> object:
        for name, value in columns.items():
            setattr(llm, name, value)
        return save_llm(llm, LLMChange(fields=frozenset(columns)))

    return change


def with_key(llm: LLMModel) -> object:
    return save_llm(llm, LLMChange(fields=frozenset(), api_key=Secret("sk-another-0123456789")))


def with_address(llm: LLMModel) -> object:
    return save_llm(llm, LLMChange(fields=frozenset(), api_endpoint="https://other.example/v1"))


def measured(llm: LLMModel, code: str = ProbeCode.OK) -> LLMModel:
    make_test(llm, code=code, inference=True)
    return LLMModel.objects.get(pk=llm.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [changed(model_id="another"), changed(mode="responses"), with_key, with_address],
    ids=["model id", "mode", "key", "address"],
)
def test_a_model_that_is_called_otherwise_has_an_unknown_health(change: Change) -> None:
    llm = measured(make_llm())
    assert llm.health == Health.OK

    change(llm)

    now = LLMModel.objects.get(pk=llm.pk)
    assert now.health == Health.UNKNOWN
    last = HealthChange.objects.filter(llm=llm)[0]
    assert (last.state, last.code, last.found_by) == (Health.UNKNOWN, "", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [changed(name="Another", description="text"), changed(probe_max_tokens=32)],
    ids=["words", "the test's own settings"],
)
def test_other_changes_leave_the_health(change: Change) -> None:
    llm = measured(make_llm(), ProbeCode.BAD_KEY)

    change(llm)

    assert LLMModel.objects.get(pk=llm.pk).health == Health.DOWN
    assert HealthChange.objects.filter(llm=llm).count() == 1


@pytest.mark.django_db
def test_every_model_of_a_connection_forgets_with_its_key_or_address() -> None:
    connection = make_connection()
    llms = [
        measured(
            make_llm(provider=connection.provider, change=LLMChange(connection=connection)), code
        )
        for code in (ProbeCode.OK, ProbeCode.BAD_KEY)
    ]
    stored = Connection.objects.get(pk=connection.pk)

    stored.label = "renamed"
    save_connection(stored)
    assert {llm.health for llm in LLMModel.objects.all()} == {Health.OK, Health.DOWN}
    save_connection(stored, ConnectionChange(api_key=Secret("sk-another-0123456789")))
    assert {llm.health for llm in LLMModel.objects.all()} == {Health.UNKNOWN}

    for llm in llms:
        measured(llm)
    remove_key(Connection.objects.get(pk=connection.pk))
    assert {llm.health for llm in LLMModel.objects.all()} == {Health.UNKNOWN}


@pytest.mark.django_db
def test_a_provider_that_moves_takes_the_health_of_its_models_along() -> None:
    provider = make_provider()
    llm = measured(make_llm(provider=provider))

    provider.direct_api_url = "https://elsewhere.example/v1"
    save_provider(provider)

    assert LLMModel.objects.get(pk=llm.pk).health == Health.UNKNOWN


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value", "health"),
    [
        ("direct_api_url", "https://api.example/v2", Health.UNKNOWN),  # the key stays
        ("dialect", "openwebui", Health.UNKNOWN),
        ("description", "text", Health.OK),
    ],
)
@pytest.mark.parametrize("connected", [True, False])
def test_a_provider_that_is_called_otherwise_takes_the_health_along(
    column: str, value: str, health: str, connected: bool
) -> None:
    provider = make_provider(auth_required=connected, direct_api_url="https://api.example/v1")
    change = None if connected else LLMChange()
    llm = measured(make_llm(provider=provider, change=change))
    assert (llm.connection is not None, llm.health) == (connected, Health.OK)

    setattr(provider, column, value)
    save_provider(provider)

    assert LLMModel.objects.get(pk=llm.pk).health == health


@pytest.mark.django_db
def test_a_provider_that_moves_leaves_those_who_are_called_elsewhere() -> None:
    provider = make_provider()
    llm = make_llm(provider=provider)
    with_address(llm)
    measured(llm)

    provider.direct_api_url = "https://elsewhere.example/v1"
    save_provider(provider)

    assert LLMModel.objects.get(pk=llm.pk).health == Health.OK


@pytest.mark.django_db
@pytest.mark.parametrize("moved", ["model", "provider"])
def test_a_test_that_began_before_the_change_says_nothing_of_the_model_after_it(
    moved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = make_llm(model_id="before")

    def far(call: Call) -> object:
        if moved == "model":
            changed(model_id="after")(LLMModel.objects.get(pk=llm.pk))
        else:
            provider = Provider.objects.get(pk=llm.provider_id)
            provider.direct_api_url += "/later"
            save_provider(provider)
        return answer({"data": [{"id": "before"}]})

    far_side(monkeypatch, far)  # type: ignore[arg-type]  # it answers
    test = connection_tests.request_test(llm, inference=False).test
    workers.work(test.job_id)

    assert ConnectionTest.objects.get(pk=test.pk).code == ProbeCode.OK
    now = LLMModel.objects.get(pk=llm.pk)
    assert (now.health, now.tested_at) == (Health.UNKNOWN, None)


@pytest.mark.django_db
def test_a_test_that_no_worker_could_finish_says_nothing_of_the_model() -> None:
    llm = measured(make_llm())
    since = llm.tested_at
    test = make_test(llm)

    connection_tests.give_up(test.job, "gave_up")
    job_queue.finish(test.job, "failed")

    now = LLMModel.objects.get(pk=llm.pk)
    assert (now.health, now.tested_at) == (Health.OK, since)
    assert ConnectionTest.objects.get(pk=test.pk).code == ProbeCode.CANNOT_TEST
