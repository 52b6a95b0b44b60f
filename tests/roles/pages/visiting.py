"""Somebody on the pages of his own records: opens them, fills their forms in, sends them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.cases import pages
from tests.cases.pages import Node
from tests.factories import make_user


class Visit:
    """A logged-in person, staff or not, and the last answer that he got."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user or make_user()
        self.client = Client()
        self.client.force_login(self.user)
        self.answer: Any = None

    @property
    def status(self) -> int:
        return int(self.answer.status_code)

    @property
    def page(self) -> Node:
        return pages.parse(self.answer.content.decode())

    @property
    def text(self) -> str:
        return self.page.text()

    def open(self, name: str, *args: Any, **query: Any) -> Visit:
        self.answer = self.client.get(reverse(f"my:{name}", args=args), query or None)
        return self

    def post(self, name: str, *args: Any, **sent: Any) -> Visit:
        """Send exactly this, and go where the answer leads."""
        self.answer = self.client.post(reverse(f"my:{name}", args=args), sent, follow=True)
        return self

    def fill(self, name: str, *args: Any, **typed: Any) -> Visit:
        """Open a page, change some fields of its form, and send all of it as a browser would."""
        self.open(name, *args)
        assert self.status == 200, self.status
        form = dict(self.answer.context["form"].initial)
        sent: dict[str, Any] = {}
        for found in pages.forms(self.page):
            if "logout" not in found.get("action"):
                sent |= pages.values(found)
        assert form is not None
        return self.post(name, *args, **{**sent, **typed})

    def errors(self) -> dict[str, list[str]]:
        """Return the messages at the fields of a form that came back."""
        assert self.status == 200, self.status
        found: dict[str, list[str]] = dict(self.answer.context["form"].errors)
        return found

    def empty_states(self) -> list[Node]:
        return list(self.page.having("data-empty"))
