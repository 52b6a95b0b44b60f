"""A person who is not staff keeps his own records: hosts, models, slots, tokens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django import Settings

from registry.models import LLMModel
from registry.sandbox.catalogue import KEY
from registry.services.accounts import require_password_change
from roles.services.slots import slots_of
from tests.browser.conftest import NewProfile
from tests.browser.hands import overflow
from tests.browser.recorder import Recorder
from tests.browser.test_keyboard import Keyboard
from tests.browser.test_screens import PALE
from tests.browser.workshop import open_sandbox, working
from tests.factories import make_user
from tests.roles.browsing import fill_own_records, own_addresses
from tests.roles.factories import make_host, make_local

pytestmark = pytest.mark.browser

PASSWORD = "Quite-Long-77-Word"
NEXT = "Another-Long-88-word"


@pytest.fixture
def person(catalogue: None) -> User:
    return make_user("grace", password=PASSWORD)


@pytest.fixture
def mine(person: User, new_profile: NewProfile) -> Page:
    """A page of somebody who is no staff, logged in."""
    return new_profile(person).new_page()


def send(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def choose_slot(page: Page, slot: str, text: str) -> None:
    """Type into a slot's select, and take the first row that has this text."""
    page.locator(f"#id_{slot} + .select2").click()
    page.locator(".select2-search__field").fill(text)
    offered = page.get_by_role("option", name=re.compile(re.escape(text)))
    expect(offered).to_have_count(1)
    offered.click()


def test_from_the_login_to_the_answer_of_chat(
    person: User, visitor: Page, settings: Settings
) -> None:
    with open_sandbox(settings) as sandbox:
        visitor.goto("/my/roles/chat/")
        visitor.get_by_label("Username").fill("grace")
        visitor.get_by_label("Password").fill(PASSWORD)
        send(visitor, "Log in")
        expect(visitor).to_have_url(re.compile("/my/roles/chat/"))
        expect(visitor.locator("[data-runs]")).to_contain_text("Claude (CLI)")

        visitor.get_by_role("link", name="Hosts").click()
        visitor.get_by_role("link", name="Add a host").click()
        visitor.get_by_label("Name").fill("GPU box")
        visitor.get_by_label("Address").fill(sandbox.address("/v1"))
        visitor.get_by_label("Kind of host").select_option(label="OpenAI-compatible")
        visitor.get_by_label("API key").fill(KEY)
        send(visitor, "Save")
        expect(visitor.get_by_text("GPU box is added")).to_be_visible()

        with working():
            send(visitor, "Test")
            expect(visitor.locator("#test [data-code='ok']")).to_be_visible()

        visitor.get_by_role("link", name="Models of this host").click()
        send(visitor, "Ask the host")
        visitor.get_by_label("sandbox-chat", exact=True).check()
        send(visitor, "Add the ticked ones")
        expect(visitor.get_by_text("1 model is added.")).to_be_visible()

    visitor.goto("/my/roles/chat/")
    choose_slot(visitor, "primary", "sandbox-chat")
    send(visitor, "Save")

    expect(visitor.locator("[data-runs]")).to_contain_text("sandbox-chat")
    expect(visitor.locator("[data-chosen]")).to_contain_text("Own slot, Primary")
    visitor.goto("/my/")
    expect(visitor.locator("[data-role='chat'] [data-runs]")).to_contain_text("sandbox-chat")
    assert slots_of(person)["chat"]["primary"].llm == LLMModel.objects.get()


def test_a_slot_is_filled_without_a_mouse(
    person: User, visitor: Page, figure: Callable[..., None]
) -> None:
    make_local(person, make_host(person), name="Llama at home")
    keyboard = Keyboard(visitor)
    visitor.goto("/my/")
    keyboard.tab_to(id="id_username")
    keyboard.write("grace")
    keyboard.tab_to(id="id_password")
    keyboard.write(PASSWORD)
    keyboard.follow()

    keyboard.tab_to(href="/my/roles/")
    keyboard.follow()
    keyboard.tab_to(href="/my/roles/chat/")
    keyboard.follow()
    for _stop in range(40):
        keyboard.press("Tab")
        if visitor.evaluate(
            "document.activeElement.closest('[data-slot=primary] .select2-container') !== null"
        ):
            break
    keyboard.press("Enter")
    expect(visitor.locator(".select2-search__field")).to_be_focused()
    keyboard.write("llama")
    # The whole list stands there until the answer to what was typed has come.
    expect(visitor.locator(".select2-results__option")).to_have_text([re.compile("Llama at home")])
    keyboard.press("Enter")
    expect(visitor.locator("[data-slot=primary] .select2-selection")).to_contain_text("Llama")
    keyboard.tab_to(name="Save")
    keyboard.follow()

    expect(visitor.locator("[data-runs]")).to_contain_text("Llama at home")
    assert not keyboard.unseen, keyboard.unseen
    figure(tab_stops=keyboard.stops, without_visible_focus=0)


