"""The role matrix of the admin: chosen by typing, told in words and colours, explained."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from registry.choices import Health
from roles.services.slots import slots_of
from tests.browser.conftest import NewProfile
from tests.browser.hands import ROLES, overflow
from tests.factories import make_user
from tests.roles.factories import fill, make_gemini, make_local, measured

pytestmark = pytest.mark.browser


def choose_cell(page: Page, name: str, text: str) -> None:
    page.locator(f'[data-cell="{name}"] .select2').click()
    page.locator(".select2-search__field").fill(text)
    offered = page.get_by_role("option", name=re.compile(re.escape(text)))
    expect(offered).to_have_count(1)
    offered.click()


def save(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()


def test_a_cell_is_filled_by_typing_and_emptied_by_its_cross(page: Page) -> None:
    measured(make_gemini(name="Flare"), Health.OK)
    page.goto(ROLES)
    cell = page.locator('[data-cell="chat.primary"]')
    expect(cell.locator("[data-instead]")).to_contain_text("Claude (CLI)")

    choose_cell(page, "chat.primary", "Flare")
    save(page)

    expect(cell).to_contain_text("Flare")
    expect(cell.get_by_text("OK", exact=True)).to_be_visible()
    expect(page.locator('[data-role="chat"] [data-runs]')).to_contain_text("Runs on Flare")
    cell.locator(".select2-selection__clear").click()
    page.keyboard.press("Escape")
    save(page)
    assert slots_of(None) == {}


def test_a_user_is_chosen_by_typing_and_has_a_matrix_of_his_own(page: Page) -> None:
    user = make_user("grace")
    make_local(user, name="Llama at home")
    page.goto(ROLES)
    page.locator("#id_user + .select2").first.click()
    page.locator(".select2-search__field").fill("grac")
    page.get_by_role("option", name="grace").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Slots of grace")).to_be_visible()

    choose_cell(page, "coder.backup_1", "Llama at home")
    save(page)

    expect(page.get_by_text("Slots of grace")).to_be_visible()
    assert list(slots_of(user)["coder"]) == ["backup_1"]
    page.get_by_role("link", name="Explain coder").click()
    expect(page.locator("[data-chosen]")).to_contain_text("Llama at home")


def test_a_role_is_explained_as_it_is_asked_for(page: Page) -> None:
    fill(None, measured(make_gemini(name="Flare"), Health.DOWN))
    page.goto(ROLES)
    page.get_by_role("link", name="Explain chat").click()
    expect(page.locator("[data-runs]")).to_contain_text("It runs on Flare")

    page.get_by_label("Healthy models only").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Ask so").click()

    expect(page.locator("[data-runs]")).to_contain_text("It runs on Claude")
    expect(page.get_by_text("Down. Its last test found it so.")).to_be_visible()


def test_the_palette_finds_a_role(page: Page) -> None:
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    expect(page.locator("#search-input-command")).to_be_focused()
    page.keyboard.type("orchestr")
    page.locator("#command-results").get_by_text("orchestrator").click()
    expect(page).to_have_url(re.compile("/explain/orchestrator/"))


def test_a_cell_is_filled_without_a_mouse(page: Page) -> None:
    make_gemini(name="Flare")
    page.goto(ROLES)
    box = page.locator('[data-cell="chat.primary"] .select2-selection')
    expect(box).to_have_attribute("aria-labelledby", re.compile("label"))
    box.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".select2-search__field")).to_be_focused()
    page.keyboard.type("flare")
    # The whole list stands there until the answer to what was typed has come.
    expect(page.locator(".select2-results__option")).to_have_text([re.compile("Flare")])
    page.keyboard.press("Enter")
    expect(box).to_contain_text("Flare")
    button = page.get_by_role("button", name="Save", exact=True)
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert list(slots_of(None)["chat"]) == ["primary"]


def test_the_matrix_fits_a_phone(new_profile: NewProfile, page: Page) -> None:
    fill(None, make_gemini(name="A-name-without-any-blank-" * 5))
    phone = new_profile(make_user("boss", superuser=True), is_phone=True).new_page()
    for address in (ROLES, f"{ROLES}explain/chat/", "/admin/roles/role/"):
        phone.goto(address)
        assert overflow(phone) <= 0, address
