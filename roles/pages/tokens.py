"""One's own applications: their tokens, each shown once, in the answer to the form that made it."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.moments import ago
from registry.choices import Scope
from registry.models import ApiToken
from registry.services import single_use
from registry.services.tokens import (
    create_token,
    path_to_try,
    revoke_token,
    scopes_open_to,
)
from roles.pages.base import done, me, own_page, show
from roles.pages.forms import REFUSED, OwnForm

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_LAST_DAY = date(9998, 12, 31)  # there is no day after the calendar's last


class TokenForm(OwnForm):
    """`form_id` makes sending the form twice, by reloading its answer, an error."""

    aliases: ClassVar[dict[str, str]] = {"expires_at": "last_day"}

    form_id = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)
    application = forms.CharField(
        required=False,
        label=gettext_lazy("Application"),
        help_text=gettext_lazy("What the token is for, such as the name of your program."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        help_text=gettext_lazy("Never more than you may yourself at the moment."),
        initial=[Scope.ROLES_READ.value],
        widget=forms.CheckboxSelectMultiple,
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("It works until the end of this day."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        life = timedelta(days=settings.REGISTRY_TOKEN_DAYS)
        super().__init__(data, initial={"last_day": timezone.localdate() + life})
        self.user = user
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(scope, Scope(scope).label) for scope in scopes_open_to(user)]

    def make(self) -> tuple[ApiToken, str]:
        data = self.cleaned_data
        after = min(data["last_day"], _LAST_DAY) + timedelta(days=1)
        with transaction.atomic():
            made = create_token(
                self.user,
                application=data["application"],
                scopes=data["scopes"],
                expires_at=timezone.make_aware(datetime.combine(after, time.min)),
            )
            # After the token, so that a form whose token was refused can be sent again.
            single_use.refuse_second(data.get("form_id"))
        return made


@own_page("GET")
def listed(request: HttpRequest) -> HttpResponse:
    rows = ApiToken.objects.filter(user=me(request).pk).order_by("application", "pk")
    words = dict(Scope.choices)
    found = [
        {
            "token": token,
            "may": [words.get(scope, scope) for scope in sorted(token.scope_set)],
            "created": ago(token.created_at),
            "expires": ago(token.expires_at) or _("never"),
            "used": ago(token.last_used_at) or _("never"),
        }
        for token in rows
    ]
    return show(request, "tokens", _("Tokens"), tokens=found)


@own_page("GET", "POST")
def add(request: HttpRequest) -> HttpResponse:
    """Show the token here and nowhere else: it is in no session, message or address."""
    form = TokenForm(me(request), request.POST if request.method == "POST" else None)
    made: list[tuple[ApiToken, str]] = []
    if request.method == "POST" and form.saves(lambda: made.append(form.make())):
        token, text = made[0]
        title = _("Token for %s") % token.application
        path = path_to_try(token)
        url = request.build_absolute_uri(f"/api/v1{path}") if path else ""
        response = show(request, "token", title, token=token, text=text, url=url)
        response.headers["Cache-Control"] = "no-store"
        return response
    return show(request, "form", _("New token"), form=form, back="tokens")


@own_page("GET", "POST")
def revoke(request: HttpRequest, pk: str) -> HttpResponse:
    token = ApiToken.objects.filter(user=me(request).pk, pk=pk).first()
    if token is None:
        raise Http404
    application = token.application
    if request.method == "POST":
        try:
            revoke_token(token)
        except REFUSED as error:
            raise Http404 from error
        return done(request, _("The token of %s is revoked.") % application, "tokens")
    return show(
        request,
        "remove",
        _("Revoke the token of %s") % application,
        name=application,
        is_token=True,
        back=reverse("my:tokens"),
    )