def test_a_wrong_field_is_told_where_it_is_and_has_the_focus(mine: Page) -> None:
    mine.goto("/my/hosts/add/")
    mine.get_by_label("Name").fill("GPU box")
    mine.get_by_label("Address").fill("no address")
    send(mine, "Save")

    field = mine.get_by_label("Address")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(mine.locator("[data-field='api_url'] .my-errors")).to_be_visible()
    expect(mine.get_by_label("Name")).to_have_value("GPU box")


def test_a_token_is_shown_once_and_works(mine: Page) -> None:
    mine.goto("/my/tokens/")
    mine.get_by_role("link", name="New token").click()
    mine.get_by_label("Application").fill("notebook")
    send(mine, "Save")
    text = mine.get_by_label("Copy the token now").input_value()
    assert re.fullmatch(r"reg_[\w-]{43}", text)
    answer = mine.request.get("/api/v1/roles", headers={"Authorization": f"Bearer {text}"})
    assert answer.status == 200

    mine.goto("/my/tokens/")
    assert text not in mine.content()
    mine.get_by_role("link", name="Revoke notebook").click()
    send(mine, "Revoke")
    answer = mine.request.get("/api/v1/roles", headers={"Authorization": f"Bearer {text}"})
    assert answer.status == 401


def test_a_password_of_ones_own_comes_first(person: User, visitor: Page) -> None:
    require_password_change(person)
    visitor.goto("/my/")
    visitor.get_by_label("Username").fill("grace")
    visitor.get_by_label("Password").fill(PASSWORD)
    send(visitor, "Log in")
    expect(visitor.get_by_text("Choose a password of your own first.")).to_be_visible()

    visitor.get_by_label("Old password").fill(PASSWORD)
    visitor.get_by_label("New password", exact=True).fill(NEXT)
    visitor.get_by_label("New password confirmation").fill(NEXT)
    send(visitor, "Change password")

    expect(visitor).to_have_title(re.compile("Overview"))
    send(visitor, "Log out")
    expect(visitor).to_have_title(re.compile("Log in"))


def test_the_pages_do_without_scripts(person: User, new_profile: NewProfile) -> None:
    make_local(person, make_host(person), name="Llama at home")
    page = new_profile(person, has_scripts=False).new_page()
    page.goto("/my/models/")
    page.get_by_role("link", name="Llama at home").click()
    page.get_by_label("Name", exact=True).fill("Llama")
    send(page, "Save")
    expect(page.get_by_text("Llama is saved.")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True])
def test_every_text_of_ones_own_pages_stands_out_from_its_ground(
    is_dark: bool, person: User, new_profile: NewProfile, figure: Callable[..., None]
) -> None:
    fill_own_records(person)
    page = new_profile(person, is_dark=is_dark).new_page()

    pale = {}
    for address in own_addresses(person):
        page.goto(address)
        assert page.evaluate("document.documentElement.classList.contains('dark')") == is_dark
        if found := page.evaluate(PALE):
            pale[address] = found

    assert not pale, pale
    figure(pages=len(own_addresses(person)), dark=is_dark, pale_texts=0)


def test_no_page_of_ones_own_is_wider_than_a_phone(
    person: User, new_profile: NewProfile, figure: Callable[..., None]
) -> None:
    fill_own_records(person, name="A-model-with-one-very-long-name-without-any-blank-" * 3)
    page = new_profile(person, is_phone=True).new_page()

    wide = {}
    for address in own_addresses(person):
        page.goto(address)
        if (pixels := overflow(page)) > 0:
            wide[address] = pixels

    assert not wide
    figure(pages=len(own_addresses(person)), width=390, wider=0)


def test_no_script_runs_from_ones_own_records(person: User, mine: Page, recorder: Recorder) -> None:
    payload = "<img src=x onerror=alert(1)>"
    fill_own_records(person, name=payload)

    for address in own_addresses(person):
        answer = mine.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        assert mine.locator("main img, script:not([src])").count() == 0, address
    mine.goto("/my/roles/chat/")
    mine.locator("#id_primary + .select2").click()
    mine.locator(".select2-search__field").fill("onerror")
    expect(mine.get_by_role("option").first).to_contain_text("alert(1)")
    expect(mine.locator(".select2-results img")).to_have_count(0)

    assert not recorder.faults
