"""Add from the catalogue: known models to choose from, and a POST that registers them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from registry.admin import money
from registry.admin.base import REFUSED
from registry.admin.refusals import refusal_text
from registry.admin.widgets import LazySelect
from registry.choices import LLMType, PriceUnit
from registry.models import Connection, Provider
from registry.services import known_models

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

_MOST_AT_ONCE = 200


class CatalogueFilter(forms.Form):
    """What is listed, and over which connection it will be added."""

    provider = forms.ChoiceField(
        required=False, label=gettext_lazy("Provider"), widget=UnfoldAdminSelectWidget()
    )
    type = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Type"),
        choices=(("", gettext_lazy("All")), *LLMType.choices),
        widget=UnfoldAdminSelectWidget(),
    )
    q = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Search"),
        widget=UnfoldAdminTextInputWidget({"type": "search"}),
    )
    connection = forms.ModelChoiceField(
        queryset=Connection.objects.shared(),
        required=False,
        label=gettext_lazy("Connection"),
        help_text=gettext_lazy("Without one the models are added as inactive."),
        widget=LazySelect("registry_llmmodel_connections", forward=("provider",)),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        counts = Counter(known.provider for known in known_models.known_models())
        names = dict(Provider.objects.filter(slug__in=counts).values_list("slug", "name"))
        provider: Any = self.fields["provider"]
        provider.choices = [("", _("All")), *names.items()]


def _prices_of(known: known_models.KnownModel) -> list[str]:
    """Return each price of the entry with its unit."""
    return [
        f"{PriceUnit(unit).label}: {money.usd_per(usd, unit)}"
        for unit, usd in known_models.usd_of(known).items()
    ]


class KnownModelsPage:
    """Mixed into the models' page."""

    admin_site: Any
    opts: Any
    has_add_permission: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.catalogue)
        own = path("catalogue/", view, name="registry_llmmodel_catalogue")
        return [own, *super().get_urls()]  # type: ignore[misc]  # ModelAdmin's

    def catalogue(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._add(request)
        form = CatalogueFilter(request.GET)
        chosen = form.cleaned_data if form.is_valid() else {}
        present = known_models.present_keys()
        found = known_models.find(
            provider=chosen.get("provider", ""),
            llm_type=chosen.get("type", ""),
            query=chosen.get("q", ""),
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add from the catalogue"),
            "opts": self.opts,
            "media": form.media,
            "form": form,
            "connection": chosen.get("connection"),
            "rows": [
                {"known": known, "is_present": known.key in present, "prices": _prices_of(known)}
                for known in found
            ],
        }
        return TemplateResponse(request, "admin/registry/llmmodel/catalogue.html", context)

    def _add(self, request: HttpRequest) -> HttpResponse:
        """Register what was ticked; a model of another provider comes without the connection."""
        form = CatalogueFilter(request.POST)
        connection = form.cleaned_data.get("connection") if form.is_valid() else None
        keys = request.POST.getlist("keys")[:_MOST_AT_ONCE]
        added, refused = 0, []
        for known in known_models.by_keys(keys):
            fits = connection is not None and connection.provider.slug == known.provider
            try:
                known_models.add_known(known, connection=connection if fits else None)
            except REFUSED as error:
                refused.append(f"{known.name}: {refusal_text(error)}")
            else:
                added += 1
        if added:
            text = ngettext("%d model is in the list now.", "%d models are in the list now.", added)
            messages.success(request, text % added)
        for reason in refused:
            messages.error(request, reason)
        if not added and not refused:
            messages.warning(request, _("Tick the models to add first."))
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(reverse("admin:registry_llmmodel_changelist"))
