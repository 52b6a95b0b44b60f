"""The form of a model: columns, key and address, names, capabilities."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from audit.moments import exact
from registry.admin import money
from registry.admin.forms import RegistryForm
from registry.admin.llm_fields import Chosen, FieldState
from registry.admin.widgets import KeyField, LazySelect, NamesField, SettingsField
from registry.choices import PriceUnit
from registry.models import Capability, Connection, LLMModel, Provider
from registry.models.base import is_uuid
from registry.services.price_book import PriceBook
from registry.types import UNSET, LLMChange, Unset

CAPABILITY = "capability_"
_PRICED = (PriceUnit.INPUT, PriceUnit.OUTPUT)
_CHOICES = (
    ("", gettext_lazy("Unknown")),
    ("true", gettext_lazy("Yes")),
    ("false", gettext_lazy("No")),
)


class CapabilityField(forms.TypedChoiceField):
    """Yes, no, or unknown, which is None."""

    def __init__(self, label: str, help_text: str) -> None:
        super().__init__(
            choices=_CHOICES,
            coerce=lambda value: value in (True, "true"),
            empty_value=None,
            required=False,
            label=label,
            help_text=help_text,
            widget=UnfoldAdminSelectWidget(),
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "true", False: "false"}.get(value, value)


def price_field(name: str) -> Any:
    """Return the field that enters a list price, with the column's own bounds."""
    column: Any = LLMModel._meta.get_field(name)
    return column.formfield(
        help_text=gettext_lazy("US dollars per 1,000,000 tokens. Empty is unknown."),
        widget=UnfoldAdminDecimalFieldWidget({"step": "any", "inputmode": "decimal"}),
    )


