"""What a person does on a page of the admin."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, Page, expect

MODELS = "/admin/registry/llmmodel/"
ADD_MODEL = f"{MODELS}add/"
CATALOGUE = f"{MODELS}catalogue/"
CONNECTIONS = "/admin/registry/connection/"
CLIENTS = "/admin/registry/client/"
TESTS = "/admin/registry/connectiontest/"
TOKENS = "/admin/registry/apitoken/"
TRAIL = "/admin/audit/logentry/"
WHICH_MODEL = "/admin/choose/which-model/"
PRICES = "/admin/choose/prices/"
MATRIX = "/admin/choose/capabilities/"
LIFECYCLE = "/admin/lifecycle/"
ROLES = "/admin/roles/roleslot/"
CHOOSING = (WHICH_MODEL, PRICES, MATRIX, LIFECYCLE)


def model_page(pk: UUID | Any, page: str = "change") -> str:
    return f"{MODELS}{pk}/{page}/"


def box(page: Page, name: str) -> Locator:
    """The field of the model form with its label, hints and errors."""
    return page.locator(f'[data-field="{name}"]')


def choose_pair(page: Page, llm_type: str, provider: str) -> None:
    """Choose type and provider by the words that the form shows."""
    page.get_by_label("Type").select_option(label=llm_type)
    page.get_by_label("Provider").select_option(label=provider)


def choose_row(page: Page, name: str, text: str, *, note: str = "") -> None:
    """Type into a select that asks the server, and take the one row of this text.

    `note` is what the offer says beside the text.
    """
    page.locator(f"#id_{name} + .select2").click()
    page.locator(".select2-search__field").fill(text)
    # Some rows say more after their name: "Heir · model-7".
    offered = page.get_by_role("option", name=re.compile(rf"^{re.escape(text)}( ·|$)"))
    expect(offered).to_have_count(1)
    offered.click()


def save(page: Page) -> None:
    """Press the form's button and wait until its answer is there."""
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()


def row_of(page: Page, name: str) -> Locator:
    """The row of the models list that has exactly this name."""
    cell = page.locator("[data-id]").get_by_text(name, exact=True)
    return page.locator("#result_list tbody tr").filter(has=cell)


def open_dialog(page: Page, row: Locator, label: str) -> Locator:
    """Open the row's menu, take an entry of it, and return the dialog that asks."""
    row.get_by_role("button", name="Actions").click()
    page.locator(".registry-menu:popover-open").get_by_role("link", name=label).click()
    return the_dialog(page)


def the_dialog(page: Page) -> Locator:
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def confirm(page: Page, dialog: Locator) -> None:
    with page.expect_navigation():
        dialog.locator("[data-confirm-button]").click()


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
