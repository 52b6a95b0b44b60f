"""One table says what each provider needs; services, forms and answers follow it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry import provider_rules
from registry.choices import Dialect, LLMType
from registry.models import Provider
from registry.provider_rules import HIDDEN, OPTIONAL, REQUIRED
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_provider, reference_provider
from tests.registry.services.drafts import draft, refusal

# The `provider_matrix` of the acceptance cases (admin_api.json):
# provider -> embedding, generation, api_endpoint, api_key, proxy_prefix.
MATRIX = {
    "ollama": (True, True, REQUIRED, OPTIONAL, "ollama/"),
    "openai": (True, True, OPTIONAL, REQUIRED, "openai/"),
    "azure": (True, True, REQUIRED, REQUIRED, "azure/"),
    "gemini": (True, True, HIDDEN, REQUIRED, "gemini/"),
    "anthropic": (False, True, HIDDEN, REQUIRED, "anthropic/"),
    "cohere": (True, True, HIDDEN, REQUIRED, "cohere/"),
}
LATER_PREFIXES = {"deepseek": "deepseek/", "mistral": "mistral/"}
ENDPOINT = "https://own.example/v1"


@pytest.mark.parametrize("slug", MATRIX)
@pytest.mark.django_db
def test_the_table_is_the_agreed_one(slug: str) -> None:
    provider = reference_provider(slug)
    rule = provider_rules.rule_of(provider)

    found = (
        provider_rules.allows(provider, LLMType.EMBEDDING),
        provider_rules.allows(provider, LLMType.GENERATION),
        rule.api_endpoint,
        rule.api_key,
        provider.proxy_prefix,
    )

    assert found == MATRIX[slug]


@pytest.mark.parametrize("slug", LATER_PREFIXES)
@pytest.mark.django_db
def test_the_prefixes_of_later_providers_are_the_agreed_ones(slug: str) -> None:
    assert reference_provider(slug).proxy_prefix == LATER_PREFIXES[slug]


@pytest.mark.parametrize("has_key", [True, False])
@pytest.mark.parametrize("has_endpoint", [True, False])
@pytest.mark.parametrize("llm_type", [LLMType.EMBEDDING, LLMType.GENERATION])
@pytest.mark.parametrize("slug", MATRIX)
@pytest.mark.django_db
def test_a_model_is_refused_exactly_where_the_table_says(
    slug: str, llm_type: str, has_endpoint: bool, has_key: bool
) -> None:
    provider = reference_provider(slug)
    embedding, generation, endpoint, key, _prefix = MATRIX[slug]
    wrong = set()
    if not (embedding if llm_type == LLMType.EMBEDDING else generation):
        wrong.add("provider")
    if (endpoint == REQUIRED and not has_endpoint) or (endpoint == HIDDEN and has_endpoint):
        wrong.add("api_endpoint")
    if key == REQUIRED and not has_key:
        wrong.add("api_key")
    said = LLMChange(
        api_key=Secret(API_KEY) if has_key else None,
        api_endpoint=ENDPOINT if has_endpoint else None,
    )
    columns: dict[str, Any] = {"dimensions": 8} if llm_type == LLMType.EMBEDDING else {}

    if wrong:
        assert set(refusal(draft(llm_type, provider=provider, **columns), said)) == wrong
    else:
        llm = make_llm(llm_type, provider=provider, change=said, **columns)
        assert llm.revision == 1


@pytest.mark.parametrize("dialect", Dialect.values)
@pytest.mark.django_db
def test_every_dialect_has_a_rule(dialect: str) -> None:
    rule = provider_rules.rule_of(make_provider(dialect=dialect))

    assert rule.api_endpoint in {REQUIRED, OPTIONAL, HIDDEN}
    assert rule.api_key in {REQUIRED, OPTIONAL}
    assert rule.types


@pytest.mark.parametrize("dialect", [Dialect.OPENAI_COMPATIBLE, Dialect.GEMINI, Dialect.OPENAI])
def test_without_an_address_of_the_provider_each_connection_needs_one(dialect: str) -> None:
    provider = Provider(dialect=dialect, direct_api_url="")

    assert provider_rules.rule_of(provider).api_endpoint == REQUIRED


def test_a_provider_without_login_needs_no_key() -> None:
    provider = Provider(dialect=Dialect.OPENAI_COMPATIBLE, auth_required=False)

    assert provider_rules.rule_of(provider).api_key == OPTIONAL


def test_azure_speaks_of_deployments() -> None:
    rule = provider_rules.rule_of(Provider(dialect=Dialect.AZURE))

    assert str(rule.label("model_id")) == "Deployment name"
    assert rule.label("name") is None


@pytest.mark.django_db
def test_a_type_that_the_provider_lacks_is_named() -> None:
    with pytest.raises(ValidationError) as refused:
        make_llm(LLMType.EMBEDDING, provider=make_provider(dialect=Dialect.ANTHROPIC))

    assert refused.value.message_dict == {"provider": ["This provider has no models of this type."]}


def test_parameters_of_all_types_are_listed_once() -> None:
    assert len(set(provider_rules.ALL_PARAMETERS)) == len(provider_rules.ALL_PARAMETERS)
    assert set(provider_rules.ALL_PARAMETERS) == {
        name for names in provider_rules.PARAMETERS.values() for name in names
    }
    assert set(provider_rules.PARAMETERS) == set(LLMType.values)
