"""One's own hosts, accounts and command-line logins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.choices import ConnectionKind, ConnectionState, HostType
from registry.models import Provider
from registry.services import origins
from roles.pages import answers
from roles.pages.base import done, me, own_page, show
from roles.pages.forms import KeyField, OwnForm
from roles.services import consequences, own_connections
from roles.services.own_connections import own_connection

if TYPE_CHECKING:
    from uuid import UUID

    from registry.models import Connection

_KINDS: dict[str, tuple[str, ...]] = {
    "hosts": (ConnectionKind.HOST,),
    "accounts": (ConnectionKind.ACCOUNT, ConnectionKind.CLI),
}
_ADD = {
    ConnectionKind.HOST: gettext_lazy("Add a host"),
    ConnectionKind.ACCOUNT: gettext_lazy("Add an account"),
    ConnectionKind.CLI: gettext_lazy("Add a command-line login"),
}


class ConnectionForm(OwnForm):
    """One account, host or login; `save` calls the service of its kind."""

    label = forms.CharField(
        required=False, label=gettext_lazy("Name"), help_text=gettext_lazy("As you call it.")
    )

    def __init__(self, row: Connection | None, data: Any = None) -> None:
        shown = [name for name in self.base_fields if name not in ("api_key", "provider")]
        known = {} if row is None else {name: getattr(row, name) for name in shown}
        super().__init__(data, initial=known)
        self.row = row
        if row is not None and "provider" in self.fields:
            del self.fields["provider"]
        key: Any = self.fields.get("api_key")
        if row is not None and key is not None:
            key.show_hint(row.key_hint)

    @property
    def name(self) -> str | None:
        return None if self.row is None else str(self.row.pk)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "revision"}


class HostForm(ConnectionForm):
    api_url = forms.CharField(
        required=False,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy(
            "As the host's documentation calls the base address of its API, such as"
            " https://llm.example.org/v1. At another address a stored key is dropped."
        ),
        widget=forms.TextInput({"inputmode": "url", "spellcheck": "false"}),
    )
    host_type = forms.ChoiceField(
        label=gettext_lazy("Kind of host"), choices=HostType.choices, required=False
    )
    api_key = KeyField(help_text=gettext_lazy("Leave empty if the host asks for none."))

    def save(self, request: HttpRequest) -> Connection:
        return own_connections.save_host(
            me(request), self.name, change=self.as_change(), **self.values()
        )


class AccountForm(ConnectionForm):
    provider = forms.ModelChoiceField(
        queryset=Provider.objects.order_by("name"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("Choose a provider"),
        label=gettext_lazy("Provider"),
    )
    api_key = KeyField()
    api_url = forms.CharField(
        required=False,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("Leave empty to use the provider's own address."),
        widget=forms.TextInput({"inputmode": "url", "spellcheck": "false"}),
    )

    def save(self, request: HttpRequest) -> Connection:
        values = self.values()
        if "provider" in values:
            values["provider"] = getattr(values["provider"], "slug", "")
        return own_connections.save_account(
            me(request), self.name, change=self.as_change(), **values
        )


class LoginForm(ConnectionForm):
    provider = forms.ModelChoiceField(
        queryset=Provider.objects.filter(slug__in=("anthropic", "gemini")).order_by("name"),
        to_field_name="slug",
        required=False,
        empty_label=None,
        label=gettext_lazy("Command of"),
    )

    def save(self, request: HttpRequest) -> Connection:
        values = self.values()
        maker = values.pop("provider", None)
        if maker is not None:
            values["provider"] = maker.slug
        return own_connections.save_cli(me(request), self.name, change=self.as_change(), **values)


_FORMS: dict[str, type[Any]] = {
    ConnectionKind.HOST: HostForm,
    ConnectionKind.ACCOUNT: AccountForm,
    ConnectionKind.CLI: LoginForm,
}


@own_page("GET")
def listed(request: HttpRequest, section: str) -> HttpResponse:
    rows = own_connections.own_connections(me(request)).filter(kind__in=_KINDS[section])
    rows = rows.annotate(llm_count=Count("llms"))
    title = _("Hosts") if section == "hosts" else _("Accounts and logins")
    return show(request, section, title, rows=rows, section=section)


@own_page("GET", "POST")
def add(request: HttpRequest, section: str, kind: str) -> HttpResponse:
    form = _FORMS[kind](None, request.POST if request.method == "POST" else None)
    saved: list[Connection] = []
    if request.method == "POST" and form.saves(lambda: saved.append(form.save(request))):
        text = _("%s is added. Now see which models it serves.") % saved[0].label
        if kind == ConnectionKind.CLI:
            text = _("%s is added.") % saved[0].label
        return done(request, text, "connection", section, saved[0].pk)
    return show(request, "form", str(_ADD[ConnectionKind(kind)]), form=form, back=section)


@own_page("GET", "POST")
def change(request: HttpRequest, section: str, pk: UUID) -> HttpResponse:
    row = _own(request, section, pk)
    form = _FORMS[row.kind](row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.saves(lambda: form.save(request)):
        return done(request, _("%s is saved.") % form.row.label, "connection", section, pk)
    stored = _own(request, section, pk)
    return show(
        request,
        "connection",
        stored.label,
        form=form,
        row=stored,
        section=section,
        state=ConnectionState(stored.visible_state).label,
        place=origins.allowance(stored.api_url) if stored.api_url else "",
        has_models=stored.kind != ConnectionKind.CLI,
        test=answers.latest_test(connection=stored),
        llms=answers.llms_over(stored),
    )


@own_page("GET", "POST")
def remove(request: HttpRequest, section: str, pk: UUID) -> HttpResponse:
    row = _own(request, section, pk)
    if request.method == "POST":
        own_connections.remove_connection(me(request), str(pk))
        return done(request, _("%s is removed.") % row.label, section)
    return show(
        request,
        "remove",
        _("Remove %s") % row.label,
        name=row.label,
        gone=consequences.of_connection(row),
        back=answers.page_of(row),
    )


@own_page("POST")
def test(request: HttpRequest, section: str, pk: UUID) -> HttpResponse:
    row = _own(request, section, pk)
    return answers.ask(request, row, answers.page_of(row))


def _own(request: HttpRequest, section: str, pk: UUID) -> Connection:
    row = own_connection(me(request), str(pk))
    if row is None or row.kind not in _KINDS[section]:
        raise Http404
    return row
