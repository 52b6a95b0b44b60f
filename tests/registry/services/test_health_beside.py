"""Health stands beside what people decide: neither overwrites the other."""

from __future__ import annotations

import pytest

from registry.choices import Health, LLMStatus, ProbeCode, Stage
from registry.errors import StaleRevisionError
from registry.models import HealthChange, LLMModel
from registry.services.defaults import set_default
from registry.services.llms import save_llm
from registry.services.revision import current_revision
from registry.types import LLMChange
from tests.factories import make_knowledge_base, make_llm, make_test
from tests.trail import written

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("status", LLMStatus.values)
def test_the_status_stays_whatever_is_measured(status: str) -> None:
    llm = make_llm(status=status)

    inference(llm, ProbeCode.UNREACHABLE, Stage.REACH)

    assert (now(llm).status, now(llm).health) == (status, Health.DOWN)


def test_health_moves_no_revision_and_no_moment_of_change() -> None:
    llm = now(make_llm())
    before = current_revision()

    with written() as trail:
        inference(llm, ProbeCode.DIMENSION_MISMATCH)

    after = now(llm)
    assert (after.revision, after.updated_at) == (llm.revision, llm.updated_at)
    assert current_revision() == before
    assert trail.names == ["model_tested"]


@pytest.mark.parametrize("known", [True, False])
def test_a_save_meanwhile_does_not_overwrite_what_was_measured(known: bool) -> None:
    llm = make_llm()
    edited = now(llm)  # the form was opened before the test
    inference(llm, ProbeCode.BAD_KEY, Stage.AUTH)
    edited.name = "Renamed"
    seen = edited.revision if known else None

    save_llm(edited, LLMChange(fields=frozenset({"name"}), expected_revision=seen))

    row = now(llm)
    assert (row.name, row.health) == ("Renamed", Health.DOWN)
    assert row.tested_at is not None
    assert row.health_since is not None


def test_a_save_of_all_columns_does_not_overwrite_it_either() -> None:
    llm = make_llm()
    edited = now(llm)
    inference(llm)
    edited.name = "Renamed"

    save_llm(edited)

    assert now(llm).health == Health.OK


def test_becoming_the_default_does_not_overwrite_it_either() -> None:
    llm = make_llm()
    seen = now(llm)
    inference(llm)

    set_default(seen)

    assert (now(llm).is_default, now(llm).health) == (True, Health.OK)


def test_a_request_cannot_claim_a_health() -> None:
    llm = make_llm()
    llm.health = Health.OK
    llm.name = "Renamed"

    save_llm(llm)

    assert now(llm).health == Health.UNKNOWN


def test_a_test_does_not_make_an_editor_lose_his_race() -> None:
    llm = make_llm()
    edited = now(llm)
    inference(llm)

    save_llm(edited, LLMChange(expected_revision=edited.revision))

    with pytest.raises(StaleRevisionError):
        save_llm(edited, LLMChange(expected_revision=edited.revision + 5))


def test_a_model_in_use_may_fail_its_test() -> None:
    llm = make_llm("embedding", dimensions=8)
    make_knowledge_base(embedding_model=llm)

    inference(llm, ProbeCode.DIMENSION_MISMATCH)

    assert (now(llm).dimensions, now(llm).status) == (8, LLMStatus.ACTIVE)
