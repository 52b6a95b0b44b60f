"""Two people, one model: whoever saves second loses nothing and decides."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from registry.models import LLMModel
from tests.browser.conftest import NewProfile
from tests.browser.hands import box, model_page, save
from tests.factories import make_llm, make_user

pytestmark = pytest.mark.browser


def test_the_second_to_save_keeps_his_input_and_reads_who_was_first(
    page: Page, new_profile: NewProfile
) -> None:
    llm = make_llm(name="As it was", description="Before.")
    other = make_user("grace", staff=True, groups=["operators"])
    first = new_profile(other).new_page()
    for tab in (page, first):
        tab.goto(model_page(llm.pk))
    name = box(page, "name").get_by_role("textbox")

    box(first, "name").get_by_role("textbox").fill("By Grace")
    box(first, "description").get_by_role("textbox").fill("Grace's words.")
    save(first)
    name.fill("By Ada")
    save(page)

    expect(page.get_by_text("Someone else has changed this")).to_be_visible()
    expect(page.get_by_text("Someone else has changed this")).to_contain_text("grace")
    expect(name).to_have_value("By Ada")
    expect(box(page, "name")).to_contain_text("Stored now: By Grace")
    expect(box(page, "description").get_by_role("textbox")).to_have_value("Grace's words.")
    assert LLMModel.objects.get().name == "By Grace"

    save(page)
    stored = LLMModel.objects.get()
    assert (stored.name, stored.description) == ("By Ada", "Grace's words.")


def test_two_tabs_of_one_person_change_different_fields(page: Page) -> None:
    llm = make_llm(name="As it was")
    second = page.context.new_page()
    for tab in (page, second):
        tab.goto(model_page(llm.pk))

    box(page, "family").get_by_role("textbox").fill("birds")
    save(page)
    box(second, "version").get_by_role("textbox").fill("2")
    save(second)
    expect(second.get_by_text("Someone else has changed this")).to_be_visible()
    save(second)

    stored = LLMModel.objects.get()
    assert (stored.family, stored.version) == ("birds", "2")
