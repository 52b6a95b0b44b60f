"""`make screenshots`: the pictures of the documentation, taken anew.

They show the example catalogue. pytest does not collect this file unless it is named.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from registry.models import LLMModel
from tests.browser.conftest import NewProfile
from tests.browser.examples import fill_catalogue
from tests.browser.hands import ADD_MODEL, MODELS, TRAIL, box, choose_pair, model_page

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDE = {"width": 1440, "height": 900}
TALL = {"width": 1440, "height": 1260}
LARGEST = 300_000  # bytes


def take(page: Page, name: str) -> None:
    """Wait until fonts and charts stand, then save the window as a PNG."""
    page.evaluate("document.fonts.ready")
    page.mouse.move(0, 0)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled", caret="hide")
    assert path.stat().st_size < LARGEST, path


@pytest.fixture
def example(staff: User) -> User:
    FOLDER.mkdir(parents=True, exist_ok=True)
    fill_catalogue(staff)
    return staff


def test_wide_pages(example: User, new_profile: NewProfile) -> None:
    page = new_profile(example, size=WIDE).new_page()
    page.goto("/admin/")
    take(page, "overview")

    page.goto(MODELS)
    take(page, "models")

    page.goto(TRAIL)
    take(page, "trail")

    embedding = LLMModel.objects.get(is_default=True, type="embedding")
    page.goto(model_page(embedding.pk, "delete"))
    take(page, "delete-blocked")


def test_the_form(example: User, new_profile: NewProfile) -> None:
    page = new_profile(example, size=TALL).new_page()
    page.goto(ADD_MODEL)
    choose_pair(page, "Embedding", "OpenAI")
    page.get_by_label("Model id").press_sequentially("text-embedding-3-large")
    expect(box(page, "dimensions").locator("[data-filled]")).to_be_visible()
    page.get_by_label("Model id").blur()
    take(page, "add-model")


def test_the_dark(example: User, new_profile: NewProfile) -> None:
    page = new_profile(example, size=WIDE, is_dark=True).new_page()
    page.goto(MODELS)
    take(page, "models-dark")


def test_a_phone(example: User, new_profile: NewProfile) -> None:
    page = new_profile(example, is_phone=True, scale=2).new_page()
    page.goto(MODELS)
    take(page, "models-phone")
