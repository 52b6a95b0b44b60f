"""Registering models by the form, as a person does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from registry.models import Connection, LLMModel
from tests.browser.hands import ADD_MODEL, box, choose_pair, save

pytestmark = pytest.mark.browser

KEY = "sk-browser-2f9c7d51e8a64b03"


def test_a_known_embedding_model_is_filled_from_the_catalogue(page: Page) -> None:
    page.goto(ADD_MODEL)
    choose_pair(page, "Embedding", "OpenAI")
    page.get_by_label("Model id").press_sequentially("text-embedding-3-large")

    expect(page.get_by_label("Dimensions")).to_have_value("3072")
    for name in ("dimensions", "max_tokens"):
        expect(box(page, name).locator("[data-filled]")).to_contain_text("From the catalogue")
    expect(page.get_by_label("Name", exact=False).first).to_have_value("text-embedding-3-large")
    page.get_by_label("API key").fill(KEY)
    save(page)

    expect(page.get_by_text("was added successfully")).to_be_visible()
    llm = LLMModel.objects.get()
    assert (llm.type, llm.dimensions, llm.max_tokens) == ("embedding", 3072, 8191)
    assert Connection.objects.get(private_to=llm).open_key().reveal() == KEY


def test_what_somebody_typed_is_not_replaced_by_the_catalogue(page: Page) -> None:
    page.goto(ADD_MODEL)
    choose_pair(page, "Embedding", "OpenAI")
    page.get_by_label("Dimensions").fill("256")
    page.get_by_label("Model id").press_sequentially("text-embedding-3-large")

    expect(box(page, "max_tokens").locator("[data-filled]")).to_be_visible()
    expect(page.get_by_label("Dimensions")).to_have_value("256")
    expect(box(page, "dimensions").locator("[data-filled]")).to_be_hidden()


def test_a_generation_model_of_a_host_of_ones_own(page: Page) -> None:
    page.goto(ADD_MODEL)
    choose_pair(page, "Generation", "Ollama")
    page.get_by_label("Model id").fill("house-model:70b")
    box(page, "name").get_by_role("textbox").fill("House model")
    page.get_by_label("Address of the Ollama host").fill("https://ollama.example.org")
    page.get_by_label("Context window").fill("32768")
    page.get_by_label("Tags").fill("on premises, letters")
    save(page)

    llm = LLMModel.objects.get()
    assert (llm.type, llm.context_window) == ("generation", 32768)
    assert Connection.objects.get(private_to=llm).state == "keyless"
    assert sorted(tag.name for tag in llm.tags.all()) == ["letters", "on premises"]
    expect(page.locator("#result_list")).to_contain_text("House model")


def test_errors_stand_at_their_fields_and_the_input_stays(page: Page) -> None:
    page.goto(ADD_MODEL)
    choose_pair(page, "Embedding", "OpenAI")
    page.get_by_label("Model id").fill("of-my-own")
    box(page, "name").get_by_role("textbox").fill("Of my own")
    page.get_by_label("API key").fill(KEY)
    save(page)

    expect(box(page, "dimensions")).to_contain_text("An embedding model needs its dimensions.")
    expect(page.get_by_label("Model id")).to_have_value("of-my-own")
    expect(page.get_by_label("API key")).to_have_value("")
    expect(box(page, "api_key")).to_contain_text("Enter the key once more")
    assert KEY not in page.content()
    assert not LLMModel.objects.exists()
