"""Debian's Chromium with a new profile, deaf to everything but this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    # Any other name would not even be looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# Milliseconds that a page may take for one step; the machine may be busy.
PATIENCE = 15_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser. Raises FileNotFoundError where there is none."""
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("there is no Chromium: `make browser` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def new_context(
    browser: Browser,
    home: str,
    *,
    size: dict[str, int] | None = None,
    is_dark: bool = False,
    is_phone: bool = False,
    scale: float = 1,
    has_scripts: bool = True,
) -> BrowserContext:
    """Open a profile of its own: no cookies, no storage, no cache of another."""
    width, height = (size or (PHONE if is_phone else DESKTOP)).values()
    context = browser.new_context(
        base_url=home,
        viewport={"width": width, "height": height},
        color_scheme="dark" if is_dark else "light",
        reduced_motion="reduce",
        has_touch=is_phone,
        device_scale_factor=scale,
        java_script_enabled=has_scripts,
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(PATIENCE)
    return context
