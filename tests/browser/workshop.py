"""What makes a test run in a browser's test: the sandbox to call, and a worker in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from audit import context
from registry.models import LLMModel, Provider
from registry.sandbox.catalogue import KEY
from registry.sandbox.server import SandboxServer
from registry.services import job_queue, workers
from registry.types import LLMChange, Secret
from tests.browser.hands import the_dialog
from tests.factories import make_llm, make_provider
from tests.sandbox import running_sandbox

PAUSE = 0.05  # seconds between two looks for work


@contextmanager
def open_sandbox(settings: Settings, *, delay_ms: int = 0) -> Iterator[SandboxServer]:
    """Run the sandbox where the outbound door may call it, and let clicks follow at once."""
    settings.REGISTRY_TEST_PAUSE_SECONDS = 0
    with running_sandbox(delay_ms=delay_ms) as sandbox:
        place = sandbox.address("").partition("://")[2]
        settings.REGISTRY_PRIVATE_HOSTS = [*settings.REGISTRY_PRIVATE_HOSTS, place]
        yield sandbox


@contextmanager
def working() -> Iterator[None]:
    """Do what is asked for until the end of the block, as a worker process would."""
    is_over = threading.Event()

    def work() -> None:
        try:
            with context.use(source="task"):
                workers.sweep()
            while not is_over.wait(PAUSE):
                for job in job_queue.waiting_jobs():
                    workers.work(job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def sandbox_provider(sandbox: SandboxServer, fault: str = "") -> Provider:
    """Register the sandbox, whose every request fails by `fault`."""
    address = sandbox.address("/v1", fault=fault)
    return make_provider(f"sandbox-{fault or 'well'}".replace("_", "-"), direct_api_url=address)


def sandbox_llm(sandbox: SandboxServer, fault: str = "", **columns: Any) -> LLMModel:
    whole = {"name": "Talker", "model_id": "sandbox-chat"} | columns
    return make_llm(
        provider=sandbox_provider(sandbox, fault),
        change=LLMChange(api_key=Secret(KEY)),
        **whole,
    )


def press_test(page: Page, *, inference: bool = False) -> None:
    """Press Test at the top of a model's or a connection's page, and Test in the dialog."""
    page.locator("#main").get_by_role("link", name="Test", exact=True).click()
    dialog = the_dialog(page)
    if inference:
        dialog.get_by_role("checkbox").check()
    with page.expect_navigation():
        dialog.locator("[data-confirm-button]").click()


def panel(page: Page) -> Locator:
    return page.locator("[data-test]")


def stage(page: Page, name: str) -> Locator:
    return page.locator(f'[data-test] [data-stage="{name}"]')


def expect_end(page: Page, code: str) -> None:
    """Wait until the test that the page shows has ended so."""
    expect(page.locator(f'[data-test][data-code="{code}"]')).to_be_visible()
