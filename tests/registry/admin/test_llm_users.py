"""Who uses a model, on its page and before it is deleted."""

from __future__ import annotations

import pytest

from registry.models import LLMModel
from registry.services import llm_uses
from roles.choices import Slot
from roles.models import RoleSlot
from tests.cases import pages
from tests.factories import make_llm, make_user
from tests.registry.admin.visits import Visitor, of
from tests.roles.factories import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def llm() -> LLMModel:
    """A model in two slots, that one application was given."""
    found = make_llm(name="Fast")
    anna = make_user("anna")
    fill(None, found, role="coder", slot=Slot.BACKUP_1)
    fill(anna, found)
    llm_uses.note(found, "crawler", "chat", anna)
    return found


def test_the_page_names_slots_and_applications(llm: LLMModel) -> None:
    text = Visitor().open(of(llm)).text

    assert "coder · backup_1 · the organisation" in text
    assert "chat · primary · anna" in text
    assert "crawler" in text
    assert "Used by 2" in " ".join(text.split())


def test_whose_they_are_is_for_who_may_see_people(llm: LLMModel) -> None:
    text = Visitor(None, "llmmodel.view", "llmuse.view").open(of(llm)).text

    assert "chat · primary · a person" in text
    assert "crawler" in text
    assert "anna" not in text


def test_applications_are_for_who_may_see_uses(llm: LLMModel) -> None:
    visitor = Visitor(None, "llmmodel.view", "llmmodel.delete")

    for page in ("change", "delete"):
        assert "crawler" not in visitor.open(of(llm, page)).text


def test_a_model_that_nobody_uses_says_so() -> None:
    text = Visitor().open(of(make_llm())).text

    assert "No knowledge base uses this model." in text
    assert "No application has been given this model yet." in text
    assert "Slots of roles" not in text


def test_slots_do_not_block_and_are_named_before_they_are_emptied(llm: LLMModel) -> None:
    visitor = Visitor()

    visitor.open(of(llm, "delete"))
    assert "Slots of roles (2): emptied with it" in visitor.text
    assert "crawler" in visitor.text
    form = pages.form_with(visitor.page, "post")
    assert form is not None
    visitor.post(of(llm, "delete"), pages.values(form))

    assert not RoleSlot.objects.exists()
    assert not LLMModel.objects.exists()


def test_slots_move_with_all_the_rest(llm: LLMModel) -> None:
    target = make_llm(name="New")
    visitor = Visitor()

    visitor.open(of(llm, "delete"), reassign_to=str(target.pk))
    assert "Slots of roles (2): moved" in visitor.text
    form = pages.form_with(visitor.page, "post")
    assert form is not None
    visitor.post(of(llm, "delete"), pages.values(form))

    assert {slot.llm for slot in RoleSlot.objects.all()} == {target}
    assert list(LLMModel.objects.all()) == [target]
