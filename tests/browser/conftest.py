"""A live server, a browser and a recorder; a page is a person's, logged in or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from registry.services import accounts, reference_data
from tests.browser.chromium import PATIENCE, chromium, new_context
from tests.browser.recorder import Recorder
from tests.factories import make_user

expect.set_options(timeout=PATIENCE)
NewProfile = Callable[..., BrowserContext]


def log_in(profile: BrowserContext, user: User, home: str) -> None:
    """Give the profile a session, without the login page."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    profile.add_cookies([{"name": session.key, "value": session.value, "url": home}])


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for the tests of this folder; each test has a profile of its own.

    Playwright leaves an event loop running in this thread, in which Django would refuse to
    use the database although nothing here is asynchronous.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with chromium() as started:
            yield started


@pytest.fixture
def catalogue(transactional_db: None) -> None:
    """Load what a new installation has: providers, platforms, capabilities, groups."""
    accounts.ensure_groups()
    reference_data.load()


@pytest.fixture
def staff(catalogue: None) -> User:
    """A member of the administrators, who is no superuser."""
    return make_user("ada", staff=True, groups=["administrators"])


@pytest.fixture
def recorder(live_server: LiveServer) -> Iterator[Recorder]:
    """Fail the test if any page of it did what the recorder watches for."""
    watching = Recorder(live_server.url)
    yield watching
    assert not watching.faults, watching.faults


@pytest.fixture
def new_profile(
    browser: Browser, live_server: LiveServer, recorder: Recorder
) -> Iterator[NewProfile]:
    """Return a function that opens a watched profile, of `user` if one is named."""
    opened: list[BrowserContext] = []

    def open_profile(user: User | None = None, **options: Any) -> BrowserContext:
        profile = new_context(browser, live_server.url, **options)
        opened.append(profile)
        recorder.watch(profile)
        if user is not None:
            log_in(profile, user, live_server.url)
        return profile

    yield open_profile
    for profile in opened:
        profile.close()


@pytest.fixture
def visitor(catalogue: None, new_profile: NewProfile) -> Page:
    """A page of somebody who is not logged in."""
    return new_profile().new_page()


@pytest.fixture
def page(staff: User, new_profile: NewProfile) -> Page:
    """A page of `staff`, logged in."""
    return new_profile(staff).new_page()
