"""What a test says of a model beside the status: ok, degraded, down or unknown, and since when."""

from __future__ import annotations

import pytest

from audit import context
from audit.choices import Source
from registry.choices import Health, ProbeCode, Stage
from registry.models import ConnectionTest, HealthChange, LLMModel
from registry.services import health
from registry.services.clock import database_now
from tests.factories import make_llm, make_test, make_user

pytestmark = pytest.mark.django_db

OK = (ProbeCode.OK, ProbeCode.OK_TRUNCATED)
DEGRADED = (
    ProbeCode.DEGRADED,
    ProbeCode.DIMENSION_MISMATCH,
    ProbeCode.BAD_PARAMETER,
    ProbeCode.RATE_LIMITED,
    ProbeCode.OVERLOADED,
)
UNKNOWN = (
    ProbeCode.CANNOT_TEST,
    ProbeCode.NEEDS_KEY,
    ProbeCode.CREDENTIAL_UNREADABLE,
    ProbeCode.ADDRESS_BLOCKED,
    ProbeCode.ADDRESS_REFUSED,
)
# Everything else is a failure.
MEANING: dict[str, str] = {
    **dict.fromkeys(ProbeCode.values, Health.DOWN),
    **dict.fromkeys(OK, Health.OK),
    **dict.fromkeys(DEGRADED, Health.DEGRADED),
    **dict.fromkeys(UNKNOWN, Health.UNKNOWN),
}


def now(llm: LLMModel) -> LLMModel:
    return LLMModel.objects.get(pk=llm.pk)


def timeline(llm: LLMModel) -> list[tuple[str, str, str]]:
    """Return the changes of a model's health, oldest first."""
    rows = HealthChange.objects.filter(llm=llm).order_by("id")
    return [(row.state, row.code, row.stage) for row in rows]


def inference(llm: LLMModel, code: str = ProbeCode.OK, stage: str = Stage.INFERENCE) -> None:
    make_test(llm, code=code, stage=stage, inference=True, billed_calls=1)


def free(llm: LLMModel, code: str = ProbeCode.OK, stage: str = Stage.MODEL) -> None:
    make_test(llm, code=code, stage=stage)


# What a result means
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(("code", "state"), MEANING.items())
def test_every_result_means_one_state(code: str, state: str) -> None:
    llm = make_llm()

    inference(llm, code)

    assert health.state_of(code) == state
    row = now(llm)
    assert row.health == state
    assert (row.health_since is None) is (state == Health.UNKNOWN)
    assert row.tested_at is not None


def test_a_new_model_has_not_been_measured() -> None:
    llm = make_llm()

    assert (llm.health, llm.health_since, llm.tested_at) == (Health.UNKNOWN, None, None)
    assert timeline(llm) == []


# The timeline
# ----------------------------------------------------------------------------
def test_the_timeline_has_a_row_for_each_change_and_no_other() -> None:
    llm = make_llm()

    inference(llm)
    inference(llm)
    inference(llm, ProbeCode.BAD_KEY, Stage.AUTH)
    inference(llm, ProbeCode.TIMEOUT)
    inference(llm, ProbeCode.RATE_LIMITED)
    inference(llm)
    free(llm, ProbeCode.NEEDS_KEY, Stage.REACH)

    assert timeline(llm) == [
        ("ok", "ok", ""),
        ("down", "bad_key", "auth"),
        ("degraded", "rate_limited", "inference"),
        ("ok", "ok", ""),
        ("unknown", "needs_key", "reach"),
    ]


def test_a_row_of_the_timeline_says_by_which_test_and_by_whom() -> None:
    llm, ada = make_llm(), make_user("ada")
    with context.use(source=Source.ADMIN, actor=ada):
        test = make_test(llm, code=ProbeCode.OK, inference=True)

    change = HealthChange.objects.get(llm=llm)
    assert (change.found_by, change.actor) == (test.pk, ada)
    assert change.at == now(llm).health_since


def test_the_moment_of_the_last_test_moves_with_each() -> None:
    llm = make_llm()
    inference(llm)
    first = now(llm)

    inference(llm)

    second = now(llm)
    assert first.tested_at is not None
    assert second.tested_at is not None
    assert second.tested_at > first.tested_at
    assert second.health_since == first.health_since


def test_a_model_that_is_gone_has_no_health() -> None:
    test = make_test(code=ProbeCode.OK)
    llm = test.llm
    assert llm is not None
    LLMModel.objects.filter(pk=llm.pk).delete()

    health.note(
        llm,
        code=ProbeCode.BAD_KEY,
        stage="auth",
        proved=frozenset(),
        test_id=test.pk,
        at=database_now(),
    )

    assert not HealthChange.objects.exists()


# How far good news goes
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "stage"),
    [
        (ProbeCode.TIMEOUT, Stage.INFERENCE),
        (ProbeCode.DEGRADED, Stage.INFERENCE),
        (ProbeCode.DIMENSION_MISMATCH, Stage.INFERENCE),
        (ProbeCode.RATE_LIMITED, Stage.INFERENCE),
        (ProbeCode.NO_CREDIT, Stage.AUTH),  # only the billed call shows it
        (ProbeCode.MODEL_MISSING, Stage.MODEL),
    ],
)
def test_a_free_success_does_not_end_a_failure_of_inference(code: str, stage: str) -> None:
    llm = make_llm()
    inference(llm, code, stage)

    free(llm)

    assert now(llm).health == MEANING[code]
    inference(llm)
    assert now(llm).health == Health.OK


def test_a_free_success_does_not_end_it_either_when_the_model_was_down_before() -> None:
    llm = make_llm()
    free(llm, ProbeCode.MODEL_MISSING)
    inference(llm, ProbeCode.NO_CREDIT, Stage.AUTH)

    free(llm)

    assert now(llm).health == Health.DOWN


def test_a_free_success_does_not_end_it_either_when_another_failure_lay_between() -> None:
    llm = make_llm()
    inference(llm, ProbeCode.TIMEOUT)
    free(llm, ProbeCode.OVERLOADED)

    free(llm)

    assert now(llm).health == Health.DEGRADED


def test_a_free_success_does_not_end_it_when_the_tests_are_forgotten() -> None:
    llm = make_llm()
    inference(llm, ProbeCode.TIMEOUT)
    ConnectionTest.objects.all().delete()

    free(llm)

    assert now(llm).health == Health.DOWN


@pytest.mark.parametrize("code", [ProbeCode.BAD_KEY, ProbeCode.UNREACHABLE, ProbeCode.OVERLOADED])
def test_a_free_success_ends_a_failure_of_the_free_calls(code: str) -> None:
    llm = make_llm()
    inference(llm)
    free(llm, code)
    assert now(llm).health == MEANING[code]

    free(llm)

    assert now(llm).health == Health.OK


def test_a_free_success_is_the_first_thing_known_of_a_model() -> None:
    llm = make_llm()

    free(llm)

    assert now(llm).health == Health.OK


def test_an_answer_that_proves_no_model_proves_nothing() -> None:
    llm = make_llm()
    reached = [
        {"name": "reach", "code": "ok", "latency_ms": 5},
        *({"name": name, "code": "skipped"} for name in ("auth", "model", "inference")),
    ]

    make_test(llm, code=ProbeCode.OK, stages=reached)

    row = now(llm)
    assert (row.health, timeline(llm)) == (Health.UNKNOWN, [])
    assert row.tested_at is not None
