"""After a test was asked for: back to the page that shows how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from registry.errors import BrokerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from registry.services.connection_tests import Requested


def ask_and_show(request: HttpRequest, ask: Callable[[], Requested], page: str) -> HttpResponse:
    """Ask for a test, and open `page` at its tests, also from that page itself."""
    try:
        asked = ask()
    except BrokerUnavailableError as error:
        messages.warning(request, str(error.message))
        name = str(error.extra["job"])
    else:
        name = str(asked.test.pk)
        if not asked.is_new:
            messages.info(request, _("A test was waiting already; this is the one."))
    target = f"{page}?test={name}"
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"{target}#tests")
    # A browser that is sent to another part of the very address it shows would load nothing.
    here = request.headers.get("HX-Current-URL", "").partition("#")[0]
    if here.endswith(target):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponse(headers={"HX-Redirect": f"{target}#tests"})
