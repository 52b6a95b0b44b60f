from __future__ import annotations

import pytest

from registry.choices import LLMStatus, LLMType
from registry.errors import GoneError, NotActiveError, NotSharedError, StaleRevisionError
from registry.models import LLMModel
from registry.services.defaults import default_of, set_default
from registry.types import Change
from tests.factories import make_llm, make_user
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


def test_the_first_default_of_a_type() -> None:
    llm = make_llm()
    assert default_of(LLMType.GENERATION) is None

    with written() as found:
        set_default(llm)

    assert default_of(LLMType.GENERATION) == llm
    assert (found.only.event, changes(found.only)) == (
        "model_set_default",
        {"is_default": [False, True]},
    )
    assert payload(found.only) == {}
    assert llm.revision == 2


def test_the_former_default_steps_down_and_is_named() -> None:
    old, new = make_llm(name="Old", is_default=True), make_llm(name="New")

    with written() as found:
        set_default(new)

    old.refresh_from_db()
    assert (old.is_default, old.revision) == (False, 2)
    assert found.names == ["model_set_default"]
    assert found.only.object_repr == "New"
    assert payload(found.only) == {
        "previous_default": "Old",
        "previous_default_id": str(old.pk),
    }


def test_doing_it_again_changes_nothing() -> None:
    llm = set_default(make_llm())

    with written() as found:
        set_default(llm)

    assert found == []
    assert llm.revision == 2


def test_each_type_has_a_default_of_its_own() -> None:
    llms = [make_llm(llm_type, is_default=True) for llm_type in LLMType.values]

    assert [default_of(llm.type) for llm in llms] == llms


@pytest.mark.parametrize("status", [LLMStatus.BETA, LLMStatus.INACTIVE, LLMStatus.DEPRECATED])
def test_only_an_active_model_can_be_the_default(status: str) -> None:
    llm = make_llm(status=status)

    with pytest.raises(NotActiveError):
        set_default(llm)

    assert not LLMModel.objects.filter(is_default=True).exists()


def test_a_users_own_model_cannot_be_the_default() -> None:
    with pytest.raises(NotSharedError):
        set_default(make_llm(owner=make_user()))


def test_the_row_counts_and_not_what_the_caller_holds() -> None:
    llm = make_llm(status=LLMStatus.INACTIVE, name="A")
    llm.status, llm.name = LLMStatus.ACTIVE, "B"

    with pytest.raises(NotActiveError):
        set_default(llm)

    assert LLMModel.objects.get().name == "A"


def test_a_lost_race_is_refused() -> None:
    llm = make_llm()

    with pytest.raises(StaleRevisionError):
        set_default(llm, Change(frozenset(), expected_revision=7))


def test_a_deleted_model_is_gone() -> None:
    llm = make_llm()
    LLMModel.objects.get().delete()

    with pytest.raises(GoneError):
        set_default(llm)
