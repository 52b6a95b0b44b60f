"""Connections: an address with its key, shared by many models. The key is written, never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Count
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin.dropdown_filters import DropdownFilter
from unfold.decorators import action

from audit.moments import ago, exact
from registry.admin.base import RegistryForm, RegistryModelAdmin
from registry.admin.llm_filters import ProviderFilter
from registry.admin.llm_list import STATE_COLOURS, badge
from registry.admin.widgets import KeyField
from registry.choices import ConnectionKind, ConnectionState
from registry.models import Connection
from registry.services import known_models
from registry.services.connections import (
    delete_connection,
    remove_key,
    save_connection,
    users_of,
)
from registry.services.llm_warnings import connection_warnings
from registry.types import ConnectionChange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from registry.models import Provider

    Rows = QuerySet[Connection]

NAMED = 20  # models that the page names; the models list has the others
REMOVE_KEY = {
    "title": gettext_lazy("Remove the key?"),
    "description": gettext_lazy(
        "The stored key is forgotten and cannot be brought back. "
        "Models over this connection stop working until a new one is entered."
    ),
    "form_submit_text": gettext_lazy("Remove key"),
}


class ConnectionForm(RegistryForm):
    """Beside the columns the key, which is empty whenever it is shown."""

    api_key = KeyField(label=gettext_lazy("API key"))

    class Meta:
        model = Connection
        fields = ("provider", "label", "kind", "api_url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "api_url" not in self.fields:  # somebody who may only look
            return
        texts = []
        if self.is_bound and self.data.get(self.add_prefix("api_key")):
            texts.append(_("Enter the key once more: no page sends one back."))
        if self.instance.has_key:
            texts += [_key_text(self.instance), _("Leave empty to keep it.")]
            cast("KeyField", self.fields["api_key"]).hint = self.instance.key_hint
            self.fields["api_url"].help_text = _(
                "Another scheme, host or port drops the stored key: a key is only ever sent to "
                "the address that it was entered for. Enter the key again when you change it."
            )
        self.fields["api_key"].help_text = " ".join(texts)

    def remembered(self) -> Iterable[str]:
        return [name for name in super().remembered() if name != "api_key"]

    def as_change(self) -> ConnectionChange:
        named = self.named_columns()
        return ConnectionChange(
            fields=None if named is None else named - {"api_key"},
            expected_revision=self.cleaned_data.get("revision"),
            api_key=self.cleaned_data.get("api_key"),
        )


class KindFilter(DropdownFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ConnectionKind.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class StateFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ConnectionState.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Connection)
class ConnectionAdmin(RegistryModelAdmin):
    """Those of the organisation and of its users; a model's private one is part of the model."""

    form = ConnectionForm
    save = staticmethod(save_connection)
    delete = staticmethod(delete_connection)

    list_display = (
        "label",
        "provider_name",
        "address",
        "kind",
        "owner",
        "state_now",
        "models_using",
        "key_age",
        "key_hint",
    )
    list_select_related = ("provider", "owner")
    list_filter = (ProviderFilter, KindFilter, StateFilter)
    search_fields = ("label", "api_url", "provider__name", "provider__slug")
    search_help_text = gettext_lazy("Label, address or provider")
    ordering = ("label",)
    show_full_result_count = True
    autocomplete_fields = ("provider",)
    actions_detail = ("remove_key",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        rows: QuerySet[Connection] = super().get_queryset(request)
        return rows.filter(private_to__isnull=True).annotate(llm_count=Count("llms"))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        # The form brings its own field for the key; the column itself is in no form.
        names = kwargs.get("fields") or flatten_fieldsets(self.get_fieldsets(request, obj))
        kwargs["fields"] = [name for name in names if name != "api_key"]
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        columns = ("provider", "label", "kind", "api_url")
        if obj is None:
            return ((None, {"fields": (*columns, "api_key")}),)
        key = ("api_key",) if self.has_change_permission(request, obj) else ("key_stored",)
        return (
            (None, {"fields": (*columns, *key)}),
            (_("Now"), {"fields": ("state_text", "owner", "models_named")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("provider", "key_stored", "state_text", "owner", "models_named")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer to remove a key only where there is one."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        stored = Connection.objects.filter(pk=object_id, api_key__isnull=False)
        return offered if offered and stored.exists() else []

    def save_row(self, request: HttpRequest, row: Connection, form: Any) -> None:
        had_key, was_usable = row.has_key, _is_usable(row.provider)
        save_connection(row, form.as_change())
        if had_key and not row.has_key:
            messages.warning(
                request,
                _("The key was dropped, since the address is another one now. Enter it again."),
            )
        if not was_usable and _is_usable(row.provider):
            self._offer_models(request, row)

    def uses_of(self, row: Connection) -> dict[str, list[str]]:
        users = users_of(row)
        return {_("Models"): users["models"], _("Platforms"): users["platforms"]}

    @action(
        description=gettext_lazy("Remove key"),
        permissions=("change",),
        dialog=REMOVE_KEY,
        url_path="remove-key",
    )
    def remove_key(self, request: HttpRequest, form: Form, object_id: str) -> HttpResponse:
        return self.call(request, object_id, remove_key, _("The key is forgotten."))

    def _offer_models(self, request: HttpRequest, row: Connection) -> None:
        known = known_models.find(provider=row.provider.slug)
        if not known or not request.user.has_perm("registry.add_llmmodel"):
            return
        page = reverse(
            "admin:registry_llmmodel_catalogue",
            query={"provider": row.provider.slug, "connection": str(row.pk)},
        )
        text = _("This is the first usable connection of %s.") % row.provider.name
        offer = _("Add its known models over this connection")
        messages.info(
            request, format_html('{} <a href="{}" class="underline">{}</a>', text, page, offer)
        )

    # Columns and fields
    # ------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("provider"), ordering="provider__name")
    def provider_name(self, connection: Connection) -> str:
        return str(connection.provider.name)

    @admin.display(description=gettext_lazy("address"), ordering="api_url")
    def address(self, connection: Connection) -> str:
        return str(connection.api_url) or _("the provider's")

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_now(self, connection: Connection) -> str:
        state = ConnectionState(connection.visible_state)
        return badge(state.label, STATE_COLOURS[state])

    @admin.display(description=gettext_lazy("models"), ordering="llm_count")
    def models_using(self, connection: Connection) -> int:
        return int(connection.llm_count)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description=gettext_lazy("key since"), ordering="key_changed_at")
    def key_age(self, connection: Connection) -> str:
        return ago(connection.key_changed_at) if connection.has_key else ""

    @admin.display(description=gettext_lazy("key"))
    def key_hint(self, connection: Connection) -> str:
        return connection.key_hint

    @admin.display(description=gettext_lazy("API key"))
    def key_stored(self, connection: Connection) -> str:
        return _key_text(connection) if connection.has_key else ""

    @admin.display(description=gettext_lazy("state"))
    def state_text(self, connection: Connection) -> str:
        context = {
            "badge": self.state_now(connection),
            "warnings": connection_warnings(connection),
        }
        return render_to_string("admin/registry/connection/state.html", context)

    @admin.display(description=gettext_lazy("models"))
    def models_named(self, connection: Connection) -> str:
        llms = connection.llms.order_by("name")
        total = self.models_using(connection)
        context = {"llms": llms[:NAMED], "more": max(0, total - NAMED)}
        return render_to_string("admin/registry/connection/models.html", context)


def _is_usable(provider: Provider) -> bool:
    """Whether one of the organisation's connections to this provider works as it is."""
    usable = (ConnectionState.READY, ConnectionState.KEYLESS)
    return Connection.objects.shared().filter(provider=provider, state__in=usable).exists()


def _key_text(connection: Connection) -> str:
    if not connection.is_readable:
        return _("The stored key cannot be read. Enter it again.")
    since = exact(connection.key_changed_at) if connection.key_changed_at else "-"
    return _("Stored: %(hint)s, since %(when)s.") % {"hint": connection.key_hint, "when": since}
