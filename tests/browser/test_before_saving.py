"""A model is tested before it is saved: with what is typed, and never with a key of another."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from registry.models import Connection, ConnectionTest, LLMModel
from registry.sandbox.catalogue import KEY
from registry.sandbox.server import SandboxServer
from registry.types import LLMChange, Secret
from tests.browser.conftest import NewProfile
from tests.browser.hands import ADD_MODEL, box, choose_pair, model_page, overflow, save
from tests.browser.workshop import (
    expect_end,
    open_sandbox,
    panel,
    sandbox_provider,
    stage,
    working,
)
from tests.factories import make_llm, make_user

pytestmark = pytest.mark.browser

WRONG_KEY = "sk-wrong-in-the-form-8c2e51d0"


def button(page: Page) -> Locator:
    return page.locator("[data-try]")


def fill(page: Page, sandbox: SandboxServer, *, key: str) -> None:
    """Fill the add form in for a model of the sandbox."""
    provider = sandbox_provider(sandbox)
    page.goto(ADD_MODEL)
    choose_pair(page, "Generation", provider.name)
    page.get_by_label("Model id").fill("sandbox-chat")
    page.get_by_label("Name", exact=False).first.fill("Talker")
    page.get_by_label("API key").fill(key)


def test_a_wrong_key_is_found_before_saving_and_the_right_one_is_saved(
    page: Page, settings: Settings
) -> None:
    with open_sandbox(settings) as sandbox, working():
        fill(page, sandbox, key=WRONG_KEY)
        button(page).click()
        expect_end(page, "bad_key")

        expect(panel(page)).to_contain_text("The provider refuses the key. Replace the key.")
        expect(panel(page)).to_be_in_viewport()
        assert not LLMModel.objects.exists()
        assert not Connection.objects.exists()
        expect(page.get_by_label("API key")).to_have_value(WRONG_KEY)  # as typed, in the field only
        assert WRONG_KEY not in page.locator("#unsaved-test").inner_html()

        page.get_by_label("API key").fill(KEY)
        page.get_by_label("with a billed answer").check()
        button(page).click()
        expect_end(page, "ok")
        expect(stage(page, "inference")).to_contain_text("Answers")
        expect(panel(page)).to_contain_text("1 billed call")
        save(page)

    llm = LLMModel.objects.get()
    assert (llm.name, llm.health) == ("Talker", "unknown")
    assert ConnectionTest.objects.filter(llm__isnull=True).count() == 2


def test_what_a_test_lacks_is_named_at_its_field(page: Page) -> None:
    page.goto(ADD_MODEL)
    choose_pair(page, "Embedding", "OpenAI")

    button(page).click()

    wrong = page.locator("[data-wrong]")
    expect(wrong).to_contain_text("Model id")
    expect(box(page, "model_id")).to_contain_text("This field is required.")
    expect(page.locator("#id_model_id")).to_have_attribute("aria-invalid", "true")
    wrong.get_by_role("link", name="Model id").click()
    expect(page.locator("#id_model_id")).to_be_focused()

    page.keyboard.type("text-embedding-of-ours")
    button(page).click()
    expect(wrong).to_contain_text("Dimensions")
    expect(box(page, "model_id").locator("[data-try-error]")).to_have_count(0)
    expect(box(page, "dimensions")).to_contain_text("An embedding model needs its dimensions.")
    assert not ConnectionTest.objects.exists()


def test_a_field_of_another_tab_is_gone_to(page: Page) -> None:
    llm = make_llm("embedding")
    page.goto(f"{model_page(llm.pk)}#details")
    page.get_by_role("tab", name="Parameters").click()
    page.locator("#id_dimensions").fill("")
    page.get_by_role("tab", name="Details").click()

    button(page).click()
    page.locator("[data-wrong]").get_by_role("link", name="Dimensions").click()

    expect(page.locator("#id_dimensions")).to_be_focused()


def test_a_stored_key_stays_with_its_address(page: Page, settings: Settings) -> None:
    with open_sandbox(settings) as sandbox, working():
        provider = sandbox_provider(sandbox)
        change = LLMChange(api_key=Secret(KEY), api_endpoint=sandbox.address("/v1"))
        llm = make_llm(model_id="sandbox-chat", provider=provider, change=change)
        page.goto(model_page(llm.pk))
        button(page).click()
        expect_end(page, "ok")

        page.get_by_label("API address").fill("http://127.0.0.1:9/v1")
        button(page).click()
        expect(box(page, "api_key")).to_contain_text("Enter the key of this address")
        assert len({request.headers.get("host") for request in sandbox.requests}) == 1

    assert ConnectionTest.objects.count() == 1
    assert LLMModel.objects.get().tested_at is None


def test_the_test_of_a_form_is_reached_by_keyboard(page: Page) -> None:
    page.goto(ADD_MODEL)
    button(page).focus()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("with a billed answer")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("[data-wrong]")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True])
def test_a_phone_shows_the_result_whole(
    is_dark: bool, catalogue: None, new_profile: NewProfile, settings: Settings
) -> None:
    user = make_user(staff=True, groups=["operators"])
    page = new_profile(user, is_phone=True, is_dark=is_dark).new_page()
    with open_sandbox(settings) as sandbox, working():
        fill(page, sandbox, key=WRONG_KEY)
        button(page).click()
        expect_end(page, "bad_key")

    assert overflow(page) <= 0
    expect(panel(page)).to_be_in_viewport()
