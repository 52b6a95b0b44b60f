"""Which fields a model of a type needs at a provider: one place for form, service and API.

What a provider's dialect shows and demands stands in the dialect's own file, as its `rule`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from registry.choices import LLMType
from registry.dialects import DIALECTS
from registry.dialects.base import HIDDEN, OPTIONAL, REQUIRED, Rule

if TYPE_CHECKING:
    from registry.models.provider import Provider

__all__ = (
    "ALL_PARAMETERS",
    "HIDDEN",
    "NEEDED_PARAMETERS",
    "OPTIONAL",
    "PARAMETERS",
    "REQUIRED",
    "Rule",
    "allows",
    "rule_of",
)

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


def rule_of(provider: Provider) -> Rule:
    """Return the rule of `provider`: its dialect's, fitted to what its row says.

    A compatible service with no address of its own needs one on each connection, and a
    provider that asks for no login needs no key.
    """
    rule: Rule = DIALECTS.get(provider.dialect).rule
    if rule.api_endpoint != REQUIRED and not provider.direct_api_url:
        rule = replace(rule, api_endpoint=REQUIRED)
    if rule.api_key == REQUIRED and not provider.auth_required:
        rule = replace(rule, api_key=OPTIONAL)
    return rule


def allows(provider: Provider, llm_type: str) -> bool:
    return llm_type in rule_of(provider).types
