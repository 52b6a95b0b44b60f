"""Clients: programs that say which models they can serve, and what a person does to them.

They register themselves over the API; here nothing of them is entered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.views import ChangeList

from audit.moments import ago
from registry.admin.base import RegistryModelAdmin
from registry.admin.client_dialogs import CLIENT_ACTIONS, ClientDialogs, idle_actions
from registry.admin.client_rows import holdings, state_badge
from registry.admin.paging import page_of
from registry.choices import HolderState
from registry.models import Client, ClientModel
from registry.services.clients import registering
from registry.services.clients.standing import Standing, held_by, standing_of, with_state

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    Rows = QuerySet[Client]

SHOWN = 50  # models of a client on one page
_FIND = "q"  # in the address of a client's page: part of a model's id
_MOST_PROVIDERS = 100  # in the filter; the search finds the others
_NO_PROVIDER = "-"


class ProviderFilter(DropdownFilter):
    """By the provider as the clients name it."""

    title = gettext_lazy("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = Client.objects.order_by("provider").values_list("provider", flat=True).distinct()
        return [(name or _NO_PROVIDER, name or _("not said")) for name in names[:_MOST_PROVIDERS]]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if not self.value():
            return queryset
        name = "" if self.value() == _NO_PROVIDER else self.value()
        return queryset.filter(provider=name)


class StateFilter(DropdownFilter):
    """The clients that have at least one model in a state."""

    title = gettext_lazy("has models that are")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(HolderState.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        known = self.value() in HolderState.values
        return with_state(queryset, str(self.value())) if known else queryset


class ModelFilter(TextFilter):
    """The clients that hold a model, by its whole id."""

    title = gettext_lazy("holds the model")
    parameter_name = "model"

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        model_id = str(self.value() or "").strip()
        if not model_id:
            return queryset
        rows = ClientModel.objects.filter(model_id=model_id)
        return queryset.filter(pk__in=rows.order_by().values("client"))


class ClientList(ChangeList):
    """One page of clients, with how their models stand in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]  # set by Django's
        standing = standing_of(rows)
        for client in rows:
            client.standing = standing.get(client.pk, Standing())
            client.idle_actions = idle_actions(client.standing)
        self.result_list = rows


@admin.register(Client)
class ClientAdmin(ClientDialogs, RegistryModelAdmin):
    """To look at, to mark and to remove."""

    change_form_template = "admin/registry/client/change_form.html"
    change_list_template = "admin/registry/client/change_list.html"
    delete_confirmation_template = "admin/registry/client/delete.html"

    list_display = ("client", "provider_named", "models_held", "states", "seen")
    list_display_links = ("client",)
    list_filter = (ProviderFilter, StateFilter, ModelFilter)
    search_fields = ("client_id", "provider")
    search_help_text = gettext_lazy("Client or provider")
    ordering = ("client_id",)
    fields = ()
    actions_row = CLIENT_ACTIONS
    actions_detail = CLIENT_ACTIONS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say that nothing of a client is edited; the right to change it is the one to mark it."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let somebody look who may mark, as Django does where something can be edited."""
        return bool(super().has_view_permission(request, obj) or self.has_mark_permission(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ClientList]:
        return ClientList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        address = request.build_absolute_uri("/api/v1/clients/my-client")
        return super().changelist_view(request, {"address": address, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        client = context["original"]
        standing = standing_of([client]).get(client.pk, Standing())
        sought = request.GET.get(_FIND, "").strip()
        page = page_of(request, held_by(client).filter(model_id__icontains=sought), SHOWN)
        context |= {
            "sought": sought,
            "is_long": standing.models > SHOWN,
            "number": standing.models,
            "client": client,
            "title": _("Client"),
            "registered": ago(client.registered_at),
            "seen": ago(client.last_seen),
            "states": _states(standing),
            "rows": page,
            "holdings": holdings(page.rows),
            "may_mark": self.has_mark_permission(request),
            "may_see_models": request.user.has_perm("registry.view_llmmodel"),
        }
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def delete_row(self, request: HttpRequest, row: Client) -> None:
        registering.unregister(row.client_id)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        messages.success(request, _("The client %s is removed.") % obj_display)
        return HttpResponseRedirect(reverse("admin:registry_client_changelist"))

    # Columns
    # ------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("client"), ordering="client_id")
    def client(self, client: Client) -> str:
        return str(client.client_id)

    @admin.display(description=gettext_lazy("provider"), ordering="provider")
    def provider_named(self, client: Client) -> str:
        return str(client.provider) or _("not said")

    @admin.display(description=gettext_lazy("models"))
    def models_held(self, client: Client) -> str:
        return str(_standing(client).models)

    @admin.display(description=gettext_lazy("state of its models"))
    def states(self, client: Client) -> str:
        return _states(_standing(client))

    @admin.display(description=gettext_lazy("last seen"), ordering="last_seen")
    def seen(self, client: Client) -> str:
        return ago(client.last_seen)


def _standing(client: Any) -> Standing:
    found: Standing = client.standing
    return found


def _states(standing: Standing) -> str:
    """Return how many models are in each state, in words and colours; none is not mentioned."""
    told = [(state, standing.number(state)) for state in HolderState.values]
    badges = ((state_badge(state, number),) for state, number in told if number)
    return format_html(
        '<span class="flex flex-wrap gap-1">{}</span>', format_html_join("", "{}", badges)
    )
