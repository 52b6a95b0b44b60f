from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from registry.choices import LLMStatus
from registry.errors import IsDefaultError, StaleRevisionError
from registry.models import LLMModel
from registry.services.statuses import set_status
from tests.factories import make_llm
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", LLMStatus.values)
def test_a_person_may_choose_any_status(status: str) -> None:
    llm = make_llm(status=LLMStatus.BETA)

    with written() as found:
        set_status(llm, status)

    assert LLMModel.objects.get().status == status
    told = [changes(entry) for entry in found]
    assert told == ([] if status == LLMStatus.BETA else [{"status": ["beta", status]}])


def test_retirement_is_told_in_one_event() -> None:
    llm, next_one = make_llm(name="Old"), make_llm(name="New")
    day = date(2027, 1, 31)

    with written() as found:
        set_status(
            llm,
            LLMStatus.DEPRECATED,
            deprecation_date=day,
            migration_guide="Use New.",
            replacement=next_one,
        )

    llm.refresh_from_db()
    assert (llm.deprecation_date, llm.migration_guide, llm.replacement) == (
        day,
        "Use New.",
        next_one,
    )
    assert changes(found.only) == {
        "deprecation_date": [None, "2027-01-31"],
        "migration_guide": ["", "Use New."],
        "replacement": [None, "New"],
        "status": ["active", "deprecated"],
    }


def test_a_default_stays_active() -> None:
    with pytest.raises(IsDefaultError):
        set_status(make_llm(is_default=True), LLMStatus.INACTIVE)

    assert LLMModel.objects.get().is_active


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        set_status(make_llm(), "asleep")

    assert set(refused.value.message_dict) == {"status"}


def test_a_lost_race_is_refused() -> None:
    with pytest.raises(StaleRevisionError):
        set_status(make_llm(), LLMStatus.BETA, expected_revision=5)


def test_only_the_status_is_written() -> None:
    llm = make_llm(name="A")
    llm.name = "B"

    set_status(llm, LLMStatus.BETA)

    assert LLMModel.objects.get().name == "A"