class LLMForm(RegistryForm):
    """Adds to the columns what belongs to a model in other tables, and the key."""

    error_fields = {
        "is_default": "status",
        "not_active": "is_default",
        "not_shared": "is_default",
        "shared_connection": "api_key",
        "in_use": "confirm_dimensions",
    }

    connection = forms.ModelChoiceField(
        queryset=Connection.objects.shared(),
        required=False,
        label=gettext_lazy("Connection"),
        help_text=gettext_lazy("A shared account or host; else the model gets a key of its own."),
        widget=LazySelect("registry_llmmodel_connections", forward=("provider",)),
    )
    api_endpoint = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget({"inputmode": "url", "spellcheck": "false"}),
    )
    api_key = KeyField()
    tags = NamesField(label=gettext_lazy("Tags"), help_text=gettext_lazy("Separated by commas."))
    aliases = NamesField(
        label=gettext_lazy("Other names"),
        help_text=gettext_lazy("Found by search as well. Separated by commas."),
    )
    input_cost = price_field("input_cost")
    output_cost = price_field("output_cost")
    settings = SettingsField(
        required=False,
        label=gettext_lazy("Settings"),
        help_text=gettext_lazy("Names and values that applications read, as JSON."),
    )
    replacement = forms.ModelChoiceField(
        queryset=LLMModel.objects.shared(),
        required=False,
        label=gettext_lazy("Replacement"),
        widget=LazySelect("registry_llmmodel_models", forward=("type",)),
    )
    confirm_dimensions = forms.BooleanField(
        required=False,
        label=gettext_lazy("Change it all the same; I will rebuild these knowledge bases"),
        widget=UnfoldBooleanSwitchWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        llm = self.instance
        for name in ("slug", "status", "quality_tier"):
            if name in self.fields:  # empty means what a new row has
                self.fields[name].required = False
        self._add_capabilities()
        if not llm._state.adding:
            self._fill_from(llm)
        self._remember()
        self.chosen = self._chosen()
        if "provider" in self.fields:
            select: Any = self.fields["provider"].widget
            select.llm_type = self.chosen.type

    def _add_capabilities(self) -> None:
        known = (
            {}
            if self.instance._state.adding
            else {row.capability.name: row.supported for row in self.instance.capabilities.all()}
        )
        for capability in Capability.objects.all():
            name = CAPABILITY + capability.name
            self.fields[name] = CapabilityField(str(capability), capability.description)
            self.initial.setdefault(name, known.get(capability.name))

    def _fill_from(self, llm: LLMModel) -> None:
        """Show what is stored in other tables; of the key only its hint and its age."""
        self.initial["tags"] = [tag.name for tag in llm.tags.all()]
        self.initial["aliases"] = [alias.name for alias in llm.aliases.all()]
        self.initial["connection"] = None if llm.has_private_connection else llm.connection_id
        self._fill_prices(llm)
        own = llm.connection if llm.has_private_connection else None
        self.initial["api_endpoint"] = own.api_url if own else ""
        if own is None or not own.has_key:
            return
        key: Any = self.fields["api_key"]
        key.hint = own.key_hint
        if own.is_readable:
            key.help_text = _("Stored: %(hint)s, since %(when)s. Leave empty to keep it.") % {
                "hint": own.key_hint,
                "when": exact(own.key_changed_at) if own.key_changed_at else "-",
            }
        else:
            key.help_text = _("The stored key cannot be read. Enter it again.")

    def _fill_prices(self, llm: LLMModel) -> None:
        """Show the list prices in force, and under each where it is from."""
        shown = [unit for unit in _PRICED if unit.field in self.fields]
        book = PriceBook.load([llm.pk]) if shown else None
        for unit in shown:
            price = book.price(llm.pk, unit) if book else None
            if price is not None:
                self.initial[unit.field] = money.plain(price.usd)
                field: Any = self.fields[unit.field]
                field.help_text = format_html(
                    "{} {}: {}", field.help_text, _("In force"), money.origin(price)
                )

    def _remember(self) -> None:
        names = set(self.remembered())
        for name, field in self.fields.items():
            field.show_hidden_initial = name in names

    def remembered(self) -> Iterable[str]:
        if self.instance._state.adding:
            return ()
        never = {"api_key", "confirm_dimensions", "revision"}
        return [name for name in self.fields if name not in never]

    def _chosen(self) -> Chosen:
        """Return the pair that the fields stand for: as typed, as preset, or as stored."""
        llm = self.instance
        chosen = str(self._value_of("connection") or "")
        connection = Connection.objects.filter(pk=chosen).first() if is_uuid(chosen) else None
        if not llm._state.adding:
            return Chosen(llm.type, llm.provider, adding=False, connection=connection)
        provider = None
        number = str(self._value_of("provider") or "")
        if number.isascii() and number.isdigit():
            provider = Provider.objects.filter(pk=number).first()
        return Chosen(str(self._value_of("type") or ""), provider, connection=connection)

    def _value_of(self, name: str) -> Any:
        return self[name].value() if name in self.fields else None

    # Reading
    # ------------------------------------------------------------------------
    def _post_clean(self) -> None:
        """The connection is attached by the service, which drops the previous one if need be."""
        chosen = self.cleaned_data.pop("connection", None)
        super()._post_clean()
        self.cleaned_data["connection"] = chosen

    def named_columns(self) -> frozenset[str] | None:
        named = super().named_columns()
        return None if named is None else named - {"connection"}

    def as_change(self) -> LLMChange:
        data, adding = self.cleaned_data, self.instance._state.adding
        return LLMChange(
            fields=self.named_columns(),
            expected_revision=data.get("revision"),
            api_key=data.get("api_key"),
            api_endpoint=self._if_changed("api_endpoint", data.get("api_endpoint") or None),
            connection=self._if_changed("connection", data.get("connection")),
            tags=self._if_changed("tags", data.get("tags", [])),
            aliases=self._if_changed("aliases", data.get("aliases", [])),
            capabilities={
                name.removeprefix(CAPABILITY): data[name]
                for name in self.changed_data
                if name.startswith(CAPABILITY) and (data[name] is not None or not adding)
            },
            pricing=self._pricing() or UNSET,
            confirm_dimensions=bool(data.get("confirm_dimensions")),
        )

    def _pricing(self) -> dict[str, Decimal | None]:
        return {
            unit.value: self.cleaned_data.get(unit.field)
            for unit in _PRICED
            if unit.field in self.changed_data
        }

    def prices_of_others(self) -> list[str]:
        """Say which emptied prices are known all the same, once the row is saved."""
        emptied = [unit for unit, usd in self._pricing().items() if usd is None]
        return [
            _("%(unit)s price: you typed none, so that of another source counts: %(usd)s.")
            % {"unit": PriceUnit(unit).label, "usd": money.usd_per(usd, unit)}
            for unit in emptied
            if (usd := getattr(self.instance, PriceUnit(unit).field)) is not None
        ]

    def _if_changed(self, name: str, value: Any) -> Any | Unset:
        """A field that was left alone is not named, so that the service leaves it alone, too."""
        return value if name in self.changed_data else UNSET

    # Showing
    # ------------------------------------------------------------------------
    @property
    def key_was_typed(self) -> bool:
        """Whether a key has to be entered once more, since no page sends one back."""
        return self.is_bound and bool(self.data.get(self.add_prefix("api_key")))

    def state(self, name: str) -> FieldState:
        """Return how a field stands; one with an error is never hidden."""
        if name == "confirm_dimensions":
            return FieldState(visible=name in self.errors)
        state = self.chosen.state(name)
        if name in self.errors and not state.visible:
            return FieldState(True, state.required, state.label)
        return state

    def mark_states(self) -> None:
        """Give each field its state for the template, once the errors are known."""
        for name in self.fields:
            vars(self[name])["state"] = self.state(name)

    def capability_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(CAPABILITY)]
