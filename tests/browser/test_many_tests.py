"""Many models are tested at once; a page follows them, and survives a reload."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from registry.models import ConnectionTest, LLMModel
from registry.sandbox.catalogue import KEY
from registry.types import LLMChange, Secret
from tests.browser.hands import MODELS, overflow
from tests.browser.workshop import open_sandbox, sandbox_llm, sandbox_provider, working
from tests.factories import make_llm

pytestmark = pytest.mark.browser


def choose(page: Page, label: str) -> None:
    with page.expect_navigation():
        page.locator('select[name="action"]').select_option(label=label)
        page.get_by_role("button", name="Run").click()


def test_chosen_models_are_tested_with_progress(
    page: Page, settings: Settings, figure: Callable[..., None]
) -> None:
    with open_sandbox(settings, delay_ms=150) as sandbox:
        provider = sandbox_provider(sandbox)
        for number in range(11):
            make_llm(
                name=f"Good {number}",
                model_id="sandbox-chat",
                slug=f"good-{number}",
                provider=provider,
                change=LLMChange(api_key=Secret(KEY)),
            )
        bad = sandbox_llm(sandbox, "bad_key", name="Bad key")
        page.goto(MODELS)
        page.locator("#action-toggle").check()
        choose(page, "Test connection")
        expect(page.locator('[data-bulk="preview"]')).to_contain_text("12 models are selected.")
        expect(page.get_by_role("checkbox")).not_to_be_checked()
        with page.expect_navigation():
            page.locator("[data-confirm-button]").click()

        sweep = page.locator("[data-sweep]")
        expect(sweep).to_contain_text("0 of 12 tested")
        expect(sweep).to_contain_text("No worker answers")
        with working():
            expect(sweep.locator("[data-numbers]")).not_to_contain_text("0 of 12")
            page.reload()
            expect(page.locator('[data-sweep="finished"]')).to_contain_text("12 of 12 tested")

    expect(sweep).to_contain_text("11 answer · 1 does not")
    expect(sweep.locator('[data-code="ok"]')).to_contain_text("11")
    failures = sweep.locator("[data-failures]")
    expect(failures).to_contain_text("The provider refuses the key. Replace the key.")
    assert overflow(page) <= 0
    failures.get_by_role("link", name="Bad key").click()
    expect(page.locator("[data-test]")).to_contain_text("Key refused")
    assert str(bad.pk) in page.url
    figure(models=12, tested=ConnectionTest.objects.exclude(code="").count())


def test_all_filtered_models_are_tested(page: Page) -> None:
    for number in range(3):
        make_llm(name=f"Talker {number}")
    make_llm("embedding", name="Vectors")
    page.goto(f"{MODELS}?type=generation")
    page.locator("#action-toggle").check()
    choose(page, "Test connection")
    with page.expect_navigation():
        page.locator("[data-confirm-button]").click()

    expect(page.locator("[data-sweep]")).to_contain_text("0 of 3 tested")
    tested = ConnectionTest.objects.values_list("llm", flat=True)
    assert set(tested) == set(
        LLMModel.objects.filter(type="generation").values_list("pk", flat=True)
    )
