"""Somebody in the admin: opens pages, fills their forms in, sends what a form does not offer."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.cases import pages
from tests.factories import make_user


class Visitor:
    """A logged-in user with a browser; without one given, a superuser."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user or make_user(superuser=True)
        self.client = Client()
        self.client.force_login(self.user)

    def get(self, page: str, *args: Any, **query: str) -> Any:
        """Open a page by its name in the admin, such as `registry_provider_add`."""
        return self.client.get(reverse(f"admin:{page}", args=args), query)

    def text(self, page: str, *args: Any, **query: str) -> str:
        """Return the words of a page that must open."""
        return self.node(page, *args, **query).text()

    def node(self, page: str, *args: Any, **query: str) -> pages.Node:
        answer = self.get(page, *args, **query)
        assert answer.status_code == 200, answer.status_code
        return pages.parse(answer.content.decode())

    def post(self, page: str, *args: Any, **data: Any) -> Any:
        """Send exactly this, as a forged form would."""
        return self.client.post(reverse(f"admin:{page}", args=args), data)

    def submit(self, page: str, *args: Any, **typed: Any) -> Any:
        """Open a form, change what is named, and send all of it as a browser would."""
        sent = self.form(page, *args) | typed
        return self.client.post(reverse(f"admin:{page}", args=args), sent)

    def form(self, page: str, *args: Any) -> dict[str, Any]:
        """Return what the page's form would send as it stands."""
        sent: dict[str, Any] = {}
        for form in pages.forms(self.node(page, *args)):
            if "logout" not in form.get("id") + form.get("action"):
                sent |= pages.values(form)
        return sent


def errors(answer: Any) -> dict[str, list[str]]:
    """Return the messages at the fields of a form that came back."""
    assert answer.status_code == 200, answer.status_code
    found: dict[str, list[str]] = dict(answer.context["adminform"].form.errors)
    return found


def messages(answer: Any) -> list[str]:
    """Return what the next page tells."""
    return [str(message) for message in answer.wsgi_request._messages]
