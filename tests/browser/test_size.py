"""Five thousand models are listed and searched as quickly as fifty."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from audit import tracking
from registry.choices import LLMStatus, LLMType
from registry.models import LLMModel, Provider
from tests.browser.hands import ADD_MODEL, MODELS
from tests.stopwatch import stopwatch

pytestmark = pytest.mark.browser

COUNT = 5_000
# Seconds until the rows stand on the page, on a machine that does other things as well.
LONGEST = 5.0


@pytest.fixture
def many(catalogue: None) -> None:
    """Write the rows past the services: a trail of them is not what is measured."""
    provider = Provider.objects.get(slug="openai")
    tracking.unaudited(LLMModel.objects.all()).bulk_create(
        LLMModel(
            slug=f"bulk-{number:05}",
            name=f"Bulk model {number:05}",
            model_id=f"bulk/model-{number:05}",
            provider=provider,
            type=LLMType.GENERATION if number % 5 else LLMType.EMBEDDING,
            dimensions=1024,
            status=LLMStatus.ACTIVE if number % 3 else LLMStatus.INACTIVE,
        )
        for number in range(COUNT)
    )


@pytest.mark.timed
@pytest.mark.invariant("X4")
def test_thousands_of_models_are_listed_and_searched(
    many: None, page: Page, figure: Callable[..., None]
) -> None:
    rows = page.locator("#result_list tbody tr")
    steps = {
        "list": (MODELS, 50),
        "last_page": (f"{MODELS}?p=100", 50),
        "search_one": (f"{MODELS}?q=04217", 1),
        "search_none": (f"{MODELS}?q=%25_%25_%25", 0),
        "filter": (f"{MODELS}?type=embedding&status=inactive", 50),
        "order": (f"{MODELS}?o=-4", 50),
    }
    page.goto("/admin/")
    took: dict[str, str] = {}

    for step, (address, count) in steps.items():
        with stopwatch() as watch:
            page.goto(address, wait_until="domcontentloaded")
            expect(rows).to_have_count(count)
        assert watch.seconds < LONGEST, (step, watch.seconds)
        took[step] = f"{watch.seconds:.2f} s"
    page.goto(MODELS)
    expect(page.get_by_role("navigation", name="Types")).to_contain_text(f"{COUNT}")

    figure(models=COUNT, **took)


@pytest.mark.invariant("X4")
def test_no_form_carries_all_models_in_a_select(many: None, page: Page) -> None:
    page.goto(ADD_MODEL)
    assert page.locator("#id_replacement option").count() <= 1
    page.locator("#id_type").select_option(label="Generation")

    page.locator("#id_replacement + .select2").click()
    page.locator(".select2-search__field").fill("model 04217")

    options = page.get_by_role("option", name="Bulk model 04217")
    expect(options).to_have_count(1)
