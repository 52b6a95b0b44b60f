"""What the page "Which model?" asks; the address carries every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from registry.admin.slug_choices import PLATFORMS, PROVIDERS, SlugSelect
from registry.admin.widgets import NamesField
from registry.choices import LLMType, Objective, QualityTier
from registry.models import Capability, Platform, Provider
from registry.services.selection import Requirements

if TYPE_CHECKING:
    from django.http import QueryDict

CAPABILITIES = ("requires", "optional", "excluded")
REQUEST = ("type", "objective", "prompt_tokens", "output_tokens", "limit")
LIMITS = ("min_context", "max_context", "min_output", "min_speed_tps")
PRICES = ("max_input_cost", "max_output_cost")
OTHERS = ("quality_tier", "provider", "platform", "family", "tags")
# What an address that does not name it asks for.
_USUAL = {name: str(getattr(Requirements(), name)) for name in REQUEST}


def _number(label: Any, help_text: Any = "", *, required: bool = False) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget({"inputmode": "numeric"})
    return forms.IntegerField(required=required, label=label, help_text=help_text, widget=widget)


def _decimal(field: type[forms.Field], label: Any, help_text: Any) -> forms.Field:
    widget = UnfoldAdminDecimalFieldWidget({"step": "any", "inputmode": "decimal"})
    return field(required=False, label=label, help_text=help_text, widget=widget)


def _boxes(label: Any) -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple({"class": "registry-checkbox"})
    return forms.MultipleChoiceField(required=False, label=label, widget=widget)


class WhichModelForm(forms.Form):
    """The requirements by the names that the API has for them."""

    type = forms.ChoiceField(
        label=gettext_lazy("Type"), choices=LLMType.choices, widget=UnfoldAdminSelectWidget()
    )
    objective = forms.ChoiceField(
        label=gettext_lazy("First comes the"),
        choices=Objective.choices,
        help_text=gettext_lazy("Best is the lowest input price, then the largest context."),
        widget=UnfoldAdminSelectWidget(),
    )
    prompt_tokens = _number(gettext_lazy("Tokens of the question"), required=True)
    output_tokens = _number(gettext_lazy("Tokens of the answer"), required=True)
    limit = _number(gettext_lazy("Models to show"), gettext_lazy("At most 100."), required=True)

    requires = _boxes(gettext_lazy("Needed"))
    optional = _boxes(gettext_lazy("Nice to have"))
    excluded = _boxes(gettext_lazy("Not wanted"))

    min_context = _number(gettext_lazy("Context at least"), gettext_lazy("Tokens."))
    max_context = _number(gettext_lazy("Context at most"), gettext_lazy("Tokens."))
    min_output = _number(gettext_lazy("Output at least"), gettext_lazy("Tokens of one answer."))
    min_speed_tps = _decimal(
        forms.FloatField, gettext_lazy("Speed at least"), gettext_lazy("Output tokens per second.")
    )
    max_input_cost = _decimal(
        forms.DecimalField,
        gettext_lazy("Input price at most"),
        gettext_lazy("US dollars per 1M tokens, list price."),
    )
    max_output_cost = _decimal(
        forms.DecimalField,
        gettext_lazy("Output price at most"),
        gettext_lazy("US dollars per 1M tokens, list price."),
    )

    quality_tier = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Quality tier"),
        choices=(("", gettext_lazy("Any")), *QualityTier.choices),
        widget=UnfoldAdminSelectWidget(),
    )
    provider = forms.ModelChoiceField(
        queryset=Provider.objects.all(),
        required=False,
        to_field_name="slug",
        label=gettext_lazy("Provider"),
        widget=SlugSelect(PROVIDERS),
    )
    platform = forms.ModelChoiceField(
        queryset=Platform.objects.all(),
        required=False,
        to_field_name="slug",
        label=gettext_lazy("Platform"),
        widget=SlugSelect(PLATFORMS),
    )
    family = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("Family"),
        widget=UnfoldAdminTextInputWidget(),
    )
    tags = NamesField(
        label=gettext_lazy("Tags"), help_text=gettext_lazy("With commas between them; all count.")
    )

    def __init__(self, data: QueryDict, *, may_price: bool) -> None:
        """Without `data` the form is empty; what the address leaves out is the usual."""
        asked = data.copy() if data else None
        for name, value in _USUAL.items():
            if asked is not None and not asked.get(name):
                asked[name] = value
        super().__init__(asked, initial=_USUAL)
        self.words = {one.name: str(one) for one in Capability.objects.all()}
        for name in CAPABILITIES:
            boxes: Any = self.fields[name]
            boxes.choices = list(self.words.items())
        if not may_price:
            for name in PRICES:
                del self.fields[name]
        self.unknown = sorted(set(data) - set(self.fields))

    def requirements(self) -> Requirements | None:
        """Return what is asked for; None, with each reason at its field, if that is no question.

        What can be read is judged along with what cannot: every wrong field is named at once.
        """
        if not self.is_bound:
            return None
        self.full_clean()
        for name in self.unknown:
            self.add_error(None, _("There is no such requirement: %s.") % name[:50])
        told = {name: value for name, value in self.cleaned_data.items() if value != ""}
        for name in ("provider", "platform"):
            told[name] = told[name].slug if told.get(name) else None
        for name in (*CAPABILITIES, "tags"):
            told[name] = tuple(told.get(name, ()))
        try:
            wanted = Requirements(**told)
        except ValidationError as error:
            self.add_error(None, cast("Any", error))
        return wanted if self.is_valid() else None
