"""What is done to a client by hand: to one model that it holds, or to all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from registry.models import Client, ClientModel
from registry.models.client import LONGEST_REASON
from registry.services.clients import by_person, registering
from registry.services.clients.standing import Standing, standing_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

CLIENT_ACTIONS = ("suspend", "resume", "clear_quota", "remove")
MODEL_PARAMETER = "model"  # in a dialog's address: the id of the one model it is about
_LARGEST_KEY = 2**63 - 1


def idle_actions(standing: Standing) -> set[str]:
    """Return the URL names of the dialogs that would change nothing on this client."""
    idle = set() if standing.off < standing.models else {"suspend"}
    idle |= set() if standing.suspended else {"resume"}
    idle |= set() if standing.marked else {"clear_quota"}
    return {f"admin:registry_client_{name}" for name in idle}


def held_row(request: HttpRequest, object_id: Any) -> ClientModel | None:
    """Return the one row that the dialog's address names; None when it is about all.

    By the model's id: a client that registers anew, as it may at any time, has new rows. Raises
    Http404 for what this client does not hold.
    """
    if MODEL_PARAMETER not in request.GET:
        return None
    model_id = request.GET[MODEL_PARAMETER]
    row = ClientModel.objects.filter(client=_client_of(object_id), model_id=model_id).first()
    if row is None:
        raise Http404
    return row


def _client_of(object_id: Any) -> Client | None:
    """Return the client whose key stands in an address."""
    key = unquote(str(object_id or ""))
    is_known = key.isascii() and key.isdigit() and int(key) <= _LARGEST_KEY
    return Client.objects.filter(pk=int(key)).first() if is_known else None


class ClientDialogForm(BaseDialogForm):
    """Names the client, and the one model or how many."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = held_row(self.request, self.object_id)

    @cached_property
    def client(self) -> Client | None:
        return _client_of(self.object_id)

    def render_before_template(self) -> str:
        text = (
            '<p class="font-semibold mb-1 text-important" data-client>{}</p>'
            '<p class="mb-3" data-about>{}</p>'
        )
        return format_html(text, self.client or "", self._about())

    def _about(self) -> str:
        if self.held is not None:
            return _("Model: %s") % str(self.held.model_id)
        number = ClientModel.objects.filter(client=self.client).count() if self.client else 0
        text: str = ngettext("%d model", "All %d models", number) % number
        return text


class SuspendForm(ClientDialogForm):
    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy(
            "Shown wherever the suspension is. With the reason “quota” the client counts as "
            "cooling down: its models stay in the lists."
        ),
        widget=UnfoldAdminTextInputWidget(),
    )


_SUSPEND = {
    "title": gettext_lazy("Suspend this client?"),
    "description": gettext_lazy(
        "Nothing is sent there until somebody resumes it, or until the client registers anew. "
        "What is suspended already keeps its reason."
    ),
    "form_class": SuspendForm,
    "form_submit_text": gettext_lazy("Suspend"),
}
_RESUME = {
    "title": gettext_lazy("Resume this client?"),
    "description": gettext_lazy("It is offered again. A quota mark that still runs stays."),
    "form_class": ClientDialogForm,
    "form_submit_text": gettext_lazy("Resume"),
}
_CLEAR = {
    "title": gettext_lazy("Clear the quota mark?"),
    "description": gettext_lazy(
        "The client counts as ready at once. If its quota is still used up, it will say so again."
    ),
    "form_class": ClientDialogForm,
    "form_submit_text": gettext_lazy("Clear quota mark"),
}
_REMOVE = {
    "title": gettext_lazy("Remove this client?"),
    "description": gettext_lazy(
        "What it holds leaves the lists at once. It comes back when it registers anew: to keep "
        "it out, suspend it, or revoke its application's token."
    ),
    "form_class": ClientDialogForm,
    "form_submit_text": gettext_lazy("Remove"),
}


class ClientDialogs:
    """Mixed into the clients' page, whose `back` they use."""

    back: Any
    get_object: Any

    def has_mark_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing of a client is edited; its marks are set and lifted."""
        return bool(request.user.has_perm("registry.change_client"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Leave out what would change nothing."""
        actions: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        client = self.get_object(request, unquote(str(object_id)))
        if client is None:
            return actions
        idle = idle_actions(standing_of([client]).get(client.pk, Standing()))
        return [found for found in actions if f"admin:{found.action_name}" not in idle]

    @action(
        description=gettext_lazy("Suspend all"),
        permissions=("mark",),
        icon="pause_circle",
        dialog=_SUSPEND,
    )
    def suspend(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        def change(client: Client, names: list[str] | None) -> list[str]:
            reason = form.cleaned_data["reason"]
            return by_person.suspend_by_person(client, reason, model_ids=names)

        return self._mark(
            request, object_id, form, change, success=_("Suspended: %s."), dialog=_SUSPEND
        )

    @action(
        description=gettext_lazy("Resume all"),
        permissions=("mark",),
        icon="play_circle",
        dialog=_RESUME,
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        def change(client: Client, names: list[str] | None) -> list[str]:
            return by_person.resume_by_person(client, model_ids=names)

        return self._mark(
            request, object_id, form, change, success=_("Resumed: %s."), dialog=_RESUME
        )

    @action(
        description=gettext_lazy("Clear quota marks"),
        permissions=("mark",),
        icon="hourglass_disabled",
        url_path="clear-quota",
        dialog=_CLEAR,
    )
    def clear_quota(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        def change(client: Client, names: list[str] | None) -> list[str]:
            return by_person.clear_quota_by_person(client, model_ids=names)

        return self._mark(
            request, object_id, form, change, success=_("Quota mark cleared: %s."), dialog=_CLEAR
        )

    @action(
        description=gettext_lazy("Remove client"),
        permissions=("delete",),
        icon="delete",
        dialog=_REMOVE,
    )
    def remove(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Unregister the client; its page is gone then, so the list follows."""
        client = self.get_object(request, unquote(object_id))
        if client is None:
            raise Http404
        registering.unregister(client.client_id)
        messages.success(request, _("The client %s is removed.") % client)
        target = reverse("admin:registry_client_changelist")
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)

    def _mark(
        self,
        request: HttpRequest,
        object_id: str,
        form: ClientDialogForm,
        change: Callable[[Client, list[str] | None], list[str]],
        *,
        success: str,
        dialog: dict[str, Any],
    ) -> HttpResponse:
        """Call a service for one model or all, and say what it has changed."""
        client = self.get_object(request, unquote(object_id))
        if client is None:
            raise Http404
        try:
            done = change(client, None if form.held is None else [form.held.model_id])
        except ValidationError as error:
            form.add_error(None, error)
            context = {"dialog": dialog, "form": form}
            return render(request, "unfold/helpers/dialog.html", context)
        if done:
            messages.success(request, success % _named(done))
        else:
            messages.info(request, _("Nothing has changed: it was so already."))
        answer: HttpResponse = self.back(request)
        return answer


def _named(model_ids: list[str]) -> str:
    if len(model_ids) == 1:
        return model_ids[0]
    return ngettext("%d model", "%d models", len(model_ids)) % len(model_ids)
