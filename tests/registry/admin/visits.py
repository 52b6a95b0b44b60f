"""Pages of the admin as a person visits them: open, fill in, send."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registry.models import LLMModel, Provider
from tests.cases import pages
from tests.cases.pages import Node
from tests.factories import API_KEY, make_user

LIST = "/admin/registry/llmmodel/"
ADD = f"{LIST}add/"


def of(llm: LLMModel, page: str = "change") -> str:
    """Return the address of one of a model's pages."""
    return reverse(f"admin:registry_llmmodel_{page}", args=[llm.pk])


class Visitor:
    """A logged-in person and the last answer that he got.

    `landmark` is a control by which the form is known that he fills in.
    """

    landmark = "name"

    def __init__(self, user: User | None = None, *permissions: str) -> None:
        self.user = user or make_user(
            staff=True, superuser=not permissions, permissions=permissions
        )
        self.client = Client()
        self.client.force_login(self.user)
        self.answer: Any = None

    @property
    def status(self) -> int:
        return int(self.answer.status_code)

    @property
    def html(self) -> str:
        return str(self.answer.content.decode())

    @property
    def page(self) -> Node:
        return pages.parse(self.html)

    @property
    def text(self) -> str:
        return self.page.text()

    def open(self, url: str, **query: Any) -> Visitor:
        self.answer = self.client.get(url, query or None)
        return self

    def post(self, url: str, data: dict[str, Any] | None = None, **headers: str) -> Visitor:
        """Send a form and go where the answer leads."""
        self.answer = self.client.post(url, data or {}, follow=True, headers=headers)
        return self

    def fill(self, url: str, **typed: Any) -> Visitor:
        """Open the page, change some fields of its form, and save."""
        self.open(url)
        return self.send(**typed)

    def send(self, **typed: Any) -> Visitor:
        """Save the form that is open, with what else is typed; None clears a field."""
        form = pages.form_with(self.page, self.landmark)
        assert form is not None, "there is no form on this page"
        sent: dict[str, Any] = pages.values(form)
        for name, value in typed.items():
            sent[name] = "" if value is None else value
        return self.post(self.answer.request["PATH_INFO"], sent)

    def wrong(self) -> set[str]:
        return pages.wrong_fields(self.page)

    def value(self, name: str) -> str:
        """Return what a field of the open form holds."""
        form = pages.form_with(self.page, self.landmark)
        assert form is not None
        return pages.values(form).get(name, [""])[-1]

    def listed(self) -> list[str]:
        return pages.row_ids(self.page)

    def confirm_buttons(self) -> list[Node]:
        return list(self.page.having("data-confirm-button"))


def states(page: Node) -> dict[str, tuple[bool, bool]]:
    """Return for each field whether it is visible and whether it is marked as required."""
    return {
        name: (node.get("data-visible") == "true", node.get("data-required") == "true")
        for name, node in pages.fields(page).items()
    }


def add(
    visitor: Visitor, provider: Provider, llm_type: str = "generation", /, **typed: str
) -> Visitor:
    """Fill the form of a new model in and save it."""
    whole = {"type": llm_type, "provider": str(provider.pk), "name": "New", "model_id": "new-1"}
    return visitor.fill(ADD, **whole | {"api_key": API_KEY} | typed)
