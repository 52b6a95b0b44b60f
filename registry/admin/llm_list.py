"""The models list: its columns, its tabs, and what a page of it reads along."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.views import ChangeList

from audit.moments import ago
from registry.admin import money, results
from registry.admin.badges import badge
from registry.admin.llm_dialogs import idle_actions
from registry.choices import ConnectionState, LLMStatus, LLMType
from registry.models import KnowledgeBase, LLMModel

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

_NAMED_USERS = 2

# unfold's colours; the word stands beside each.
STATUS_COLOURS: dict[str, str] = {
    LLMStatus.ACTIVE: "success",
    LLMStatus.BETA: "info",
    LLMStatus.INACTIVE: "",
    LLMStatus.DEPRECATED: "warning",
}
STATE_COLOURS: dict[str, str] = {
    ConnectionState.READY: "success",
    ConnectionState.KEYLESS: "",
    ConnectionState.NEEDS_KEY: "warning",
    ConnectionState.ADDRESS_BLOCKED: "danger",
}


def connection_badge(llm: LLMModel) -> str:
    """Return the state of the model's connection in a word, judged by the key itself."""
    if llm.connection is None:
        return badge(_("No connection"), "")
    state = ConnectionState(llm.connection.visible_state)
    return badge(state.label, STATE_COLOURS[state])


class LLMList(ChangeList):
    """One page of models, with its links in a constant number of queries."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[LLMModel]:
        found: QuerySet[LLMModel] = super().get_queryset(request, exclude_parameters)
        return found.select_related("provider", "connection").prefetch_related("tags")

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[LLMModel]) -> list[Any]:
        """Keep models without a price at the end, whichever way the list is turned."""
        return [_unknown_last(name) for name in super().get_ordering(request, queryset)]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]  # set by Django's
        users = _users_of(rows)
        may_change = self.model_admin.has_change_permission(request)
        for llm in rows:
            llm.used_by_names = users[llm.pk]
            llm.may_change = may_change
            llm.idle_actions = idle_actions(llm)
        self.result_list = rows


def _unknown_last(name: Any) -> Any:
    if name == "input_cost":
        return F("input_cost").asc(nulls_last=True)
    return F("input_cost").desc(nulls_last=True) if name == "-input_cost" else name


def _users_of(rows: list[LLMModel]) -> dict[Any, list[str]]:
    pks = {llm.pk for llm in rows}
    bases = KnowledgeBase.objects.filter(Q(embedding_model__in=pks) | Q(generation_model__in=pks))
    users: dict[Any, list[str]] = defaultdict(list)
    for name, embedding, generation in bases.order_by("name").values_list(
        "name", "embedding_model", "generation_model"
    ):
        for pk in {embedding, generation} & pks:
            users[pk].append(name)
    return users


def type_tabs(chosen: str) -> list[dict[str, Any]]:
    """Return the tabs all / embedding / generation / ner with their counts, from one query."""
    counts = dict(
        LLMModel.objects.shared().order_by().values_list("type").annotate(count=Count("pk"))
    )
    tabs = [{"title": _("All"), "query": "", "count": sum(counts.values()), "type": ""}]
    tabs += [
        {"title": label, "query": f"?type={name}", "count": counts.get(name, 0), "type": name}
        for name, label in LLMType.choices
    ]
    return [{**tab, "is_open": tab["type"] == chosen} for tab in tabs]


class LLMColumns:
    """The columns. Every value is escaped by `format_html` or a template."""

    @display(description=gettext_lazy("name"), ordering="name")
    def name_cell(self, llm: LLMModel) -> str:
        return render_to_string("admin/registry/llmmodel/name_cell.html", {"llm": llm})

    @display(description=gettext_lazy("provider"), ordering="provider__name")
    def provider_cell(self, llm: LLMModel) -> str:
        return str(llm.provider.name)

    @display(description=gettext_lazy("type"), ordering="type")
    def type_cell(self, llm: LLMModel) -> str:
        return llm.get_type_display()

    @display(description=gettext_lazy("status"), ordering="status")
    def status_cell(self, llm: LLMModel) -> str:
        verb = "deactivate" if llm.is_active else "activate"
        context = {
            "llm": llm,
            "colour": STATUS_COLOURS[llm.status],
            "url": reverse(f"admin:registry_llmmodel_{verb}_one", args=[llm.pk]),
        }
        return render_to_string("admin/registry/llmmodel/status_cell.html", context)

    @display(description=gettext_lazy("health"), ordering="health")
    def health_cell(self, llm: LLMModel) -> str:
        return results.health_text(llm)

    @display(description=gettext_lazy("last tested"), ordering="tested_at")
    def tested_cell(self, llm: LLMModel) -> str:
        return ago(llm.tested_at) or _("never")

    @display(description=gettext_lazy("connection"))
    def connection_cell(self, llm: LLMModel) -> str:
        return connection_badge(llm)

    @display(description=gettext_lazy("size"))
    def size_cell(self, llm: LLMModel) -> str:
        """The length of its vectors, else what it reads at once, with the unit."""
        if llm.dimensions is not None:
            return _("%s dimensions") % number_format(llm.dimensions, force_grouping=True)
        tokens = llm.context_window or llm.max_tokens
        return "" if tokens is None else _("%s tokens") % number_format(tokens, force_grouping=True)

    @display(description=gettext_lazy("price in / out per 1M tokens"), ordering="input_cost")
    def price_cell(self, llm: LLMModel) -> str:
        """The list prices in force; nothing where none is known."""
        if llm.input_cost is None and llm.output_cost is None:
            return ""
        pair = f"{money.usd(llm.input_cost)} / {money.usd(llm.output_cost)}"
        if llm.type == LLMType.EMBEDDING and llm.output_cost is None:
            pair = money.usd(llm.input_cost)  # a vector is not billed
        note = _("more for long prompts") if llm.has_tiers else ""
        return format_html(
            '<span class="whitespace-nowrap">{}</span> <span class="block text-xs">{}</span>',
            pair,
            note,
        )

    @display(description=gettext_lazy("used by"))
    def users_cell(self, llm: LLMModel) -> str:
        names: list[str] = getattr(llm, "used_by_names", [])
        if len(names) <= _NAMED_USERS:
            return ", ".join(names)
        return _("%(names)s and %(count)d more") % {
            "names": ", ".join(names[:_NAMED_USERS]),
            "count": len(names) - _NAMED_USERS,
        }
