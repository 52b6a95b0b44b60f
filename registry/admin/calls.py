"""The end of a dialog: one service is called, and its message leads back to the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from registry.admin.refusals import REFUSED, refusal_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.exceptions import ValidationError
    from django.forms import Form


class Calls:
    """Mixed into every page."""

    opts: Any
    get_object: Any

    def call(
        self,
        request: HttpRequest,
        object_id: str,
        service: Callable[[Any], Any],
        success: str,
        *,
        form: Form | None = None,
        dialog: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Call `service(row)` and go back with its message; the end of a dialog's action.

        A refusal is said in the open dialog; with `form` and `dialog` wrong fields are shown there.
        """
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        try:
            service(row)
        except REFUSED as error:
            fields = getattr(error, "error_dict", {}) if form is not None else {}
            if form is not None and fields and set(fields) <= set(form.fields):
                form.add_error(None, cast("ValidationError", error))
                context = {"dialog": dialog, "form": form}
                return render(request, "unfold/helpers/dialog.html", context)
            if request.headers.get("HX-Request"):
                facts = {"object": row, "reason": refusal_text(error)}
                return render(request, "registry/dialog_refused.html", facts)
            messages.error(request, refusal_text(error))
        else:
            messages.success(request, success)
        return self.back(request)

    def back(self, request: HttpRequest) -> HttpResponse:
        """Return to the page that the dialog was opened on, else to the list."""
        here = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
        opts = self.opts
        target = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        path = urlsplit(here)._replace(scheme="", netloc="").geturl()
        own = url_has_allowed_host_and_scheme(here, {request.get_host()})
        if own and path.startswith("/admin/") and urlsplit(path).path != request.path:
            target = path
        if request.headers.get("HX-Request"):
            # A browser does not load anew what differs from here by nothing but the open tab.
            is_here = target == path and bool(urlsplit(path).fragment)
            way = {"HX-Refresh": "true"} if is_here else {"HX-Redirect": target}
            return HttpResponse(headers=way)
        return HttpResponseRedirect(target)
