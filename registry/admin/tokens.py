"""Applications: their tokens, each shown once, in the answer to the form that made it."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from audit.moments import ago
from registry.admin.base import RegistryForm, RegistryModelAdmin
from registry.admin.widgets import date_input
from registry.choices import Scope
from registry.models import ApiToken
from registry.services import single_use
from registry.services.tokens import create_token, path_to_try, revoke_token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponse

    class TokenRequest(HttpRequest):
        """The request that made a token: the only place that has its text."""

        made: tuple[ApiToken, str]


class TokenForm(RegistryForm):
    """`form_id` makes sending the form twice, by reloading its answer, an error."""

    form_id = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=[Scope.CATALOGUE_READ],
        label=gettext_lazy("May"),
        help_text=gettext_lazy("Never more than its user may at the moment."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("It works until the end of this day."),
        widget=date_input(),
    )

    error_fields = {"permission_denied": "scopes"}

    class Meta:
        model = ApiToken
        fields = ("user", "application")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        life = timedelta(days=settings.REGISTRY_TOKEN_DAYS)
        self.initial.setdefault("last_day", timezone.localdate() + life)

    def remembered(self) -> Iterable[str]:
        return ()

    @property
    def expires_at(self) -> datetime:
        after = self.cleaned_data["last_day"] + timedelta(days=1)
        return timezone.make_aware(datetime.combine(after, time.min))


@admin.register(ApiToken)
class TokenAdmin(RegistryModelAdmin):
    """To look at and to revoke; nothing of a token can be changed."""

    form = TokenForm
    delete_confirmation_template = "admin/registry/apitoken/delete.html"
    list_display = ("application", "user", "may", "created", "expires", "used")
    list_select_related = ("user",)
    search_fields = ("application", "user__username")
    search_help_text = gettext_lazy("Application or user name")
    ordering = ("application",)
    show_full_result_count = True
    autocomplete_fields = ("user",)
    readonly_fields = ("may", "created", "expires", "used")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return ((None, {"fields": ("application", "user", *self.readonly_fields)}),)
        user = ("user",) if request.user.is_superuser else ()
        return ((None, {"fields": (*user, "application", "scopes", "last_day", "form_id")}),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        foreign = isinstance(obj, ApiToken) and obj.user_id != request.user.pk
        return allowed and (request.user.is_superuser or not foreign)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        only_save = {"show_save_and_add_another": False, "show_save_and_continue": False}
        extra = {"title": _("New token"), **only_save, **(extra_context or {})}
        response: HttpResponse = super().add_view(request, form_url, extra)
        return response

    def save_row(self, request: HttpRequest, row: ApiToken, form: Any) -> None:
        data = form.cleaned_data
        made = create_token(
            data.get("user") or cast("User", request.user),
            application=data["application"],
            scopes=data["scopes"],
            expires_at=form.expires_at,
        )
        # After the token, so that a form whose token was refused can be sent again.
        single_use.refuse_second(data.get("form_id"))
        cast("TokenRequest", request).made = made

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token here and nowhere else: it is in no session, message or address."""
        token, text = cast("TokenRequest", request).made
        context = {
            **self.admin_site.each_context(request),
            "title": _("Token for %s") % token.application,
            "opts": self.opts,
            "token": token,
            "text": text,
            "lists": _addresses(request, token),
        }
        response = TemplateResponse(request, "admin/registry/apitoken/made.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    def delete_row(self, request: HttpRequest, row: ApiToken) -> None:
        revoke_token(row)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        messages.success(request, _("The token of %s is revoked.") % obj_display)
        return HttpResponseRedirect(reverse("admin:registry_apitoken_changelist"))

    @admin.display(description=gettext_lazy("may"))
    def may(self, token: ApiToken) -> str:
        words = dict(Scope.choices)
        return ", ".join(str(words.get(scope, scope)) for scope in sorted(token.scope_set))

    @admin.display(description=gettext_lazy("created"), ordering="created_at")
    def created(self, token: ApiToken) -> str:
        return ago(token.created_at)

    @admin.display(description=gettext_lazy("expires"), ordering="expires_at")
    def expires(self, token: ApiToken) -> str:
        return ago(token.expires_at) or _("never")

    @admin.display(description=gettext_lazy("last used"), ordering="last_used_at")
    def used(self, token: ApiToken) -> str:
        return ago(token.last_used_at) or _("never")


def _addresses(request: HttpRequest, token: ApiToken) -> dict[str, str]:
    """Return where the snippets read; nowhere for a token that reads nothing."""
    path = path_to_try(token)
    root = request.build_absolute_uri("/api/v1")
    return {"base": root, "path": path, "url": f"{root}{path}"} if path else {}
