"""What every page has: who may open it, how it is shown, and what a service refused."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from registry.admin.refusals import refusal_text
from registry.services.accounts import is_password_change_due

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

    View = Callable[..., HttpResponse]

# The parts of the menu: the page's name, what it is called, and its icon.
_MENU = (
    ("overview", gettext_lazy("Overview"), "home"),
    ("roles", gettext_lazy("Roles"), "theater_comedy"),
    ("models", gettext_lazy("Models"), "neurology"),
    ("hosts", gettext_lazy("Hosts"), "dns"),
    ("accounts", gettext_lazy("Accounts"), "key"),
    ("tokens", gettext_lazy("Tokens"), "apps"),
)
# What somebody may open whose password has to be changed first.
_OPEN_MEANWHILE = frozenset({"password", "logout"})


def own_page(*methods: str) -> Callable[[View], View]:
    """Let a view be opened by whoever is logged in, with these methods; POST needs the CSRF token.

    Others are sent to the login, and back from there.
    """
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_login(request)
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            name = "" if request.resolver_match is None else request.resolver_match.url_name
            if name not in _OPEN_MEANWHILE and is_password_change_due(me(request)):
                messages.info(request, _("Choose a password of your own first."))
                return HttpResponseRedirect(reverse("my:password"))
            if any("\0" in text for _name, texts in request.GET.lists() for text in texts):
                raise SuspiciousOperation("NUL in the query")
            return view(request, *args, **kwargs)

        return cast("View", never_cache(csrf_protect(guarded)))

    return decorate


def me(request: HttpRequest) -> User:
    """Return whose page it is."""
    return cast("User", request.user)


def show(
    request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any
) -> TemplateResponse:
    """Return a page; one with a token or a form in it is kept nowhere."""
    whole = {**look(request), "title": title, "menu": _menu(request), **context}
    return TemplateResponse(request, f"my/{template}.html", whole, status=status)


def look(request: HttpRequest) -> dict[str, Any]:
    """Return what the pages share with the admin: its name, icon and colours."""
    known = admin.site.each_context(request)
    names = ("site_title", "site_favicons", "colors", "border_radius")
    return {name: known.get(name) for name in names}


def done(request: HttpRequest, text: str, page: str, *args: Any) -> HttpResponse:
    """Go on to a page, which says what was done."""
    messages.success(request, text)
    return HttpResponseRedirect(reverse(f"my:{page}", args=args))


def refused(request: HttpRequest, error: Exception, page: str, *args: Any) -> HttpResponse:
    """Go on to a page, which says what was not done and why."""
    messages.error(request, refusal_text(error))
    return HttpResponseRedirect(reverse(f"my:{page}", args=args))


def _to_login(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("my:overview")
    return HttpResponseRedirect(reverse("my:login", query={"next": back}))


def _menu(request: HttpRequest) -> list[dict[str, Any]]:
    here = request.path
    home = reverse("my:overview")
    found = []
    for name, title, icon in _MENU:
        link = reverse(f"my:{name}")
        is_here = here == link if link == home else here.startswith(link)
        found.append({"title": title, "icon": icon, "link": link, "is_here": is_here})
    return found
