"""The models list: dialogs that ask before they change, tabs, filters, bulk actions."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from registry.choices import LLMStatus, LLMType
from registry.models import LLMModel
from registry.services.defaults import set_default
from tests.browser.hands import MODELS, confirm, open_dialog, row_of, the_dialog
from tests.factories import make_llm

pytestmark = pytest.mark.browser


def status_of(llm: LLMModel) -> str:
    return str(LLMModel.objects.get(pk=llm.pk).status)


def test_a_model_becomes_the_default_through_its_dialog(page: Page) -> None:
    former, next_one = (make_llm(name=name) for name in ("Former", "Next"))
    set_default(former)
    page.goto(MODELS)
    expect(row_of(page, "Former")).to_contain_text("Default")

    confirm(page, open_dialog(page, row_of(page, "Next"), "Make default"))

    expect(page.get_by_text("The default has changed.")).to_be_visible()
    expect(row_of(page, "Next")).to_contain_text("Default")
    expect(row_of(page, "Former")).not_to_contain_text("Default")
    assert LLMModel.objects.get(is_default=True).pk == next_one.pk


def test_the_status_switch_asks_before_it_changes(page: Page) -> None:
    llm = make_llm(name="Switched")
    page.goto(MODELS)
    switch = row_of(page, "Switched").get_by_role("switch")
    expect(switch).to_be_checked()

    switch.click()
    the_dialog(page).get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert status_of(llm) == LLMStatus.ACTIVE

    switch.click()
    confirm(page, the_dialog(page))
    expect(row_of(page, "Switched").get_by_role("switch")).not_to_be_checked()
    assert status_of(llm) == LLMStatus.INACTIVE


def test_what_the_service_refuses_is_said_in_the_dialog(page: Page) -> None:
    llm = make_llm(name="Kept")
    set_default(llm)
    page.goto(MODELS)

    row_of(page, "Kept").get_by_role("switch").click()
    the_dialog(page).locator("[data-confirm-button]").click()

    refusal = page.get_by_role("alertdialog")
    expect(refusal).to_contain_text("Nothing was changed on Kept")
    expect(refusal).to_contain_text("This is the default of its type.")
    assert status_of(llm) == LLMStatus.ACTIVE


def test_tabs_count_and_show_their_type(page: Page) -> None:
    make_llm(LLMType.EMBEDDING, name="Vectors")
    make_llm(LLMType.GENERATION, name="Words")
    page.goto(MODELS)

    tab = page.get_by_role("link", name="Embedding 1")
    tab.click()

    expect(tab).to_have_attribute("aria-current", "page")
    expect(row_of(page, "Vectors")).to_be_visible()
    expect(row_of(page, "Words")).to_have_count(0)


def test_search_finds_by_name_and_model_id(page: Page) -> None:
    make_llm(name="Heron", model_id="bird-1")
    make_llm(name="Trout", model_id="fish-1")
    page.goto(MODELS)
    for words in ("heron", "BIRD-1"):
        page.get_by_placeholder("Name, model id, alias or slug").fill(words)
        page.keyboard.press("Enter")

        expect(page.locator("#result_list tbody tr")).to_have_count(1)
        expect(row_of(page, "Heron")).to_be_visible()


def test_bulk_deactivation_shows_first_what_it_will_not_do(page: Page) -> None:
    kept, first, second = (make_llm(name=name) for name in ("Kept default", "First", "Second"))
    set_default(kept)
    page.goto(MODELS)

    page.locator("#action-toggle").check()
    page.locator('select[name="action"]').select_option(label="Deactivate")
    with page.expect_navigation():
        page.get_by_role("button", name="Run").click()

    expect(page.locator('[data-bulk="preview"]')).to_contain_text("Will change: 2")
    expect(page.locator('[data-bulk="preview"]')).to_contain_text("Will be refused: 1")
    expect(page.locator('[data-bulk="preview"] li').filter(has_text="Kept default")).to_be_visible()
    assert {status_of(llm) for llm in (kept, first, second)} == {LLMStatus.ACTIVE}

    with page.expect_navigation():
        page.locator("[data-confirm-button]").click()

    expect(page.locator('[data-bulk="done"]')).to_contain_text("Changed: 2")
    assert [status_of(llm) for llm in (kept, first, second)] == ["active", "inactive", "inactive"]


def test_an_empty_list_names_the_two_ways_to_add_a_model(page: Page) -> None:
    page.goto(MODELS)

    empty = page.locator("[data-empty]")
    expect(empty).to_contain_text("No models yet")
    expect(empty.get_by_role("link", name="Add a model by hand")).to_be_visible()
    empty.get_by_role("link", name="Add from the catalogue").click()
    expect(page.locator("[data-known]").first).to_be_visible()
