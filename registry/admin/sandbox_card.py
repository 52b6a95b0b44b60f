"""The sandbox on the first page: what can be tried with it, and one click that removes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import BaseDialogForm

from registry.admin.refusals import REFUSED, refusal_text
from registry.models import LLMModel
from registry.services import sandbox

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest
    from django.urls import URLPattern

_REMOVE = "registry_provider_remove_sandbox"
_RIGHTS = (
    "registry.delete_provider",
    "registry.delete_llmmodel",
    "registry.delete_connection",
)
ASK = {
    "title": gettext_lazy("Remove the sandbox?"),
    "description": gettext_lazy(
        "Its provider, its models and its connections are deleted, and their tests with them. "
        "It is not made again by itself; what you registered stays."
    ),
    "form_submit_text": gettext_lazy("Remove the sandbox"),
}


def card_for(user: User) -> dict[str, Any] | None:
    """Return what the first page says of the sandbox; None where there is none to see."""
    if not (user.has_perm("registry.view_llmmodel") and sandbox.is_installed()):
        return None
    llms = LLMModel.objects.shared().filter(sandbox.OF_SANDBOX).order_by("name")
    return {
        "llms": list(llms.only("pk", "name", "description")),
        "list_url": reverse("admin:registry_llmmodel_changelist", query={"provider": sandbox.SLUG}),
        "remove_url": reverse(f"admin:{_REMOVE}") if user.has_perms(_RIGHTS) else "",
    }


class SandboxRemoval:
    """Mixed into the providers' page."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.remove_sandbox)
        return [path("sandbox/remove/", view, name=_REMOVE), *super().get_urls()]  # type: ignore[misc]  # ModelAdmin's

    def remove_sandbox(self, request: HttpRequest) -> HttpResponse:
        """Ask, then remove it; what stands in the way is named."""
        if not request.user.has_perms(_RIGHTS):
            raise PermissionDenied
        if request.method != "POST":
            context = {"dialog": ASK, "form": BaseDialogForm(request=request)}
            return render(request, "unfold/helpers/dialog.html", context)
        try:
            was_there = sandbox.remove()
        except REFUSED as error:
            if request.headers.get("HX-Request"):
                facts = {"object": _("Sandbox"), "reason": refusal_text(error)}
                return render(request, "registry/dialog_refused.html", facts)
            messages.error(request, refusal_text(error))
        else:
            text = _("The sandbox is removed.") if was_there else _("There is no sandbox any more.")
            messages.success(request, text)
        target = reverse("admin:index")
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)
