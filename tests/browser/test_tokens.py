"""A token's text is shown once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from registry.models import ApiToken
from tests.browser.hands import TOKENS, save
from tests.browser.recorder import Recorder

pytestmark = pytest.mark.browser


def test_a_token_is_shown_once_and_works(page: Page) -> None:
    page.goto(f"{TOKENS}add/")
    page.get_by_label("Application").fill("search portal")
    save(page)

    text = page.get_by_label("Copy the token now").input_value()
    assert re.fullmatch(r"reg_[\w-]{43}", text)
    expect(page.locator("#curl")).to_contain_text(f"Authorization: Bearer {text}")
    expect(page.locator("#sdk")).to_contain_text("base_url=")
    assert text not in page.locator("#sdk").inner_text()
    token = ApiToken.objects.get()
    headers = {"Authorization": f"Bearer {text}"}
    answer = page.request.get("/api/v1/models/available", headers=headers)
    assert answer.status == 200

    for address in (TOKENS, f"{TOKENS}{token.pk}/change/", f"{TOKENS}add/"):
        page.goto(address)
        assert text not in page.content()


def test_sending_the_form_again_shows_no_second_token(page: Page) -> None:
    page.goto(f"{TOKENS}add/")
    page.get_by_label("Application").fill("search portal")
    save(page)
    text = page.get_by_label("Copy the token now").input_value()

    page.reload()

    assert text not in page.content()
    expect(page.get_by_text("This form was sent before")).to_be_visible()
    assert ApiToken.objects.count() == 1


def test_a_revoked_token_is_refused(page: Page, recorder: Recorder) -> None:
    page.goto(f"{TOKENS}add/")
    page.get_by_label("Application").fill("search portal")
    save(page)
    headers = {"Authorization": f"Bearer {page.get_by_label('Copy the token now').input_value()}"}

    page.goto(f"{TOKENS}{ApiToken.objects.get().pk}/delete/")
    expect(page.get_by_text("is refused from its next request on")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Revoke").click()

    answer = page.request.get("/api/v1/models/available", headers=headers)
    assert answer.status == 401
