"""What is done to clients by hand: dialogs that post, for one model or for all of a client."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from registry.models import Client, ClientModel
from registry.services import clients
from tests.cases import pages
from tests.cases.pages import Node
from tests.factories import make_client, make_user
from tests.registry.admin.visitor import Visitor, messages
from tests.trail import payload, written

pytestmark = pytest.mark.django_db

LIST = "registry_client_changelist"
CHANGE = "registry_client_change"
SUSPEND = "registry_client_suspend"
RESUME = "registry_client_resume"
CLEAR = "registry_client_clear_quota"
REMOVE = "registry_client_remove"
SENT = {"_form_submitted": "True"}  # what a dialog sends along


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def client() -> Client:
    return make_client("c1", "m", "n", provider="openai")


def row_of(client: Client, model_id: str) -> ClientModel:
    return ClientModel.objects.get(client=client, model_id=model_id)


def line(page: Node, model_id: str) -> str:
    """Return what the page says of one model of the client."""
    (found,) = (row for row in page.find("tr") if row.get("data-model") == model_id)
    return found.text()


def send(visitor: Visitor, page: str, client: Client, model_id: str = "", **typed: str) -> Any:
    """Confirm a dialog, for one model or for all."""
    address = reverse(f"admin:{page}", args=[client.pk])
    if model_id:
        address += f"?{urlencode({'model': model_id})}"
    return visitor.client.post(address, SENT | typed)


def test_one_model_is_suspended_with_a_reason(visitor: Visitor, client: Client) -> None:
    with written() as events:
        answer = send(visitor, SUSPEND, client, "m", reason="being moved")

    assert answer.status_code == 302
    assert messages(answer) == ["Suspended: m."]
    assert row_of(client, "m").suspended_reason == "being moved"
    assert row_of(client, "n").suspended_at is None
    assert events.only.event == "client_suspended"
    assert events.only.actor_name == visitor.user.username
    assert payload(events.only) == {"model": "m", "reason": "being moved"}


def test_all_models_of_a_client_are_suspended_in_one_event(
    visitor: Visitor, client: Client
) -> None:
    clients.suspend("c1", "n", "first")

    with written() as events:
        answer = send(visitor, SUSPEND, client, reason="again")

    assert messages(answer) == ["Suspended: m."]
    assert row_of(client, "n").suspended_reason == "first"
    assert events.names == ["client_suspended"]


def test_all_models_of_a_client_are_resumed(visitor: Visitor, client: Client) -> None:
    for model_id in ("m", "n"):
        clients.suspend("c1", model_id, "manual")

    with written() as events:
        answer = send(visitor, RESUME, client)

    assert messages(answer) == ["Resumed: 2 models."]
    assert clients.count("m") == 1
    assert payload(events.only) == {"models": ["m", "n"], "reason": "manual"}


def test_a_quota_mark_that_a_person_clears_is_on_the_trail(
    visitor: Visitor, client: Client
) -> None:
    clients.mark_quota("c1", "m")
    clients.mark_quota("c1", "n")

    with written() as events:
        send(visitor, CLEAR, client, "m")

    assert (clients.count("m"), clients.count("n")) == (1, 0)
    assert events.only.event == "client_quota_cleared"
    assert payload(events.only) == {"model": "m"}


def test_what_was_so_already_is_said_and_leaves_no_event(visitor: Visitor, client: Client) -> None:
    with written() as events:
        answer = send(visitor, RESUME, client, "m")

    assert messages(answer) == ["Nothing has changed: it was so already."]
    assert not events


def test_a_reason_that_cannot_be_read_comes_back_in_the_dialog(
    visitor: Visitor, client: Client
) -> None:
    answer = send(visitor, SUSPEND, client, "m", reason="turned \u202e round")

    assert answer.status_code == 200
    assert "Remove the control characters" in answer.content.decode()
    assert row_of(client, "m").suspended_at is None


@pytest.mark.parametrize("page", [SUSPEND, RESUME, CLEAR, REMOVE])
def test_asking_changes_nothing(visitor: Visitor, client: Client, page: str) -> None:
    clients.mark_quota("c1", "m")
    clients.suspend("c1", "n")
    before = list(ClientModel.objects.order_by("pk").values())

    with written() as events:
        text = visitor.text(page, client.pk)

    assert "c1" in text
    assert list(ClientModel.objects.order_by("pk").values()) == before
    assert not events


def test_a_model_that_this_client_does_not_hold_is_not_found(
    visitor: Visitor, client: Client
) -> None:
    make_client("c2", "other")
    address = reverse(f"admin:{SUSPEND}", args=[client.pk])

    for model_id in ("other", str(row_of(client, "m").pk), "M", "9" * 400, ""):
        for answer in (
            visitor.client.get(address, {"model": model_id}),
            visitor.client.post(f"{address}?model={model_id}", SENT),
        ):
            assert answer.status_code == 404, model_id
    assert not ClientModel.objects.filter(suspended_at__isnull=False).exists()


def test_a_page_that_was_opened_before_the_client_registered_anew_still_works(
    visitor: Visitor,
) -> None:
    model_id = "maker/a&b=c#d?é+%"
    client = make_client("c1", model_id, "n")
    button = next(
        link.get("href")
        for link in visitor.node(CHANGE, client.pk).find("a")
        if link.get("aria-label") == f"Suspend: {model_id}"
    )
    clients.register("c1", "", [{"id": "n"}, {"id": model_id}])

    assert f"Model: {model_id}" in pages.parse(visitor.client.get(button).content.decode()).text()
    answer = visitor.client.post(button, SENT | {"reason": "late"})

    assert messages(answer) == [f"Suspended: {model_id}."]
    assert row_of(client, model_id).suspended_reason == "late"


def test_a_removed_client_leaves_the_lists_and_stays_on_the_trail(
    visitor: Visitor, client: Client
) -> None:
    with written() as events:
        answer = send(visitor, REMOVE, client)

    assert answer.url == reverse(f"admin:{LIST}")
    assert messages(answer) == ["The client c1 is removed."]
    assert not Client.objects.exists()
    assert events.names == ["client_unregistered"]


def test_the_deletion_page_removes_the_same_way(visitor: Visitor, client: Client) -> None:
    assert "comes back when it registers anew" in visitor.text("registry_client_delete", client.pk)

    with written() as events:
        answer = visitor.post("registry_client_delete", client.pk, post="yes")

    assert answer.status_code == 302
    assert events.names == ["client_unregistered"]


def test_buttons_are_offered_only_where_they_change_something(
    visitor: Visitor, client: Client
) -> None:
    clients.suspend("c1", "n")
    clients.mark_quota("c1", "n")

    page = visitor.node(CHANGE, client.pk)

    assert "Suspend" in line(page, "m")
    assert "Resume" not in line(page, "m")
    assert "Resume" in line(page, "n")
    assert "Clear quota mark" in line(page, "n")


# Rights
# ----------------------------------------------------------------------------
def staff(*permissions: str) -> User:
    return make_user(staff=True, permissions=permissions)


def test_somebody_who_may_only_look_marks_nothing(client: Client) -> None:
    visitor = Visitor(staff("client.view"))

    page = visitor.node(CHANGE, client.pk)

    assert "Ready" in line(page, "m")
    assert "Suspend" not in line(page, "m")
    for name in (SUSPEND, RESUME, CLEAR, REMOVE):
        assert send(visitor, name, client).status_code == 403, name
    assert clients.count("m") == 1


def test_to_mark_is_not_to_remove(client: Client) -> None:
    visitor = Visitor(staff("client.change"))

    assert send(visitor, SUSPEND, client, "m").status_code == 302
    assert send(visitor, REMOVE, client).status_code == 403
    assert Client.objects.exists()
