"""A model for those who may look but not change: values, and of the key only that there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from registry.admin.llm_fields import MODES, PROBES
from registry.provider_rules import PARAMETERS

if TYPE_CHECKING:
    from registry.models import LLMModel

_MODEL = ("type", "provider", "model_id", "name", "slug", "description", "tag_names")
_ACCESS = ("connection_label", "address", "key_state")
_STATUS = ("is_default", "status", "deprecation_date", "replacement", "migration_guide")
_MORE = (
    *("alias_names", "family", "version", "release_date", "mode", "quality_tier"),
    *("latency_ms", "tokens_per_second"),
)
_ADVANCED = ("known_params", "settings")


def reading_fieldsets(llm: LLMModel) -> tuple[Any, ...]:
    return (
        (_("Model"), {"fields": _MODEL, "classes": ("details",)}),
        (_("Access"), {"fields": _ACCESS, "classes": ("details",)}),
        (_("Parameters"), {"fields": PARAMETERS.get(llm.type, ()), "classes": ("parameters",)}),
        (_("Capabilities"), {"fields": ("capability_names",), "classes": ("capabilities",)}),
        (_("Status"), {"fields": _STATUS, "classes": ("details",)}),
        (_("More"), {"fields": _MORE, "classes": ("details",)}),
        (_("Advanced"), {"fields": _ADVANCED, "classes": ("details",)}),
        *probe_fieldsets(llm),
    )


def probe_fieldsets(llm: LLMModel | None) -> tuple[Any, ...]:
    """Return what a test may ask for; a vector has neither a length nor thoughts."""
    if llm is not None and llm.type not in MODES:
        return ()
    return ((_("Connection test"), {"fields": PROBES, "classes": ("details",)}),)


class LLMReading:
    """The values that are no column of the model."""

    @display(description=gettext_lazy("tags"))
    def tag_names(self, llm: LLMModel) -> str:
        return ", ".join(tag.name for tag in llm.tags.all())

    @display(description=gettext_lazy("other names"))
    def alias_names(self, llm: LLMModel) -> str:
        return ", ".join(alias.name for alias in llm.aliases.all())

    @display(description=gettext_lazy("connection"))
    def connection_label(self, llm: LLMModel) -> str:
        if llm.connection is None:
            return _("None")
        return _("Its own") if llm.has_private_connection else llm.connection.label

    @display(description=gettext_lazy("address"))
    def address(self, llm: LLMModel) -> str:
        return llm.connection.api_url if llm.connection is not None else ""

    @display(description=gettext_lazy("key"))
    def key_state(self, llm: LLMModel) -> str:
        return llm.connection.key_hint if llm.connection is not None else ""

    @display(description=gettext_lazy("capabilities"))
    def capability_names(self, llm: LLMModel) -> str:
        rows = llm.capabilities.select_related("capability")
        words = {True: _("yes"), False: _("no")}
        return "\n".join(f"{row.capability}: {words[row.supported]}" for row in rows)
