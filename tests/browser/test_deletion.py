"""Deleting what is in use: the page names it, offers a way on, and no button meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from registry.choices import LLMType
from registry.models import KnowledgeBase, LLMModel
from registry.types import LLMChange
from tests.browser.hands import CONNECTIONS, choose_row, model_page
from tests.factories import make_connection, make_knowledge_base, make_llm

pytestmark = pytest.mark.browser


def test_a_blocked_deletion_names_the_knowledge_bases_and_has_no_button(page: Page) -> None:
    llm = make_llm(LLMType.EMBEDDING, name="In use")
    for name in ("Handbook", "Letters"):
        make_knowledge_base(name, embedding_model=llm)

    page.goto(model_page(llm.pk, "delete"))

    expect(page.locator('[data-blocked="true"]')).to_contain_text("Handbook")
    expect(page.locator('[data-blocked="true"]')).to_contain_text("Letters")
    expect(page.locator("[data-confirm-button]")).to_have_count(0)
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


def test_what_uses_a_model_moves_to_a_fitting_one_before_it_goes(page: Page) -> None:
    leaving = make_llm(LLMType.EMBEDDING, name="Leaving", dimensions=1024)
    heir = make_llm(LLMType.EMBEDDING, name="Heir", dimensions=1024)
    make_llm(LLMType.EMBEDDING, name="Heir of another size", dimensions=768)
    base = make_knowledge_base("Handbook", embedding_model=leaving)
    page.goto(model_page(leaving.pk, "delete"))

    choose_row(page, "reassign_to", "Heir", note=f" · {heir.model_id}")  # only one fits
    with page.expect_navigation():
        page.get_by_role("button", name="Show what would move").click()
    expect(page.locator("[data-target]")).to_contain_text("moves to Heir")
    with page.expect_navigation():
        page.get_by_role("button", name="Move and delete").click()

    expect(page.get_by_text("was deleted successfully")).to_be_visible()
    assert not LLMModel.objects.filter(pk=leaving.pk).exists()
    assert KnowledgeBase.objects.get(pk=base.pk).embedding_model_id == heir.pk


def test_an_unused_model_is_deleted_after_one_question(page: Page) -> None:
    llm = make_llm(name="Unused")
    page.goto(model_page(llm.pk, "delete"))
    expect(page.locator('[data-blocked="false"]')).to_contain_text("Nothing uses Unused.")
    assert LLMModel.objects.filter(pk=llm.pk).exists()

    with page.expect_navigation():
        page.get_by_role("button", name="Delete").click()

    assert not LLMModel.objects.filter(pk=llm.pk).exists()


def test_a_connection_in_use_names_its_models(page: Page) -> None:
    connection = make_connection()
    change = LLMChange(connection=connection)
    make_llm(name="Over it", provider=connection.provider, change=change)

    page.goto(f"{CONNECTIONS}{connection.pk}/delete/")

    expect(page.locator('[data-blocked="true"]')).to_contain_text("Over it")
    expect(page.locator("[data-confirm-button]")).to_have_count(0)
