"""Testing a connection: its address and its key alone, without a model and without a bill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from registry.admin.asking import ask_and_show
from registry.admin.panels import Panel, Shown
from registry.models import ConnectionTest
from registry.services import connection_tests

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest

    from registry.models import Connection

NAMED = 20  # tests that the page shows; the list of tests has all
ASK = {
    "title": gettext_lazy("Test this connection now?"),
    "description": gettext_lazy(
        "A worker calls the address: does it answer, and does it take the key? "
        "Nothing of this is billed."
    ),
    "form_submit_text": gettext_lazy("Test"),
}


class ConnectionProbes:
    """Mixed into the connections' page."""

    get_object: Any
    has_view_permission: Any

    def has_test_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        rights = ("registry.add_connectiontest", "registry.view_connectiontest")
        return bool(request.user.has_perms(rights) and self.has_view_permission(request))

    @action(
        description=gettext_lazy("Test"),
        permissions=("test",),
        icon="network_check",
        url_path="test",
        dialog=ASK,
    )
    def run_test(self, request: HttpRequest, form: Form, object_id: str) -> HttpResponse:
        """Ask for a test and go to the part of the page that shows it."""
        connection = self.get_object(request, unquote(object_id))
        if connection is None:
            raise Http404
        return ask_and_show(
            request,
            lambda: connection_tests.request_connection_test(connection, by_hand=True),
            reverse("admin:registry_connection_change", args=[connection.pk]),
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        connection = context.get("original")
        if connection is not None and request.user.has_perm("registry.view_connectiontest"):
            context["tests"] = tests_context(connection)
        shown: HttpResponse = super().render_change_form(  # type: ignore[misc]  # ModelAdmin's
            request, context, *args, **kwargs
        )
        return shown


def tests_context(connection: Connection) -> dict[str, Any]:
    """Return the newest test as it goes on, and those before it."""
    rows = ConnectionTest.objects.with_links().filter(connection=connection).newest_first()
    history = [Shown(test) for test in rows[:NAMED]]
    query = {"connection": str(connection.pk)}
    return {
        "panel": Panel(history[0].test) if history else None,
        "history": history[1:],
        "all_tests": reverse("admin:registry_connectiontest_changelist", query=query),
    }
