"""Everything is done by keyboard, and one sees where one is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from registry.models import LLMModel
from tests.browser.hands import MODELS, row_of, the_dialog
from tests.factories import make_llm, make_user

pytestmark = pytest.mark.browser

PASSWORD = "Quite-Long-77-Word"
MOST_STOPS = 90
# The focused element, what it is called, and whether one sees that it has the focus.
FOCUSED = """
() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    // A select that asks the server shows the focus around itself.
    const style = getComputedStyle(element.closest(".select2-container") ?? element);
    const box = element.getBoundingClientRect();
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
    const text = element.getAttribute("aria-label") || labels || element.textContent;
    return {
        name: text.replace(/\\s+/g, " ").trim(),
        href: element.getAttribute("href") ?? "",
        id: element.id,
        outlined,
        onScreen: box.width > 0 && box.height > 0,
    };
}
"""


class Keyboard:
    """Walks over a page by Tab and remembers the stops at which no focus is to be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops = 0
        self.unseen: list[str] = []

    def tab_to(self, *, name: str = "", href: str = "", id: str = "") -> None:
        """Press Tab until the focus is on the element of this exact name, address or id."""
        passed: list[str] = []
        for stop in range(MOST_STOPS):
            if stop:  # a page may have put the focus there itself
                self.page.keyboard.press("Tab")
            found = self.page.evaluate(FOCUSED)
            if found is None:
                continue
            self.stops += 1
            passed.append(found["name"] or found["id"])
            if not (found["outlined"] and found["onScreen"]):
                self.unseen.append(f"{self.page.url} {found}")
            if (
                (name and found["name"] == name)
                or (href and found["href"] == href)
                or (id and found["id"] == id)
            ):
                return
        pytest.fail(f"Tab does not reach {name or href or id}: {passed}")

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def follow(self, key: str = "Enter") -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press(key)


def test_a_model_is_registered_without_a_mouse(visitor: Page, figure: Callable[..., None]) -> None:
    make_user("grace", staff=True, groups=["operators"], password=PASSWORD)
    keyboard = Keyboard(visitor)
    visitor.goto("/")
    keyboard.tab_to(id="id_username")
    keyboard.write("grace")
    keyboard.tab_to(id="id_password")
    keyboard.write(PASSWORD)
    keyboard.follow()

    keyboard.tab_to(href=MODELS)
    keyboard.follow()
    keyboard.tab_to(href=f"{MODELS}add/")
    keyboard.follow()

    keyboard.tab_to(id="id_type")
    keyboard.write("Embedding")
    keyboard.tab_to(id="id_provider")
    keyboard.write("OpenAI")
    keyboard.tab_to(id="id_model_id")
    keyboard.write("text-embedding-3-small")
    expect(visitor.locator("#id_dimensions")).to_have_value("1536")
    keyboard.press("Escape")
    keyboard.tab_to(id="id_api_key")
    keyboard.write("sk-by-keyboard-41c7")
    keyboard.follow()

    expect(row_of(visitor, "text-embedding-3-small")).to_be_visible()
    assert LLMModel.objects.get().dimensions == 1536
    assert not keyboard.unseen, keyboard.unseen
    figure(tab_stops=keyboard.stops, without_visible_focus=0)


def test_a_dialog_keeps_the_keyboard_and_gives_it_back(page: Page) -> None:
    llm = make_llm(name="Switched")
    keyboard = Keyboard(page)
    page.goto(MODELS)
    keyboard.tab_to(name="Active: Switched")

    keyboard.press("Space")
    dialog = the_dialog(page)
    expect(dialog.locator("[data-confirm-button]")).to_be_focused()
    for _stop in range(4):
        keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(row_of(page, "Switched").get_by_role("switch")).to_be_focused()

    keyboard.press("Space")
    expect(the_dialog(page).locator("[data-confirm-button]")).to_be_focused()
    keyboard.follow()
    assert LLMModel.objects.get(pk=llm.pk).status == "inactive"


def test_the_rows_menu_opens_and_closes_by_keyboard(page: Page) -> None:
    make_llm(name="Menued")
    keyboard = Keyboard(page)
    page.goto(MODELS)
    keyboard.tab_to(name="Actions")

    keyboard.press("Enter")
    menu = page.locator(".registry-menu:popover-open")
    expect(menu.get_by_role("link").first).to_be_focused()
    keyboard.press("ArrowDown")
    expect(menu.get_by_role("link").nth(1)).to_be_focused()
    keyboard.press("Escape")

    expect(menu).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Actions"))).to_be_focused()
