"""Coming in: the first time, with a wrong password, and the first steps after it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from registry.choices import LLMType
from registry.services import accounts, workers
from registry.services.defaults import set_default
from tests.factories import make_llm, make_token, make_user

pytestmark = pytest.mark.browser

PASSWORD = "Quite-Long-77-Word"
STEPS = [
    "Change your password",
    "Add a provider's key",
    "Add models",
    "Choose the default embedding model",
    "Choose the default generation model",
    "Create an application token",
    "A worker answers",
]


def log_in(page: Page, username: str, password: str) -> None:
    page.goto("/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Log in").click()


def steps(page: Page) -> dict[str, str]:
    """Return the checklist: the title of each step, and its state in a word."""
    found: dict[str, str] = {}
    for item in page.locator("section[aria-labelledby='steps-title'] li").all():
        is_done = item.get_by_text("Done", exact=True).count() == 1
        found[item.get_by_role("link").inner_text()] = "done" if is_done else "to do"
    return found


def test_the_first_login_demands_a_password_of_ones_own(visitor: Page) -> None:
    printed = accounts.ensure_first_administrator("admin")
    assert printed is not None

    log_in(visitor, "admin", printed)
    expect(visitor.get_by_text("Choose a password of your own first.")).to_be_visible()
    visitor.goto("/admin/registry/llmmodel/")
    expect(visitor).to_have_url(re.compile("password_change"))

    visitor.get_by_label("Old password").fill(printed)
    visitor.locator("#id_new_password1").fill(PASSWORD)
    visitor.get_by_label("New password confirmation").fill(PASSWORD)
    with visitor.expect_navigation():
        visitor.get_by_role("button", name="Change password").click()
    visitor.goto("/admin/")

    expect(visitor).to_have_title(re.compile("Overview"))
    assert list(steps(visitor)) == STEPS
    assert [title for title, state in steps(visitor).items() if state == "done"] == STEPS[:1]
    assert User.objects.get(username="admin").check_password(PASSWORD)


def test_the_steps_tick_themselves_and_go_when_all_are_done(page: Page, staff: User) -> None:
    page.goto("/admin/")
    before = steps(page)
    embedding = make_llm(LLMType.EMBEDDING)
    page.reload()
    between = steps(page)
    for llm in (embedding, make_llm(LLMType.GENERATION)):
        set_default(llm)
    make_token(staff)
    page.reload()

    assert list(before) == STEPS
    assert [state for title, state in before.items() if title != STEPS[0]] == ["to do"] * 6
    assert [title for title, state in between.items() if state == "done"] == STEPS[:3]
    expect(page.get_by_text("First steps")).to_have_count(0)
    expect(page.get_by_text("No worker answers")).to_be_visible()
    workers.sweep()
    page.reload()
    expect(page.get_by_text("No worker answers")).to_have_count(0)


def test_every_step_leads_to_its_page(page: Page) -> None:
    page.goto("/admin/")
    links = page.locator("section[aria-labelledby='steps-title'] li a")
    targets = [link.get_attribute("href") for link in links.all()]

    assert len(targets) == len(STEPS)
    for target in targets:
        answer = page.goto(str(target))
        assert answer is not None
        assert answer.status == 200, target


def test_a_wrong_password_says_so_and_keeps_the_name(visitor: Page) -> None:
    make_user("grace", staff=True, groups=["readers"], password=PASSWORD)

    log_in(visitor, "grace", "not this one")
    expect(visitor.get_by_text("Please enter the correct username and password")).to_be_visible()
    expect(visitor.get_by_label("Username")).to_have_value("grace")

    log_in(visitor, "grace", PASSWORD)
    expect(visitor).to_have_title(re.compile("Overview"))
