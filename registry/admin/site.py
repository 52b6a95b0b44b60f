"""The admin site: who comes in, how often he may try, and his own password."""

from __future__ import annotations

from datetime import timedelta
from functools import update_wrapper
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite

from audit.addresses import client_network
from registry.admin import palette, site_pages, slug_choices
from registry.errors import TooManyAttemptsError
from registry.services import logins
from registry.services.accounts import change_password, is_password_change_due

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.forms import SetPasswordForm
    from django.http import HttpRequest, HttpResponseBase

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

        def for_parts_too(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            """Let a page reload that asks for a part of itself after its login has ended."""
            if request.headers.get("HX-Request") and not self.has_permission(request):
                return HttpResponse(headers={"HX-Refresh": "true"})
            return guarded(request, *args, **kwargs)

        return update_wrapper(for_parts_too, guarded)

    def get_urls(self) -> list[Any]:
        """Put our own pages before the tables': Django's last address catches every other one."""
        return [*site_pages.urls(self), *slug_choices.urls(self), *super().get_urls()]

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
        name = request.POST.get("username", "")
        try:
            counts = logins.begin(name, client_network(request))
        except TooManyAttemptsError as error:
            return self._locked(request, error)
        response: HttpResponse = super().login(request, extra_context)
        if response.status_code == HTTPStatus.FOUND:
            logins.succeeded(counts, request.user)
        else:
            logins.failed(name)
        return response

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = request.user
        if request.method == "POST" and user.is_authenticated:
            logins.ended(user)
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
