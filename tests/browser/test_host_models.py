"""A host is asked for its models; some are picked, and stand in the list then."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from registry.dialects.base import ListedModel
from registry.models import Connection, LLMModel
from registry.sandbox.catalogue import KEY
from registry.services import host_models
from registry.services.host_models import HostModels
from tests.browser.conftest import NewProfile
from tests.browser.hands import CONNECTIONS, MODELS, overflow
from tests.browser.workshop import open_sandbox, sandbox_provider
from tests.factories import make_connection, make_user
from tests.stopwatch import stopwatch

pytestmark = pytest.mark.browser


def open_page(page: Page, connection: Connection) -> None:
    page.goto(f"{CONNECTIONS}{connection.pk}/change/")
    page.locator("#main").get_by_role("link", name="Models of this host").click()


def ask(page: Page) -> None:
    page.get_by_role("button", name="Ask").click()


def offer(page: Page, name: str) -> Locator:
    return page.locator(f'[data-offer="{name}"]')


def test_picked_models_are_added_over_the_connection(page: Page, settings: Settings) -> None:
    with open_sandbox(settings) as sandbox:
        connection = make_connection(sandbox_provider(sandbox), label="Own host", api_key=KEY)
        open_page(page, connection)
        ask(page)
        expect(offer(page, "sandbox-chat")).to_be_visible()

        page.get_by_label("Search in this list").fill("embed")
        expect(offer(page, "sandbox-chat")).to_be_hidden()
        offer(page, "sandbox-embed").get_by_role("checkbox").check()
        expect(page.locator("[data-pick-count]")).to_have_text("1")
        expect(page.get_by_label("Dimensions")).to_be_hidden()
        page.get_by_label("Register as").select_option(label="Embedding")
        page.get_by_label("Dimensions").fill("768")
        with page.expect_navigation():
            page.get_by_role("button", name="Add the picked models").click()

        assert MODELS in page.url
        expect(page.get_by_text("1 model is in the list now.")).to_be_visible()
        llm = LLMModel.objects.get()
        assert (llm.model_id, llm.type, llm.dimensions) == ("sandbox-embed", "embedding", 768)
        assert llm.connection == connection
        open_page(page, connection)
        ask(page)
        expect(offer(page, "sandbox-embed")).to_contain_text("In the list already")
        expect(offer(page, "sandbox-embed").get_by_role("checkbox")).to_be_disabled()


def test_a_host_that_refuses_says_why(page: Page, settings: Settings) -> None:
    with open_sandbox(settings) as sandbox:
        connection = make_connection(sandbox_provider(sandbox, "bad_key"))
        open_page(page, connection)
        ask(page)

        expect(page.get_by_role("alert")).to_contain_text("The provider refuses the key.")
        expect(page.get_by_role("button", name="Ask again")).to_be_visible()


@pytest.mark.timed
@pytest.mark.invariant("X4")
def test_five_thousand_are_searched_without_waiting(
    catalogue: None,
    new_profile: NewProfile,
    monkeypatch: pytest.MonkeyPatch,
    figure: Callable[..., None],
) -> None:
    listed = [ListedModel(f"org/model-{number:04}") for number in range(5000)]
    monkeypatch.setattr(host_models, "models_of", lambda _: HostModels(listed, False))
    user = make_user(staff=True, groups=["operators"])
    page = new_profile(user, is_phone=True).new_page()
    page.goto(f"{CONNECTIONS}{make_connection().pk}/models/")
    with stopwatch() as listing:
        ask(page)
        expect(page.locator("[data-pick-count]")).to_have_text("0")

    search = page.locator("[data-pick-search]")  # by its label it would be sought among 5,000
    with stopwatch() as searching:
        search.fill("model 4217")
        expect(page.locator("[data-offer]:not([hidden])")).to_have_count(1)
    search.fill("")
    page.get_by_label("All that are shown").check()

    expect(page.get_by_role("alert")).to_contain_text("At most 200 at once.")
    expect(page.get_by_role("button", name="Add the picked models")).to_be_disabled()
    assert overflow(page) <= 0
    assert searching.seconds < 2
    figure(models=5000, listed=f"{listing.seconds:.2f} s", searched=f"{searching.seconds:.2f} s")


def test_a_model_is_picked_without_a_mouse(page: Page, settings: Settings) -> None:
    with open_sandbox(settings) as sandbox:
        connection = make_connection(sandbox_provider(sandbox), api_key=KEY)
        page.goto(f"{CONNECTIONS}{connection.pk}/models/")
        page.get_by_role("button", name="Ask the host").focus()
        page.keyboard.press("Enter")
        search = page.get_by_label("Search in this list")
        search.focus()
        page.keyboard.type("sandbox-chat")
        page.keyboard.press("Enter")  # no wish to add
        for _ in range(2):
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        expect(page.locator("[data-pick-count]")).to_have_text("1")
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")

    assert LLMModel.objects.get().model_id == "sandbox-chat"
