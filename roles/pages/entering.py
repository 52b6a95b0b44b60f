"""Coming in, going out, and one's own password: by the same rules as in the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from audit.addresses import client_network
from registry.errors import TooManyAttemptsError
from registry.services import logins
from registry.services.accounts import change_password
from roles.pages.base import done, me, own_page, show

_ROOT = "/my/"


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_protect
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Let a person in, staff or not; the attempt counts before the password is looked at."""
    target = _target(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(target)
        return _form(request, AuthenticationForm(request), target)
    name = request.POST.get("username", "")
    try:
        counts = logins.begin(name, client_network(request))
    except TooManyAttemptsError as error:
        return _locked(request, error, target)
    form = AuthenticationForm(request, request.POST)
    if not form.is_valid():
        logins.failed(name)
        return _form(request, form, target)
    login(request, form.get_user())
    logins.succeeded(counts, form.get_user())
    return HttpResponseRedirect(target)


@require_POST
@csrf_protect
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        logins.ended(request.user)
        logout(request)
    return HttpResponseRedirect(reverse("my:login"))


@sensitive_post_parameters()
@own_page("GET", "POST")
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordChangeForm(me(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        change_password(form)
        update_session_auth_hash(request, form.user)
        return done(request, _("Your password is changed. Tokens made before it end."), "overview")
    form.use_required_attribute = False
    return show(request, "password", _("Change your password"), form=form)


def _target(request: HttpRequest) -> str:
    """Return where the login leads: back to one's own pages, and nowhere else."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(asked, None)
    return asked if is_ours and asked.startswith(_ROOT) else reverse("my:overview")


def _form(
    request: HttpRequest, form: AuthenticationForm, target: str, status: int = 200, **more: Any
) -> HttpResponse:
    form.use_required_attribute = False
    return show(request, "login", _("Log in"), status=status, form=form, next=target, **more)


def _locked(request: HttpRequest, error: TooManyAttemptsError, target: str) -> HttpResponse:
    until = timezone.now() + timedelta(seconds=error.retry_after)
    response = _form(
        request,
        AuthenticationForm(request),
        target,
        error.status,
        locked_until=until,
        message=error.message,
    )
    response.headers["Retry-After"] = str(error.retry_after)
    return response
