"""Coming in for the first time, and for the hundredth."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories import make_user

pytestmark = pytest.mark.browser


def test_a_person_logs_in(visitor: Page) -> None:
    make_user("grace", staff=True, groups=["readers"], password="Quite-Long-77-Word")
    visitor.goto("/")

    visitor.get_by_label("Username").fill("grace")
    visitor.get_by_label("Password").fill("Quite-Long-77-Word")
    visitor.get_by_role("button", name="Log in").click()

    expect(visitor).to_have_title(re.compile("Overview"))
