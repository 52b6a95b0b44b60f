"""`make screenshots`: the pictures of the documentation, taken anew.

They show the example catalogue. pytest does not collect this file unless it is named.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from audit import context
from registry.choices import LLMStatus
from registry.models import Client, Job, LLMModel, Platform, Price, Route
from registry.services import prices
from registry.services.routes import save_route
from registry.services.statuses import set_status
from registry.types import Secret
from roles.choices import Builtin
from roles.services.own_connections import save_account, save_host
from roles.services.own_llms import save_cloud_model, save_local_model
from roles.services.slots import set_slot
from tests.browser.conftest import NewProfile
from tests.browser.examples import EXAMPLE_KEY, fill_catalogue, report_clients, try_models
from tests.browser.hands import (
    ADD_MODEL,
    CLIENTS,
    LIFECYCLE,
    MATRIX,
    MODELS,
    PRICES,
    ROLES,
    TRAIL,
    WHICH_MODEL,
    box,
    choose_pair,
    model_page,
)
from tests.factories import make_test, make_user

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDE = {"width": 1440, "height": 900}
LOW = {"width": 1440, "height": 520}
TALL = {"width": 1440, "height": 1260}
LARGEST = 300_000  # bytes


def take(page: Page, name: str) -> None:
    """Wait until fonts and charts stand, then save the window as a PNG."""
    page.evaluate("document.fonts.ready")
    page.mouse.move(0, 0)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled", caret="hide")
    assert path.stat().st_size < LARGEST, path


@pytest.fixture
def example(staff: User) -> User:
    FOLDER.mkdir(parents=True, exist_ok=True)
    fill_catalogue(staff)
    try_models(staff)
    Job.objects.unfinished().delete()
    return staff


def test_wide_pages(example: User, new_profile: NewProfile) -> None:
    page = new_profile(example, size=WIDE).new_page()
    page.goto("/admin/")
    take(page, "overview")

    page.goto(MODELS)
    take(page, "models")

    page.goto(TRAIL)
    take(page, "trail")

    embedding = LLMModel.objects.get(is_default=True, type="embedding")
    page.goto(model_page(embedding.pk, "delete"))
    take(page, "delete-blocked")

    page.goto(f"{model_page(embedding.pk)}#tests")
    take(page, "connection-test")


def test_the_form(example: User, new_profile: NewProfile) -> None:
    page = new_profile(example, size=TALL).new_page()
    page.goto(ADD_MODEL)
    choose_pair(page, "Embedding", "OpenAI")
    page.get_by_label("Model id").press_sequentially("text-embedding-3-large")
    expect(box(page, "dimensions").locator("[data-filled]")).to_be_visible()
    page.get_by_label("Model id").blur()
    take(page, "add-model")


def test_the_dark(example: User, new_profile: NewProfile) -> None:
    page = new_profile(example, size=WIDE, is_dark=True).new_page()
    page.goto(MODELS)
    take(page, "models-dark")


def test_a_phone(example: User, new_profile: NewProfile) -> None:
    page = new_profile(example, is_phone=True, scale=2).new_page()
    page.goto(MODELS)
    take(page, "models-phone")


# model id -> platforms, the first to try first
ROUTES = {
    "gpt-5.5": ("azure", "openrouter"),
    "gpt-5-mini": ("azure", "openrouter"),
    "claude-sonnet-5-5": ("bedrock", "vertex", "openrouter"),
    "claude-haiku-5-5": ("bedrock", "openrouter"),
    "gemini-3.8-flash": ("vertex", "openrouter"),
}
SURCHARGE = Decimal("1.05")  # what openrouter asks more in the example
# model id -> days until it retires
# What the organisation has chosen: role, slot, model id
SLOTS = (
    ("chat", "primary", "claude-haiku-5-5"),
    ("chat", "backup_1", "gpt-5-mini"),
    ("orchestrator", "primary", "gpt-5.5"),
    ("orchestrator", "backup_1", "claude-sonnet-5-5"),
    ("distill", "primary", "llama3.2"),
    ("distill", "backup_1", "gpt-4o"),
    ("coder", "primary", "claude-sonnet-5-5"),
)
RETIRING = {"gpt-5-mini": 5, "mistral-embed": 24, "claude-haiku-5-5": 130}


@pytest.fixture
def compared(example: User) -> User:
    """The example with routes over several platforms, and models that retire."""
    with context.use(source="admin", actor=example):
        for model_id, slugs in ROUTES.items():
            llm = LLMModel.objects.get(model_id=model_id)
            for priority, slug in enumerate(slugs, start=1):
                platform = Platform.objects.get(slug=slug)
                route = save_route(Route(llm=llm, platform=platform, priority=priority))
                if slug == "openrouter":
                    _ask_more(llm, route)
        for model_id, days in RETIRING.items():
            llm = LLMModel.objects.get(model_id=model_id)
            day = timezone.localdate() + timedelta(days=days)
            set_status(llm, LLMStatus(llm.status), deprecation_date=day)
    return example


def _ask_more(llm: LLMModel, route: Route) -> None:
    llm.refresh_from_db()
    for unit, usd in (("input", llm.input_cost), ("output", llm.output_cost)):
        if usd is not None:
            price = Price(llm=llm, route=route, unit=unit, usd=round(usd * SURCHARGE, 6))
            prices.save_price(price)


@pytest.mark.parametrize("is_dark", [False, True])
def test_choosing(is_dark: bool, compared: User, new_profile: NewProfile) -> None:
    page = new_profile(compared, size=TALL, is_dark=is_dark).new_page()
    end = "-dark" if is_dark else ""
    page.goto(f"{WHICH_MODEL}?requires=tools&requires=vision&optional=reasoning&objective=cheapest")
    take(page, f"which-model{end}")

    llm = LLMModel.objects.get(model_id="claude-sonnet-5-5")
    page.goto(f"{PRICES}?llm={llm.pk}&prompt_tokens=20000&output_tokens=1000")
    take(page, f"compare-prices{end}")

    page.goto(f"{MATRIX}?type=generation")
    take(page, f"capability-matrix{end}")

    page.goto(LIFECYCLE)
    take(page, f"lifecycle{end}")


@pytest.mark.parametrize("is_dark", [False, True])
def test_clients(is_dark: bool, example: User, new_profile: NewProfile) -> None:
    report_clients(example)
    page = new_profile(example, size=WIDE, is_dark=is_dark).new_page()
    end = "-dark" if is_dark else ""
    page.goto(CLIENTS)
    take(page, f"clients{end}")

    client = Client.objects.get(client_id="eu-west/worker-1")
    page.goto(f"{CLIENTS}{client.pk}/change/")
    page.get_by_text("What the client says of it").first.click()
    take(page, f"client{end}")


@pytest.fixture
def chosen(example: User) -> User:
    """The example with slots of the organisation; the person returned has records of his own."""
    grace = make_user("grace")
    llms = {llm.model_id: llm for llm in LLMModel.objects.shared()}
    with context.use(source="admin", actor=example):
        for role, slot, model_id in SLOTS:
            set_slot(None, role, slot, llms[model_id])
        set_slot(None, "coder", "backup_1", Builtin.CLAUDE_CLI)
    with context.use(source="admin", actor=grace):
        llm = _own_records(grace)
    make_test(llm, code="ok", stage="inference", latency_ms=388)
    return grace


def _own_records(grace: User) -> LLMModel:
    """A host with a model that answers, and an account whose model is not in use."""
    host = save_host(
        grace,
        None,
        label="GPU box under the desk",
        api_url="https://llm.example.org",
        host_type="ollama",
    )
    llm = save_local_model(
        grace, None, host=str(host.pk), model_name="llama3.2", label="Llama 3.2", context_k=128
    )
    account = save_account(
        grace, None, provider="gemini", label="Google, private", api_key=Secret(EXAMPLE_KEY)
    )
    flash = save_cloud_model(
        grace,
        None,
        provider="gemini",
        account=str(account.pk),
        model_name="gemini-3.8-flash",
        label="Gemini 3.8 Flash",
    )
    set_slot(grace, "chat", "primary", flash)
    set_slot(grace, "chat", "backup_1", llm)
    set_slot(grace, "coder", "primary", llm)
    set_status(flash, LLMStatus.INACTIVE)
    return llm


def test_roles(example: User, chosen: User, new_profile: NewProfile) -> None:
    page = new_profile(example, size=TALL).new_page()
    page.goto(ROLES)
    take(page, "role-matrix")

    page.goto(f"{ROLES}explain/chat/?user={chosen.pk}")
    take(page, "role-explained")

    page = new_profile(chosen, size=LOW).new_page()
    page.goto("/my/")
    take(page, "my-models")
