"""A key is written and never read again, and what it opens is offered."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from registry.models import Connection, LLMModel, Provider
from registry.types import LLMChange, Secret
from tests.browser.hands import CATALOGUE, CONNECTIONS, MODELS, choose_row, model_page, save
from tests.factories import make_connection, make_llm

pytestmark = pytest.mark.browser

KEY = "sk-write-only-7d1f3b9a2c64e805"


def test_a_saved_key_is_in_no_page(page: Page) -> None:
    page.goto(f"{CONNECTIONS}add/")
    choose_row(page, "provider", "anthropic")
    page.get_by_label("Label").fill("Team account")
    page.get_by_label("API key").fill(KEY)
    save(page)
    expect(page.get_by_text("was added successfully")).to_be_visible()
    connection = Connection.objects.get()
    assert connection.open_key().reveal() == KEY

    for address in (CONNECTIONS, f"{CONNECTIONS}{connection.pk}/change/"):
        page.goto(address)
        expect(page.locator("body")).to_contain_text(connection.key_hint)
        assert_no_piece_of(KEY, page)
    expect(page.get_by_label("API key")).to_have_value("")


def test_a_refused_form_does_not_send_the_key_back(page: Page) -> None:
    make_connection(Provider.objects.get(slug="openai"), label="Taken")
    page.goto(f"{CONNECTIONS}add/")
    choose_row(page, "provider", "openai")
    page.get_by_label("Label").fill("Taken")
    page.get_by_label("API key").fill(KEY)
    save(page)

    expect(page.get_by_text("This provider has a connection of this label.")).to_be_visible()
    expect(page.get_by_label("API key")).to_have_value("")
    assert_no_piece_of(KEY, page)


def test_a_models_own_key_is_in_no_page(page: Page) -> None:
    llm = make_llm(name="With a key", api_key=KEY)

    for address in (MODELS, model_page(llm.pk), model_page(llm.pk, "history")):
        page.goto(address)
        assert_no_piece_of(KEY, page)
    page.goto(model_page(llm.pk))
    expect(page.get_by_label("API key")).to_have_value("")
    expect(page.locator('[data-field="api_key"]')).to_contain_text("Leave empty to keep it.")


def test_the_first_key_of_a_provider_offers_its_models(page: Page) -> None:
    page.goto(f"{CONNECTIONS}add/")
    choose_row(page, "provider", "mistral")
    page.get_by_label("Label").fill("EU account")
    page.get_by_label("API key").fill(KEY)
    save(page)

    page.get_by_role("link", name="Add its known models over this connection").click()
    rows = page.locator("[data-known]")
    expect(rows.filter(has_text="mistral-embed")).to_be_visible()
    rows.filter(has_text="mistral-embed").get_by_role("checkbox").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Add the ticked models").click()

    llm = LLMModel.objects.get()
    assert (llm.model_id, llm.status) == ("mistral-embed", "active")
    assert llm.connection == Connection.objects.get(label="EU account")
    assert page.url.endswith(MODELS)


def test_models_added_from_the_catalogue_without_a_key_wait(page: Page) -> None:
    page.goto(f"{CATALOGUE}?provider=cohere")
    for row in page.locator("[data-known]").filter(has_text="embed-").all():
        row.get_by_role("checkbox").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Add the ticked models").click()

    expect(page.get_by_text("models are in the list now")).to_be_visible()
    assert set(LLMModel.objects.values_list("status", flat=True)) == {"inactive"}
    page.goto(f"{CATALOGUE}?provider=cohere")
    added = page.locator("[data-known]").filter(has_text="embed-v4.0")
    expect(added).to_contain_text("In the list already")
    expect(added.get_by_role("checkbox")).to_be_disabled()


def test_another_host_says_before_saving_that_the_key_is_dropped(page: Page) -> None:
    provider = Provider.objects.get(slug="azure")
    llm = make_llm(
        name="Deployment",
        provider=provider,
        change=_own_access("https://one.example.org"),
    )
    page.goto(model_page(llm.pk))
    warning = page.get_by_role("alert").filter(has_text="the stored key will be dropped")
    expect(warning).to_have_count(0)

    page.get_by_label("Resource address").fill("https://one.example.org/other/path")
    expect(warning).to_have_count(0)
    page.get_by_label("Resource address").fill("https://two.example.org")
    expect(warning).to_be_visible()


def _own_access(address: str) -> LLMChange:
    return LLMChange(api_key=Secret(KEY), api_endpoint=address)


def assert_no_piece_of(key: str, page: Page) -> None:
    """Look at the document as it is and at every field's present value."""
    values = page.evaluate(
        "[...document.querySelectorAll('input, textarea, select')].map((field) => field.value)"
    )
    text = page.content() + "\n".join(map(str, values))
    pieces = {key[start : start + 8] for start in range(len(key) - 7)}
    assert not [piece for piece in pieces if piece in text]
