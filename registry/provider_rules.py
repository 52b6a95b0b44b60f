"""Which fields a model of a type needs at a provider: one table for form, service and API."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from registry.choices import Dialect, LLMType

if TYPE_CHECKING:
    from registry.models.provider import Provider

REQUIRED, OPTIONAL, HIDDEN = "required", "optional", "hidden"

# Parameters of each type, as the API's `config` and the form's fields name them.
PARAMETERS: dict[str, tuple[str, ...]] = {
    LLMType.EMBEDDING: ("dimensions", "max_tokens", "normalize", "distance_metric", "batch_size"),
    LLMType.GENERATION: ("context_window", "max_output_tokens", "temperature", "top_p", "top_k"),
    LLMType.NER: ("max_tokens",),
}
ALL_PARAMETERS: tuple[str, ...] = tuple(
    dict.fromkeys(name for names in PARAMETERS.values() for name in names)
)
# Those that a model of the type cannot do without; the table's constraint demands them too.
NEEDED_PARAMETERS: dict[str, tuple[str, ...]] = {LLMType.EMBEDDING: ("dimensions",)}


@dataclass(frozen=True)
class Rule:
    """What a (type, provider) pair shows and demands; `labels` are the provider's own words."""

    types: tuple[str, ...] = tuple(LLMType.values)
    api_endpoint: str = HIDDEN
    api_key: str = REQUIRED
    labels: tuple[tuple[str, Any], ...] = ()

    def label(self, name: str) -> Any:
        return dict(self.labels).get(name)


_RULES: dict[str, Rule] = {
    Dialect.OLLAMA: Rule(
        api_endpoint=REQUIRED,
        api_key=OPTIONAL,
        labels=(("api_endpoint", _("Address of the Ollama host")),),
    ),
    Dialect.OPENAI: Rule(api_endpoint=OPTIONAL),
    Dialect.AZURE: Rule(
        api_endpoint=REQUIRED,
        labels=(("model_id", _("Deployment name")), ("api_endpoint", _("Resource address"))),
    ),
    Dialect.GEMINI: Rule(),
    Dialect.ANTHROPIC: Rule(types=(LLMType.GENERATION, LLMType.NER)),
    Dialect.COHERE: Rule(),
    Dialect.OPENAI_COMPATIBLE: Rule(api_endpoint=OPTIONAL),
    Dialect.OPENWEBUI: Rule(
        api_endpoint=REQUIRED, labels=(("api_endpoint", _("Address of Open WebUI")),)
    ),
}


def rule_of(provider: Provider) -> Rule:
    """Return the rule of `provider`: its dialect's, fitted to what its row says.

    A compatible service with no address of its own needs one on each connection, and a
    provider that asks for no login needs no key.
    """
    rule = _RULES[provider.dialect]
    if rule.api_endpoint != REQUIRED and not provider.direct_api_url:
        rule = replace(rule, api_endpoint=REQUIRED)
    if rule.api_key == REQUIRED and not provider.auth_required:
        rule = replace(rule, api_key=OPTIONAL)
    return rule


def allows(provider: Provider, llm_type: str) -> bool:
    return llm_type in rule_of(provider).types
