"""People with what they own: shown on their pages, handed over or removed once they have left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminRadioSelectWidget

from registry.admin.accounts import UserAdmin
from registry.admin.links import LinkSelect
from registry.admin.refusals import REFUSED, refusal_text
from registry.models import ApiToken
from registry.services import people
from roles.admin.records import readable, sections
from roles.services import belongings

if TYPE_CHECKING:
    from django.db.models import Model
    from django.forms import ModelForm
    from django.urls import URLPattern

    from roles.services.belongings import Transferred

TO_PERSON, TO_ALL, REMOVE = "person", "organisation", "remove"
# What each way needs beside the right to change the person.
_RIGHTS = {
    TO_PERSON: ("registry.change_connection", "registry.change_llmmodel"),
    TO_ALL: ("registry.change_connection", "registry.change_llmmodel"),
    REMOVE: ("registry.delete_connection", "registry.delete_llmmodel"),
}
_WORDS: dict[str, Any] = {
    TO_PERSON: gettext_lazy("Transfer to another person"),
    TO_ALL: gettext_lazy("Transfer to the organisation"),
    REMOVE: gettext_lazy("Remove"),
}


class LeavingForm(forms.Form):
    """What becomes of somebody's records; only what the reader may decide is offered."""

    def __init__(self, user: User, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [way for way, rights in _RIGHTS.items() if request.user.has_perms(rights)]
        self.fields["way"] = forms.ChoiceField(
            choices=[(way, _WORDS[way]) for way in ways],
            label=_("What becomes of it"),
            widget=UnfoldAdminRadioSelectWidget,
        )
        others = people.visible_users(request.user).filter(is_active=True).exclude(pk=user.pk)
        link: Any = ApiToken._meta.get_field("user")
        self.fields["to"] = forms.ModelChoiceField(
            queryset=others,
            label=_("Person"),
            required=False,
            help_text=_("Who takes over, where it is transferred to another person."),
            widget=LinkSelect(link, admin.site),
        )

    @property
    def receiver(self) -> User | None:
        return cast("User | None", self.cleaned_data.get("to"))

    def lacks_receiver(self) -> bool:
        """Say, on the form, that a transfer to a person names one."""
        lacks = self.cleaned_data["way"] == TO_PERSON and self.receiver is None
        if lacks:
            self.add_error("to", _("Choose who takes over."))
        return lacks


class LeavingRequest(HttpRequest):
    """A request that has deactivated somebody."""

    has_deactivated: bool


admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """The people who may log in, with what is their own."""

    change_form_template = "admin/roles/person.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.belongings)
        own = path("<path:object_id>/belongings/", view, name="auth_user_belongings")
        return [own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        user = context.get("original")
        if isinstance(user, User):
            found = belongings.belongings_of(user)
            context["records"] = readable(found, request)
            if found and self.has_change_permission(request, user):
                context["belongings_url"] = self._page_of(user)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def save_row(self, request: HttpRequest, row: User, form: ModelForm[User]) -> None:
        super().save_row(request, row, form)
        has_left = "is_active" in form.changed_data and not row.is_active
        cast("LeavingRequest", request).has_deactivated = has_left

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        """Lead from a deactivation to what the person leaves behind, if that is anything."""
        user = cast("User", obj)
        if getattr(request, "has_deactivated", False) and belongings.belongings_of(user):
            text = _("%s is deactivated. Decide what becomes of what this person owns.")
            messages.success(request, text % user)
            return HttpResponseRedirect(self._page_of(user))
        response: HttpResponse = super().response_change(request, obj)
        return response

    def delete_context(self, request: HttpRequest, row: User) -> dict[str, Any]:
        context = super().delete_context(request, row)
        slots = belongings.belongings_of(row).slots
        if slots:
            names = ", ".join(str(slot) for slot in slots)
            context["consequences"].append(_("These slots of roles are emptied: %s") % names)
        return context

    def belongings(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what a person owns; once he has left, ask what becomes of it, and then do it."""
        user = self.get_object(request, unquote(object_id))
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        form = LeavingForm(user, request, request.POST or None)
        is_chosen = request.method == "POST" and form.is_valid() and not form.lacks_receiver()
        error = ""
        if is_chosen and "confirm" in request.POST:
            try:
                text = _carry_out(user, form)
            except REFUSED as refused:
                error = refusal_text(refused)
            else:
                messages.success(request, text)
                return HttpResponseRedirect(reverse("admin:auth_user_change", args=[user.pk]))
        return self._ask(request, user, form, is_chosen=is_chosen, error=error)

    def _ask(
        self, request: HttpRequest, user: User, form: LeavingForm, *, is_chosen: bool, error: str
    ) -> HttpResponse:
        found = belongings.belongings_of(user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What %s owns") % user,
            "opts": self.opts,
            "original": user,
            "person": user,
            "sections": sections(found, request),
            "has_any": bool(found),
            "form": form,
            "form_media": form.media,
            "is_chosen": is_chosen,
            "way": form.cleaned_data["way"] if is_chosen else "",
            "receiver": form.receiver if is_chosen else None,
            "error": error,
        }
        response = TemplateResponse(request, "admin/roles/belongings.html", context)
        if error:
            response.status_code = 409
        return response

    def _page_of(self, user: User) -> str:
        return reverse("admin:auth_user_belongings", args=[user.pk])


def _carry_out(user: User, form: LeavingForm) -> str:
    """Do what was chosen; return what to say of it."""
    if form.cleaned_data["way"] == REMOVE:
        belongings.remove(user)
        return _("What %s owned is removed.") % user
    to = form.receiver if form.cleaned_data["way"] == TO_PERSON else None
    return _transferred(user, belongings.transfer(user, to))


def _transferred(user: User, done: Transferred) -> str:
    parts = [_("What %s owned is transferred.") % user]
    if done.need_keys:
        parts.append(_("Enter the keys of: %s.") % ", ".join(done.need_keys))
    if done.dropped:
        parts.append(_("The organisation had these models already: %s.") % ", ".join(done.dropped))
    return " ".join(parts)
