"""Which fields of the model form a (type, provider) pair shows, from the one table of rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from registry import provider_rules
from registry.choices import LLMType
from registry.models import LLMModel, Provider

if TYPE_CHECKING:
    from registry.models import Connection

CHOICE = ("type", "provider")
ACCESS = ("connection", "api_endpoint", "api_key")
PROBES = ("probe_max_tokens", "probe_reasoning_effort")
PRICES = ("input_cost", "output_cost")  # by the names of their units' fields
MODES = (LLMType.GENERATION, LLMType.NER)  # an embedding has one mode only

LABELS: dict[str, Any] = {
    "model_id": _("Model id"),
    "api_endpoint": _("API address"),
    "api_key": _("API key"),
}


@dataclass(frozen=True)
class FieldState:
    """How one field stands for the chosen pair; `label` is the provider's own word, if any."""

    visible: bool = True
    required: bool = False
    label: str = ""


@dataclass(frozen=True)
class Chosen:
    """The pair that a form is about, as far as it is chosen, and where the key is."""

    type: str = ""
    provider: Provider | None = None
    adding: bool = True
    connection: Connection | None = None

    def state(self, name: str) -> FieldState:
        if name in CHOICE:
            return FieldState(required=True)
        if name in provider_rules.ALL_PARAMETERS:
            needed = provider_rules.NEEDED_PARAMETERS.get(self.type, ())
            return FieldState(name in provider_rules.PARAMETERS.get(self.type, ()), name in needed)
        if name in ACCESS:
            return self._access(name)
        if name in ("mode", "output_cost") or name in PROBES:  # a vector bills no output
            return FieldState(self.type in MODES)
        label = self._rule.label(name) if self._rule else None
        return FieldState(
            bool(self.type), name in ("name", "model_id"), str(label or LABELS.get(name, ""))
        )

    @property
    def _rule(self) -> provider_rules.Rule | None:
        return provider_rules.rule_of(self.provider) if self.provider else None

    def _access(self, name: str) -> FieldState:
        """Key and address stand for a connection of the model's own; a shared one has both."""
        rule = self._rule
        if rule is None:
            return FieldState(visible=False)
        if name == "connection":
            return FieldState()
        need = rule.api_endpoint if name == "api_endpoint" else rule.api_key
        shown = need != provider_rules.HIDDEN and self.connection is None
        required = need == provider_rules.REQUIRED and (self.adding or name == "api_endpoint")
        return FieldState(shown, required and shown, str(rule.label(name) or LABELS[name]))


def rules_table() -> dict[str, Any]:
    """Return the table for the page's script, which switches fields without a reload."""
    providers = {}
    for provider in Provider.objects.all():
        rule = provider_rules.rule_of(provider)
        labels = {name: str(rule.label(name) or label) for name, label in LABELS.items()}
        providers[str(provider.pk)] = {
            "slug": provider.slug,
            "types": list(rule.types),
            "api_endpoint": rule.api_endpoint,
            "api_key": rule.api_key,
            "labels": labels,
        }
    return {
        "providers": providers,
        "parameters": {name: list(fields) for name, fields in provider_rules.PARAMETERS.items()},
        "needed": {name: list(fields) for name, fields in provider_rules.NEEDED_PARAMETERS.items()},
        "modes": list(MODES),
        "filled_label": str(_("From the catalogue, checked on %s")),
    }


def column_label(name: str) -> str:
    return str(LABELS.get(name) or getattr(LLMModel._meta.get_field(name), "verbose_name", name))
