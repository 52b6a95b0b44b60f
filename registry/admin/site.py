"""The admin site: who comes in, how often he may try, and his own password."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from functools import update_wrapper
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, update_session_auth_hash
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite

from audit import context, events
from audit.addresses import client_address
from registry.admin import palette
from registry.errors import TooManyAttemptsError
from registry.services import throttling
from registry.services.accounts import change_password, is_password_change_due

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.forms import SetPasswordForm
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    View = Callable[..., HttpResponseBase]

# What somebody may open whose password has to be changed first.
_OPEN_MEANWHILE = frozenset({"password_change", "password_change_done", "logout", "jsi18n"})


class OwnPasswordChange(PasswordChangeView):
    """The user's own new password, through the service that keeps the trail."""

    def form_valid(self, form: SetPasswordForm[Any]) -> HttpResponse:
        change_password(form)
        update_session_auth_hash(self.request, form.user)
        return HttpResponseRedirect(self.get_success_url())


class RegistryAdminSite(UnfoldAdminSite):
    """The admin of the registry."""

    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # It deletes row by row, past the services; pages have bulk actions of their own.
        self.disable_action("delete_selected")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().each_context(request)
        found["styles"] = [*found["styles"], static("registry/admin.css")]
        found["scripts"] = [*found["scripts"], static("registry/admin.js")]
        return found

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        def after_password_change(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            match = request.resolver_match
            name = "" if match is None else match.url_name
            if name not in _OPEN_MEANWHILE and is_password_change_due(request.user):  # type: ignore[arg-type]  # has_permission let nobody anonymous in
                messages.info(request, _("Choose a password of your own first."))
                return HttpResponseRedirect(reverse(f"{self.name}:password_change"))
            return view(request, *args, **kwargs)

        guarded: View = super().admin_view(update_wrapper(after_password_change, view), cacheable)
        return guarded

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return palette.answer(self, request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Count the attempt before the password is looked at, and note how it ended."""
        if request.method != "POST":
            shown: HttpResponse = super().login(request, extra_context)
            return shown
        name = _as_stored(request.POST.get("username", ""))
        bucket = f"login:{name.casefold()}:{client_address(request)}"
        try:
            throttling.take(
                bucket,
                limit=settings.REGISTRY_LOGIN_ATTEMPTS,
                seconds=settings.REGISTRY_LOGIN_LOCK_SECONDS,
            )
        except TooManyAttemptsError as error:
            return self._locked(request, error)
        response: HttpResponse = super().login(request, extra_context)
        if response.status_code == HTTPStatus.FOUND:
            throttling.forget(bucket)
            context.act_as(request.user)
            events.record("login", request.user)  # type: ignore[arg-type]  # logged in by now
        else:
            _record_failure(name)
        return response

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = request.user
        if request.method == "POST" and user.is_authenticated:
            context.act_as(user)
            events.record("logout", user)
        response: HttpResponse = super().logout(request, extra_context)
        return response

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        request.current_app = self.name
        view = OwnPasswordChange.as_view(
            form_class=AdminOwnPasswordChangeForm,
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)

    def _locked(self, request: HttpRequest, error: TooManyAttemptsError) -> HttpResponse:
        """Say when to try again; whether the account exists plays no part in it."""
        response = TemplateResponse(
            request,
            "admin/login.html",
            {
                **self.each_context(request),
                "title": _("Log in"),
                "form": self.login_form(request),
                "app_path": request.get_full_path(),
                "locked_until": timezone.now() + timedelta(seconds=error.retry_after),
                "message": error.message,
            },
            status=error.status,
        )
        response.headers["Retry-After"] = str(error.retry_after)
        return response


def _as_stored(typed: str) -> str:
    """Return the typed name as the login form compares it, so that no spelling counts anew."""
    return unicodedata.normalize("NFKC", typed.strip())


def _record_failure(name: str) -> None:
    """An unknown name is not stored: it may be a password in the wrong field."""
    model = get_user_model()
    user = model.objects.filter(username=name).first()
    if user is not None:
        events.record("login_failed", user)
    else:
        events.record_about("login_failed", model, _("unknown user"))
