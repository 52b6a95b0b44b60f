"""The models of a host: asked at this moment, picked, and added over its connection."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from registry import provider_rules
from registry.admin import results
from registry.admin.refusals import REFUSED, refusal_text
from registry.choices import LLMType
from registry.models import LLMModel
from registry.services import host_models
from registry.services.llms import save_llm
from registry.types import LLMChange

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.dialects.base import ListedModel
    from registry.models import Connection

MOST_AT_ONCE = 200
NAMED = 20  # refused models that the next page names
# What a host may tell of a model, by our column names.
_FACTS = ("context_window", "max_output_tokens", "max_tokens", "dimensions")


class PickForm(forms.Form):
    """What the picked models are registered as."""

    type = forms.ChoiceField(
        label=gettext_lazy("Register as"),
        help_text=gettext_lazy("Where the host tells the type of a model, that one counts."),
        widget=UnfoldAdminSelectWidget(),
    )
    dimensions = forms.IntegerField(
        required=False,
        label=gettext_lazy("Dimensions"),
        help_text=gettext_lazy("Of embeddings whose length the host does not tell."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )

    def __init__(self, connection: Connection, data: Any = None) -> None:
        super().__init__(data)
        allowed = provider_rules.rule_of(connection.provider).types
        chosen: Any = self.fields["type"]
        order = (LLMType.GENERATION, LLMType.EMBEDDING, LLMType.NER)
        chosen.choices = [(kind.value, kind.label) for kind in order if kind in allowed]


@dataclass(frozen=True)
class Offer:
    """One model of the host's list; `value` is what its box sends, `told` what the host says."""

    id: str
    name: str
    value: str
    told: str
    is_present: bool
    is_elsewhere: bool


class HostModelsPage:
    """Mixed into the connections' page."""

    admin_site: Any
    opts: Any
    media: Any
    get_object: Any
    has_view_permission: Any

    def has_pick_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Asking a host is a call to a provider, as a test is."""
        rights = ("registry.add_llmmodel", "registry.add_connectiontest")
        return bool(request.user.has_perms(rights) and self.has_view_permission(request))

    @action(
        description=gettext_lazy("Models of this host"),
        permissions=("pick",),
        icon="playlist_add",
        url_path="models",
    )
    def host_models(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the page; a POST asks the host, or adds what was picked."""
        connection = self.get_object(request, unquote(object_id))
        if connection is None:
            raise Http404
        if request.method == "POST" and "add" in request.POST:
            return self._add(request, connection)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Models of %s") % connection.label,
            "opts": self.opts,
            "media": self.media,
            "connection": connection,
            "here": request.path,
            "most": MOST_AT_ONCE,
            "form": PickForm(connection),
        }
        if request.method == "POST":
            context |= _asked(connection)
        return TemplateResponse(request, "admin/registry/connection/host_models.html", context)

    def _add(self, request: HttpRequest, connection: Connection) -> HttpResponse:
        form = PickForm(connection, request.POST)
        picked = _picked(request.POST.getlist("model")[:MOST_AT_ONCE])
        if not picked or not form.is_valid():
            texts = [str(text) for found in form.errors.values() for text in found]
            messages.warning(request, " ".join(texts) or _("Tick the models to add first."))
            return HttpResponseRedirect(request.path)
        added, refused = _register(connection, picked, form.cleaned_data)
        if added:
            text = ngettext("%d model is in the list now.", "%d models are in the list now.", added)
            messages.success(request, text % added)
        for reason in refused[:NAMED]:
            messages.error(request, reason)
        if len(refused) > NAMED:
            messages.error(request, _("and %d more refused") % (len(refused) - NAMED))
        query = {"provider": connection.provider.slug}
        return HttpResponseRedirect(reverse("admin:registry_llmmodel_changelist", query=query))


def _asked(connection: Connection) -> dict[str, Any]:
    """Ask the host now; what went wrong is said in words."""
    try:
        found = host_models.models_of(connection)
    except REFUSED as error:
        return {"error": refusal_text(error)}
    known = LLMModel.objects.shared().filter(provider=connection.provider)
    over: dict[str, set[Any]] = {}
    for model_id, place in known.values_list("model_id", "connection"):
        over.setdefault(model_id.casefold(), set()).add(place)
    offers = [
        _offer(model, over.get(model.id.casefold(), set()), connection) for model in found.models
    ]
    return {"offers": offers, "is_cut": found.is_cut, "is_asked": True}


def _offer(model: ListedModel, over: set[Any], connection: Connection) -> Offer:
    told = {name: model.values[name] for name in ("type", *_FACTS) if model.values.get(name)}
    value = json.dumps({"id": model.id, "name": model.name, **told})
    is_present = connection.pk in over
    return Offer(
        model.id, model.name, value, _told(told), is_present, bool(over) and not is_present
    )


def _told(told: dict[str, Any]) -> str:
    """Say what the host tells of a model, each number with its unit."""
    parts = []
    if told.get("type") in LLMType.values:
        parts.append(str(LLMType(told["type"]).label))
    if told.get("dimensions"):
        parts.append(_("%s dimensions") % results.grouped(told["dimensions"]))
    if told.get("context_window"):
        parts.append(_("%s tokens of context") % results.grouped(told["context_window"]))
    return " · ".join(parts)


def _picked(values: list[str]) -> list[dict[str, Any]]:
    """Read the ticked boxes; what is none of ours is left out."""
    found = []
    for text in values:
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            found.append(row)
    return found


def _register(
    connection: Connection, picked: list[dict[str, Any]], chosen: dict[str, Any]
) -> tuple[int, list[str]]:
    """Add each model over the connection; return how many, and who was refused and why."""
    added, refused = 0, []
    for row in picked:
        try:
            save_llm(_llm_of(row, connection, chosen), LLMChange(connection=connection))
        except REFUSED as error:
            refused.append(f"{row['id'][:200]}: {refusal_text(error)}")
        else:
            added += 1
    return added, refused


def _llm_of(row: dict[str, Any], connection: Connection, chosen: dict[str, Any]) -> LLMModel:
    told = row.get("type")
    llm_type = told if told in LLMType.values else chosen["type"]
    facts = {name: row[name] for name in _FACTS if _is_possible(name, row.get(name))}
    if facts.get("max_output_tokens", 0) > facts.get("context_window", math.inf):
        del facts["max_output_tokens"]
    if llm_type == LLMType.EMBEDDING:
        facts.setdefault("dimensions", chosen["dimensions"])
    own = provider_rules.PARAMETERS[llm_type]
    name = row.get("name") if isinstance(row.get("name"), str) else ""
    return LLMModel(
        type=llm_type,
        provider=connection.provider,
        name=name or row["id"],
        model_id=row["id"],
        **{name: value for name, value in facts.items() if name in own},
    )


def _is_possible(name: str, value: Any) -> bool:
    """Say whether the column takes what the host tells: else it stays unknown."""
    field: Any = LLMModel._meta.get_field(name)
    try:
        field.clean(value, None)
    except ValidationError:
        return False
    return type(value) is int
