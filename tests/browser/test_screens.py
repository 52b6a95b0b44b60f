"""Phones, and the dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from audit.models import LogEntry
from registry.models import Client, Connection, ConnectionTest, KnowledgeBase, LLMModel, Sweep
from tests.browser.conftest import NewProfile
from tests.browser.examples import fill_catalogue, report_clients, try_models
from tests.browser.hands import (
    ADD_MODEL,
    CATALOGUE,
    CHOOSING,
    CLIENTS,
    CONNECTIONS,
    MODELS,
    PRICES,
    ROLES,
    TESTS,
    TOKENS,
    TRAIL,
    WHICH_MODEL,
    choose_pair,
    model_page,
    overflow,
)

pytestmark = pytest.mark.browser

# Texts whose contrast with what is behind them is less than WCAG asks of a text of their size.
PALE = """
() => {
    const HOW = {opacityProperty: true, visibilityProperty: true};
    const NO_TEXT = "[aria-hidden=true], .material-symbols-outlined, script, style, option, " +
        ":disabled";
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const over = (top, under) => {
        const alpha = top[3] / 255;
        return [0, 1, 2].map((i) => top[i] * alpha + under[i] * (1 - alpha)).concat(255);
    };
    const behind = (element) => {
        if (!element) return [255, 255, 255, 255];
        const own = rgba(getComputedStyle(element).backgroundColor);
        return own[3] === 255 ? own : over(own, behind(element.parentElement));
    };
    const light = (colour) => {
        const [r, g, b] = colour.slice(0, 3).map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const pale = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        const style = getComputedStyle(element);
        if (!text || !element.checkVisibility(HOW) || style.clipPath !== "none") continue;
        if (element.closest(NO_TEXT)) continue;
        const ground = behind(element);
        const [a, b] = [light(over(rgba(style.color), ground)), light(ground)];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const isLarge = parseFloat(style.fontSize) >= 24;
        if (ratio < (isLarge ? 3 : 4.5)) pale.add(`${text.slice(0, 40)} (${ratio.toFixed(1)})`);
    }
    return [...pale];
}
"""


def addresses() -> list[str]:
    llm = LLMModel.objects.get(name="text-embedding-3-large")
    base = KnowledgeBase.objects.earliest("pk")
    connection = Connection.objects.shared().earliest("label")
    event = LogEntry.objects.latest("pk")
    test = ConnectionTest.objects.failed()[0]
    client = Client.objects.get(client_id="eu-west/worker-1")
    served = LLMModel.objects.get(model_id="gpt-5.5")
    return [
        "/admin/",
        MODELS,
        ADD_MODEL,
        CATALOGUE,
        *(model_page(llm.pk, page) for page in ("change", "delete", "history")),
        "/admin/registry/provider/",
        "/admin/registry/platform/",
        f"{model_page(llm.pk)}#tests",
        f"{MODELS}sweeps/{Sweep.objects.get().pk}/",
        TESTS,
        f"{TESTS}{test.pk}/change/",
        CONNECTIONS,
        f"{CONNECTIONS}{connection.pk}/change/",
        f"{CONNECTIONS}{connection.pk}/models/",
        CLIENTS,
        f"{CLIENTS}{client.pk}/change/",
        f"{CLIENTS}{client.pk}/delete/",
        f"{model_page(served.pk)}#clients",
        TOKENS,
        f"{TOKENS}add/",
        "/admin/registry/knowledgebase/",
        f"/admin/registry/knowledgebase/{base.pk}/change/",
        TRAIL,
        f"{TRAIL}{event.pk}/change/",
        "/admin/auth/user/",
        *(ROLES, f"{ROLES}explain/chat/", f"{ROLES}explain/chat/?healthy=on&local=on"),
        *("/admin/roles/role/", "/admin/roles/role/add/"),
        *CHOOSING,
        f"{WHICH_MODEL}?optional=tools&requires=vision&min_context=1000000",
        f"{PRICES}?llm={llm.pk}",
    ]


def test_no_page_is_wider_than_a_phone(
    staff: User, new_profile: NewProfile, figure: Callable[..., None]
) -> None:
    fill_catalogue(staff)
    try_models(staff)
    report_clients(staff)
    page = new_profile(staff, is_phone=True).new_page()

    wide = {}
    for address in addresses():
        page.goto(address)
        if (pixels := overflow(page)) > 0:
            wide[address] = pixels

    assert not wide
    figure(pages=len(addresses()), width=390, wider=0)


def test_a_model_is_added_on_a_phone(staff: User, new_profile: NewProfile) -> None:
    page = new_profile(staff, is_phone=True).new_page()
    page.goto(ADD_MODEL)
    choose_pair(page, "Embedding", "OpenAI")

    for name in ("Model id", "Dimensions", "API key"):
        field = page.get_by_label(name).bounding_box()
        assert field is not None
        assert field["x"] >= 0, name
        assert field["x"] + field["width"] <= 390, name
    assert overflow(page) <= 0
    button = page.get_by_role("button", name="Save", exact=True)
    button.scroll_into_view_if_needed()
    expect(button).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("is_dark", [False, True])
def test_every_text_stands_out_from_its_ground(
    is_dark: bool, staff: User, new_profile: NewProfile, figure: Callable[..., None]
) -> None:
    fill_catalogue(staff)
    try_models(staff)
    report_clients(staff)
    page = new_profile(staff, is_dark=is_dark).new_page()

    pale = {}
    for address in addresses():
        page.goto(address)
        ground = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
        if found := page.evaluate(PALE):
            pale[address] = (ground, found)

    assert not pale, pale
    figure(pages=len(addresses()), dark=is_dark, pale_texts=0)


def test_the_dark_follows_the_system(page: Page, staff: User, new_profile: NewProfile) -> None:
    dark = new_profile(staff, is_dark=True).new_page()
    for tab in (page, dark):
        tab.goto("/admin/")

    lightness = [
        tab.evaluate(
            "() => { const c = document.createElement('canvas').getContext('2d');"
            " c.fillStyle = getComputedStyle(document.body).backgroundColor;"
            " c.fillRect(0, 0, 1, 1); return c.getImageData(0, 0, 1, 1).data[0]; }"
        )
        for tab in (page, dark)
    ]

    assert lightness[0] > 200
    assert lightness[1] < 60
