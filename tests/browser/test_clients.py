"""A client is suspended, resumed and cleared by hand, with the mouse and by keyboard."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from registry.models import Client, ClientModel
from registry.services import clients
from tests.browser.conftest import NewProfile
from tests.browser.examples import let_handle_clients
from tests.browser.hands import CLIENTS, confirm, model_page, open_dialog, overflow, the_dialog
from tests.browser.recorder import Recorder
from tests.factories import make_client, make_llm

pytestmark = pytest.mark.browser

# By how many pixels a table is wider than the box that would scroll it.
WIDER = "table => table.parentElement.scrollWidth - table.parentElement.clientWidth"


@pytest.fixture
def client(staff: User) -> Client:
    """A client, and the right to mark and to remove it."""
    let_handle_clients(staff)
    return make_client("eu/one", "m", "n", provider="openai")


def change_page(client: Client) -> str:
    return f"{CLIENTS}{client.pk}/change/"


def held(page: Page, model_id: str) -> Locator:
    """The row of one model on the client's page."""
    return page.locator(f'tr[data-model="{model_id}"]')


def reason_of(model_id: str) -> str | None:
    row = ClientModel.objects.get(model_id=model_id)
    return row.suspended_reason if row.suspended_at else None


def test_one_model_is_suspended_with_a_reason_and_resumed(
    page: Page, client: Client, recorder: Recorder
) -> None:
    page.goto(change_page(client))
    held(page, "m").get_by_role("button", name="Suspend").click()
    dialog = the_dialog(page)
    expect(dialog).to_contain_text("eu/one")
    expect(dialog).to_contain_text("Model: m")
    dialog.get_by_label("Reason").fill("being moved")
    confirm(page, dialog)

    expect(page.get_by_text("Suspended: m.")).to_be_visible()
    expect(held(page, "m")).to_contain_text("being moved")
    expect(held(page, "m")).to_contain_text("until resumed")
    expect(held(page, "n")).to_contain_text("Ready")
    assert (reason_of("m"), reason_of("n")) == ("being moved", None)

    held(page, "m").get_by_role("button", name="Resume").click()
    confirm(page, the_dialog(page))

    expect(page.get_by_text("Resumed: m.")).to_be_visible()
    expect(held(page, "m")).to_contain_text("Ready")
    assert clients.count("m") == 1
    assert not recorder.faults


def test_a_dialog_that_is_left_changes_nothing(page: Page, client: Client) -> None:
    page.goto(change_page(client))
    held(page, "m").get_by_role("button", name="Suspend").click()
    dialog = the_dialog(page)
    dialog.get_by_label("Reason").fill("never mind")
    dialog.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert reason_of("m") is None


def test_a_quota_mark_is_cleared_by_keyboard(page: Page, client: Client) -> None:
    clients.mark_quota("eu/one", "n", retry_after=3600)
    page.goto(change_page(client))
    expect(held(page, "n")).to_contain_text("Cooling down")

    held(page, "n").get_by_role("button", name="Clear quota mark").focus()
    page.keyboard.press("Enter")
    expect(the_dialog(page)).to_contain_text("Model: n")
    expect(page.locator("[data-confirm-button]")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_text("Quota mark cleared: n.")).to_be_visible()
    assert clients.count("n") == 1


def test_a_whole_client_is_suspended_from_the_list(page: Page, client: Client) -> None:
    page.goto(CLIENTS)
    row = page.locator("#result_list tbody tr").filter(has_text="eu/one")

    dialog = open_dialog(page, row, "Suspend all")
    expect(dialog).to_contain_text("All 2 models")
    dialog.get_by_label("Reason").fill("maintenance")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Suspended: 2 models.")).to_be_visible()
    expect(row).to_contain_text("2 Suspended")
    assert page.url.endswith(CLIENTS)
    assert {reason_of("m"), reason_of("n")} == {"maintenance"}


def test_a_client_is_removed_from_its_page(page: Page, client: Client) -> None:
    page.goto(change_page(client))
    page.get_by_role("link", name="Remove client").click()
    dialog = the_dialog(page)
    expect(dialog).to_contain_text("comes back when it registers anew")
    confirm(page, dialog)

    expect(page.get_by_text("The client eu/one is removed.")).to_be_visible()
    expect(page.get_by_text("No clients yet")).to_be_visible()
    assert not Client.objects.exists()


def test_a_refused_reason_is_said_in_the_dialog(page: Page, client: Client) -> None:
    page.goto(change_page(client))
    held(page, "m").get_by_role("button", name="Suspend").click()
    dialog = the_dialog(page)
    dialog.get_by_label("Reason").fill("turned \u202e round")
    dialog.locator("[data-confirm-button]").click()

    expect(the_dialog(page)).to_contain_text("Remove the control characters")
    assert reason_of("m") is None


def test_nothing_scrolls_sideways_on_a_phone(
    staff: User, client: Client, new_profile: NewProfile
) -> None:
    clients.register("eu/one", "openai", [{"id": "m/" + "very-long-" * 15}, {"id": "n"}])
    clients.suspend("eu/one", "n", "no-blank-in-this-reason-" * 8)
    llm = make_llm(model_id="n")
    page = new_profile(staff, is_phone=True).new_page()

    for address in (change_page(client), f"{model_page(llm.pk)}#clients"):
        page.goto(address)
        if address.endswith("#clients"):
            page.get_by_role("tab", name="Clients").click()
        table = page.locator(".registry-cards")
        expect(table).to_contain_text("Suspended")
        expect(table.get_by_text("no-blank-in-this-reason")).to_be_in_viewport()
        assert table.evaluate(WIDER) <= 0
        assert overflow(page) <= 0


def test_a_model_shows_its_clients_in_a_tab(page: Page, client: Client) -> None:
    llm = make_llm(model_id="m")
    page.goto(model_page(llm.pk))
    page.get_by_role("tab", name="Clients").click()

    panel = page.locator("#panel-clients")
    expect(panel).to_contain_text("1 seat is ready.")
    panel.get_by_role("link", name="eu/one").click()
    expect(page.locator("[data-object-header]")).to_contain_text("eu/one")
