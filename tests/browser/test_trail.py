"""The trail says who did what in one sentence, and can be narrowed."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from audit import context
from registry.choices import LLMType
from registry.models import LLMModel
from registry.services.statuses import set_status
from tests.browser.hands import MODELS, TRAIL, box, confirm, model_page, row_of, save, the_dialog
from tests.factories import make_llm

pytestmark = pytest.mark.browser


def rows(page: Page) -> Locator:
    return page.locator("#result_list tbody tr")


def test_a_change_is_told_in_one_sentence(page: Page, staff: User) -> None:
    llm = make_llm(LLMType.GENERATION, name="Told", context_window=8192)
    page.goto(MODELS)
    row_of(page, "Told").get_by_role("switch").click()
    confirm(page, the_dialog(page))

    page.goto(TRAIL)

    newest = rows(page).first
    expect(newest).to_contain_text(staff.username)
    expect(newest).to_contain_text("Admin")
    expect(newest).to_contain_text("changed the model Told: status Active")
    expect(newest.get_by_role("link", name="Told", exact=True)).to_have_attribute(
        "href", model_page(llm.pk)
    )
    expect(newest.locator("time")).to_have_attribute("title", re.compile("202"))


def test_an_event_opens_to_before_and_after(page: Page) -> None:
    llm = make_llm(LLMType.GENERATION, name="Told", context_window=8192)
    page.goto(f"{model_page(llm.pk)}#parameters")
    page.get_by_label("Context window").fill("16384")
    save(page)
    page.goto(TRAIL)

    rows(page).first.get_by_role("link", name=re.compile("changed the model")).click()

    line = page.get_by_role("row").filter(has_text="context window")
    expect(line).to_contain_text("8192")
    expect(line).to_contain_text("16384")


def test_a_key_is_told_as_changed_only(page: Page) -> None:
    llm = make_llm(name="Told", api_key="sk-first-5f0a1c7e93")
    page.goto(model_page(llm.pk))
    page.get_by_label("API key").fill("sk-second-8b2d4e6f10")
    save(page)
    page.goto(TRAIL)

    expect(rows(page).first).to_contain_text("key changed")
    for piece in ("sk-first", "sk-second"):
        assert piece not in page.content()


def test_filters_narrow_the_trail_by_person_and_source(page: Page, staff: User) -> None:
    with context.use(source="command", actor=staff):
        set_status(make_llm(name="Commanded"), "inactive")
    make_llm(name="Grown")  # by the system
    page.goto(TRAIL)
    everything = rows(page).count()

    page.get_by_role("button", name="Filters").or_(page.get_by_text("Filters")).first.click()
    page.locator('select[name="source"]').select_option(label="Command")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Apply")).click()

    assert 0 < rows(page).count() < everything
    expect(rows(page).first).to_contain_text("Commanded")
    expect(rows(page).filter(has_text="Grown")).to_have_count(0)
    assert LLMModel.objects.count() == 2


def test_what_the_trail_shows_can_be_taken_along(page: Page) -> None:
    make_llm(name="Taken along")
    page.goto(f"{TRAIL}?q=Taken")

    with page.expect_download() as download:
        page.get_by_role("link", name="These rows as CSV").click()

    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 1 + rows(page).count()
    assert "Taken along" in lines[1]


def test_boxes_of_the_history_stand_on_the_models_own_page(page: Page) -> None:
    llm = make_llm(name="Told")
    page.goto(model_page(llm.pk))
    box(page, "description").get_by_role("textbox").fill("New words.")
    save(page)

    page.goto(model_page(llm.pk, "history"))

    expect(page.get_by_role("listitem").filter(has_text="description").first).to_be_visible()
