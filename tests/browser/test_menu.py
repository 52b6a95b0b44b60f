"""Every page of the menu opens, and asks nothing of any host but its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewProfile
from tests.browser.examples import fill_catalogue
from tests.browser.recorder import Recorder
from tests.factories import make_user

pytestmark = pytest.mark.browser


def menu_of(page: Page) -> dict[str, str]:
    """Return the menu's links: address and title."""
    found: dict[str, str] = {}
    for link in page.locator("#nav-sidebar-inner a[href^='/admin/']").all():
        found.setdefault(str(link.get_attribute("href")), link.inner_text())
    return found


def test_no_page_of_the_menu_reaches_another_host(
    page: Page, staff: User, recorder: Recorder, figure: Callable[..., None]
) -> None:
    fill_catalogue(staff)
    page.goto("/admin/")
    addresses = [*menu_of(page), reverse("api-docs"), reverse("admin:password_change")]
    assert len(addresses) >= 10

    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self' 'unsafe-eval'" in policy

    assert not recorder.faults
    figure(pages=len(addresses), requests=recorder.requests, other_hosts=0)


def test_the_page_of_the_api_lists_its_operations(page: Page) -> None:
    # Swagger UI draws only what the window shows.
    page.set_viewport_size({"width": 1280, "height": 20_000})
    page.goto(reverse("api-docs"))

    expect(page.get_by_text("/api/v1/models/available")).to_be_visible()


def test_nobody_sees_a_page_in_the_menu_that_refuses_him(
    new_profile: NewProfile, catalogue: None
) -> None:
    for group in ("readers", "operators"):
        page = new_profile(make_user(f"one of the {group}", staff=True, groups=[group])).new_page()
        page.goto("/admin/")
        links = menu_of(page)
        assert len(links) >= 5, group
        for address in links:
            answer = page.request.get(address)
            assert answer.status == 200, (group, address)


def test_the_palette_finds_models_by_name(page: Page, staff: User) -> None:
    fill_catalogue(staff)
    page.goto("/admin/")

    page.keyboard.press("Control+k")
    expect(page.locator("#search-input-command")).to_be_focused()
    page.keyboard.type("sonnet")

    found = page.get_by_role("link", name="Claude Sonnet 5.5")
    expect(found).to_be_visible()
    found.click()
    expect(page.locator("[data-object-header]")).to_contain_text("Claude Sonnet 5.5")
