"""Connections: an address with its key, shared by many models. The key is written, never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Count
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from audit.moments import ago
from registry.admin.badges import badge
from registry.admin.base import RegistryModelAdmin
from registry.admin.connection_form import ConnectionForm, KindFilter, StateFilter, key_text
from registry.admin.connection_probes import ConnectionProbes
from registry.admin.host_models import HostModelsPage
from registry.admin.llm_filters import ProviderFilter
from registry.admin.llm_list import STATE_COLOURS
from registry.choices import ConnectionState
from registry.models import Connection
from registry.models.base import is_uuid
from registry.services import known_models
from registry.services.connections import (
    delete_connection,
    remove_key,
    save_connection,
    users_of,
)
from registry.services.llm_warnings import connection_warnings

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from registry.models import Provider

    Rows = QuerySet[Connection]

NAMED = 20  # models that the page names; the models list has the others
_REMOVE_KEY = "registry_connection_remove_key"
REMOVE_KEY = {
    "title": gettext_lazy("Remove the key?"),
    "description": gettext_lazy(
        "The stored key is forgotten and cannot be brought back. "
        "Models over this connection stop working until a new one is entered."
    ),
    "form_submit_text": gettext_lazy("Remove key"),
}


@admin.register(Connection)
class ConnectionAdmin(ConnectionProbes, HostModelsPage, RegistryModelAdmin):
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
        "last_success",
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
    change_form_template = "admin/registry/connection/change_form.html"
    actions_detail = ("run_test", "host_models", "remove_key")

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
        with_key = Connection.objects.filter(api_key__isnull=False)
        if is_uuid(str(object_id)) and with_key.filter(pk=object_id).exists():
            return offered
        return [found for found in offered if found.action_name != _REMOVE_KEY]

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
        return {
            _("Models"): users["models"],
            _("People"): users.get("people", []),
            _("Platforms"): users["platforms"],
            _("Routes"): users["routes"],
        }

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

    @admin.display(description=gettext_lazy("last success"), ordering="last_success_at")
    def last_success(self, connection: Connection) -> str:
        return ago(connection.last_success_at) or _("never")

    @admin.display(description=gettext_lazy("key since"), ordering="key_changed_at")
    def key_age(self, connection: Connection) -> str:
        return ago(connection.key_changed_at) if connection.has_key else ""

    @admin.display(description=gettext_lazy("key"))
    def key_hint(self, connection: Connection) -> str:
        return connection.key_hint

    @admin.display(description=gettext_lazy("API key"))
    def key_stored(self, connection: Connection) -> str:
        return key_text(connection) if connection.has_key else ""

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
