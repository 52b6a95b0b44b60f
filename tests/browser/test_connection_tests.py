"""A model is tested by a button; the page shows how it goes, and why it fails in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from registry.choices import ProbeCode
from registry.models import ConnectionTest
from tests.browser.conftest import NewProfile
from tests.browser.hands import CONNECTIONS, MODELS, model_page, overflow
from tests.browser.workshop import (
    expect_end,
    open_sandbox,
    panel,
    press_test,
    sandbox_llm,
    sandbox_provider,
    stage,
    working,
)
from tests.factories import end_test, make_connection, make_llm, make_test, make_user

pytestmark = pytest.mark.browser

# fault of the sandbox -> code, whether it takes the billed call to find it, what a person reads
REASONS: dict[str, tuple[str, bool, str]] = {
    "bad_key": ("bad_key", False, "The provider refuses the key. Replace the key."),
    "forbidden": ("forbidden", False, "The key is valid but not allowed for this."),
    "no_credit": ("no_credit", True, "The account has no credit."),
    "model_missing": ("model_missing", True, "It does list: another-chat"),
    "rate_limited": ("rate_limited", False, "Try again in 7 s."),
    "overloaded": ("overloaded", False, "Busy right now; no fault of yours."),
    "server_error": ("server_error", True, "Test again later"),
    "bad_parameter": ("bad_parameter", True, "The provider rejects a parameter: temperature"),
    "wrong_operation": ("wrong_operation", True, "Register it under the type that fits"),
    "html": ("bad_shape", True, "It was a web page."),
    "redirect_login": ("redirected", False, "that is never followed"),
    "too_large": ("too_large", False, "Is it the API's base address?"),
    "gzip": ("encoding_refused", False, "a compressed answer that was not asked for"),
    "reset": ("unreachable", False, "The connection was cut off."),
    "silent": ("timeout", False, "Timed out: no answer within 2 s"),
}


def test_the_button_shows_each_stage_as_it_ends(page: Page, settings: Settings) -> None:
    with open_sandbox(settings, delay_ms=700) as sandbox:
        llm = sandbox_llm(sandbox)
        page.goto(model_page(llm.pk))
        press_test(page, inference=True)

        expect(page.get_by_role("tab", name="Tests")).to_have_attribute("aria-selected", "true")
        expect(panel(page)).to_contain_text("No worker answers")
        expect(stage(page, "reach")).to_contain_text("Waiting")
        page.reload()
        expect(panel(page)).to_contain_text("Waiting for a worker.")

        with working():
            expect(stage(page, "reach")).to_contain_text("Running")
            expect(stage(page, "reach")).to_contain_text("Answers")
            expect(stage(page, "inference")).to_contain_text("Running")
            expect_end(page, "ok")

    expect(stage(page, "inference")).to_contain_text("ms")
    expect(panel(page)).to_contain_text("Answers in")
    expect(panel(page)).to_contain_text("1 billed call: ")
    # Without a reload the rest of the page knows it, too.
    expect(page.locator("#health-badge")).to_contain_text("OK since just now")
    expect(page.locator("[data-history] tbody tr")).to_have_count(1)
    expect(page.locator("[data-history]")).to_contain_text("ada")
    assert ConnectionTest.objects.get().inference


def test_a_second_click_on_the_open_page_shows_the_new_test(page: Page, settings: Settings) -> None:
    with open_sandbox(settings) as sandbox:
        llm = sandbox_llm(sandbox)
        page.goto(model_page(llm.pk))
        press_test(page)
        press_test(page)  # the one that waits: the address stays the same
        expect(page.get_by_text("A test was waiting already")).to_be_visible()
        with working():
            expect_end(page, "ok")
            press_test(page)
            expect(page.locator("[data-history] tbody tr")).to_have_count(2)
            expect_end(page, "ok")

    expect(stage(page, "inference")).to_contain_text("Not asked for")
    expect(panel(page)).to_contain_text("Nothing was billed.")


def test_every_failure_is_told_in_words_that_a_person_can_act_on(
    page: Page, settings: Settings, figure: Callable[..., None]
) -> None:
    settings.REGISTRY_TEST_SECONDS = 2
    with open_sandbox(settings) as sandbox, working():
        for fault, (code, takes_a_call, words) in REASONS.items():
            llm = sandbox_llm(sandbox, fault, slug=f"fails-{fault.replace('_', '-')}")
            page.goto(model_page(llm.pk))
            press_test(page, inference=takes_a_call)
            expect_end(page, code)

            expect(page.locator("[data-words]")).to_contain_text(words)
            assert overflow(page) <= 0, fault
    figure(reasons=len(REASONS), told=len(REASONS))


def test_a_refused_address_says_which_line_allows_it(page: Page, settings: Settings) -> None:
    with open_sandbox(settings) as sandbox:
        llm = sandbox_llm(sandbox)
        place = sandbox.address("").partition("://")[2]
        settings.REGISTRY_PRIVATE_HOSTS = []
        page.goto(model_page(llm.pk))
        press_test(page)
        with working():
            expect_end(page, "address_blocked")

        expect(panel(page)).to_contain_text(f"REGISTRY_PRIVATE_HOSTS={place}")


def test_a_row_of_the_list_can_be_tested(page: Page, settings: Settings) -> None:
    with open_sandbox(settings) as sandbox, working():
        sandbox_llm(sandbox)
        page.goto(MODELS)
        page.get_by_role("button", name="Actions", exact=True).click()
        page.locator(".registry-menu:popover-open").get_by_role("link", name="Test").click()
        with page.expect_navigation():
            page.locator("[data-confirm-button]").click()
        expect_end(page, "ok")

    page.goto(MODELS)
    expect(page.locator(".field-health_cell")).to_contain_text("OK")
    expect(page.locator(".field-tested_cell")).to_contain_text("just now")


def test_a_test_is_asked_for_without_a_mouse(page: Page) -> None:
    llm = make_llm()
    page.goto(model_page(llm.pk))

    page.locator("#main").get_by_role("link", name="Test", exact=True).focus()
    page.keyboard.press("Enter")
    switch = page.get_by_role("dialog").get_by_role("checkbox")
    expect(switch).to_be_focused()
    page.keyboard.press("Space")
    for _ in range(2):
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(panel(page)).to_contain_text("with a short answer")
    assert ConnectionTest.objects.get().inference


def test_a_connection_is_tested_alone(page: Page, settings: Settings) -> None:
    with open_sandbox(settings) as sandbox, working():
        provider = sandbox_provider(sandbox, "bad_key")
        connection = make_connection(provider, label="Account")
        page.goto(f"{CONNECTIONS}{connection.pk}/change/")
        press_test(page)
        expect_end(page, "bad_key")

        expect(stage(page, "reach")).to_contain_text("Answers")
        expect(stage(page, "auth")).to_contain_text("Key refused")
        expect(stage(page, "model")).to_contain_text("Not asked for")


@pytest.mark.parametrize("is_phone", [False, True])
def test_a_reader_follows_a_test_that_he_may_not_ask_for(
    is_phone: bool, catalogue: None, new_profile: NewProfile
) -> None:
    reader = make_user(staff=True, groups=["readers"])
    llm = make_llm()
    test = make_test(llm)
    page = new_profile(reader, is_phone=is_phone).new_page()
    page.goto(f"{model_page(llm.pk)}#tests")
    expect(panel(page)).to_contain_text("Waiting")
    expect(page.get_by_role("link", name="Test", exact=True)).to_have_count(0)

    end_test(test, ProbeCode.OK)

    expect_end(page, "ok")
    assert overflow(page) <= 0
