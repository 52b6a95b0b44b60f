"""Prices on a model's page, in the ledger and in the list, light and dark."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from registry.choices import PriceSource
from registry.models import LLMModel, Price
from tests.browser.conftest import NewProfile
from tests.browser.hands import (
    ADD_MODEL,
    MODELS,
    box,
    choose_pair,
    choose_row,
    confirm,
    model_page,
    overflow,
    row_of,
    save,
    the_dialog,
)
from tests.factories import make_llm, make_price, make_route

pytestmark = pytest.mark.browser

LEDGER = "/admin/registry/price/"


def storied() -> LLMModel:
    """A model whose price went down, goes up again, and is another over one route."""
    llm = make_llm(name="Talker")
    for days, usd in ((300, "10"), (120, "5"), (20, "2.5"), (-40, "3")):
        begins = timezone.now() - timedelta(days=days)
        make_price(llm, usd, valid_from=begins, source=PriceSource.REFERENCE)
        make_price(llm, str(Decimal(usd) * 4), "output", valid_from=begins)
    make_price(llm, "1.25", route=make_route(llm, slug="talker@cloud"))
    return llm


def test_a_price_entered_on_the_models_page_is_drawn_and_listed(page: Page) -> None:
    llm = make_llm(name="Talker")
    page.goto(f"{model_page(llm.pk)}#prices")
    expect(page.locator("#panel-prices [data-empty]")).to_contain_text("is not known")

    page.locator("[data-change-price]").click()
    dialog = the_dialog(page)
    dialog.get_by_label("Unit").select_option(label="Output (per 1M tokens)")
    dialog.get_by_label("Price in US dollars").fill("-3")
    dialog.locator("[data-confirm-button]").click()
    expect(dialog.get_by_text("greater than or equal to 0")).to_be_visible()
    assert not Price.objects.exists()

    dialog.get_by_label("Price in US dollars").fill("3.75")
    dialog.get_by_label("Page that says so").fill("https://prices.example/list")
    confirm(page, dialog)

    panel = page.locator("#panel-prices")
    expect(page.get_by_text("The price has changed.")).to_be_visible()
    expect(panel.locator('[data-price="output"]').first).to_contain_text("$3.75 per 1M tokens")
    expect(panel.locator("canvas")).to_be_visible()
    expect(panel.get_by_role("link", name="Typed by a person").first).to_have_attribute(
        "href", "https://prices.example/list"
    )
    drawn = page.evaluate(
        "Chart.getChart(document.querySelector('#panel-prices canvas')).data.datasets"
        ".map((line) => [line.label, line.data.at(-1)])"
    )
    assert drawn == [["Output", 3.75]]


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_history_is_readable_in_both_themes(
    staff: User, new_profile: NewProfile, is_dark: bool
) -> None:
    llm = storied()
    page = new_profile(staff, is_dark=is_dark).new_page()

    page.goto(f"{model_page(llm.pk)}#prices")

    panel = page.locator("#panel-prices")
    expect(panel).to_contain_text("Routes with prices of their own")
    expect(panel.get_by_role("heading", name="Coming")).to_be_visible()
    ink = page.evaluate(
        """() => {
            const canvas = document.querySelector('#panel-prices canvas');
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((value, place) => place % 4 === 3 && value > 0).length;
        }"""
    )
    assert ink > 2_000
    assert overflow(page) == 0


def test_a_known_model_brings_its_prices_with_their_source(page: Page) -> None:
    page.goto(ADD_MODEL)
    choose_pair(page, "Generation", "OpenAI")
    page.get_by_label("Model id").press_sequentially("gpt-4o-mini")

    expect(box(page, "input_cost").locator("input").first).to_have_value("0.15")
    expect(box(page, "input_cost").locator("[data-filled]")).to_contain_text(
        "From the catalogue, checked on"
    )
    box(page, "output_cost").locator("input").first.fill("0.7")
    expect(box(page, "output_cost").locator("[data-filled]")).to_be_hidden()
    box(page, "api_key").locator("input").fill("sk-qQ7vT2mZ9xK4bN8cW1rY6pL3dF5gH0jS")
    save(page)

    assert dict(Price.objects.values_list("unit", "source")) == {
        "input": PriceSource.REFERENCE,
        "output": PriceSource.MANUAL,
    }


def test_a_price_of_a_route_is_entered_in_the_ledger(page: Page) -> None:
    llm = make_llm(name="Talker")
    make_route(llm, slug="talker@cloud")
    make_route(slug="other@cloud")
    page.goto(LEDGER)
    page.locator("[data-empty]").get_by_role("link", name="Enter a price").click()

    choose_row(page, "llm", "Talker")
    choose_row(page, "route", "talker@cloud")
    page.get_by_label("Price", exact=True).fill("1.25")
    save(page)

    row = page.locator("#result_list tbody tr")
    expect(row).to_contain_text("talker@cloud")
    expect(row).to_contain_text("$1.25 per 1M tokens")
    expect(row).to_contain_text("In force")
    assert Price.objects.get().route is not None


def test_the_list_shows_both_prices(staff: User, new_profile: NewProfile) -> None:
    storied()
    page = new_profile(staff, size={"width": 1440, "height": 900}).new_page()
    page.goto(MODELS)

    expect(row_of(page, "Talker")).to_contain_text("$2.50 / $10.00")
    assert overflow(page) == 0
