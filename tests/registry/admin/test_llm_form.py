"""The form of a new model: which fields a pair shows, and what becomes of what is typed."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.urls import reverse

from registry import provider_rules
from registry.choices import ConnectionState, Dialect, LLMStatus, LLMType
from registry.models import LLMModel
from registry.services.defaults import set_default
from registry.services.providers import save_provider
from registry.types import LLMChange
from tests.cases import pages
from tests.factories import API_KEY, make_connection, make_llm, make_provider, reference_provider
from tests.registry.admin.visits import ADD, Visitor, add, of, states
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

PARAMETERS = provider_rules.ALL_PARAMETERS
NAMES = ("name", "model_id", "slug", "status")


@pytest.mark.parametrize("llm_type", LLMType.values)
@pytest.mark.parametrize("dialect", Dialect.values)
def test_a_pair_shows_the_fields_of_the_one_table(llm_type: str, dialect: str) -> None:
    provider = make_provider("acme", dialect=dialect)
    rule = provider_rules.rule_of(provider)

    found = states(Visitor().open(ADD, type=llm_type, provider="acme").page)

    for name in PARAMETERS:
        shown = name in provider_rules.PARAMETERS[llm_type]
        needed = name in provider_rules.NEEDED_PARAMETERS.get(llm_type, ())
        assert found[name] == (shown, needed), name
    for name, need in (("api_endpoint", rule.api_endpoint), ("api_key", rule.api_key)):
        assert found[name] == (need != "hidden", need == "required"), name
    assert found["connection"] == (True, False)
    assert found["name"] == found["model_id"] == (True, True)


def test_nothing_but_the_pair_is_asked_at_first() -> None:
    found = states(Visitor().open(ADD).page)

    assert {name for name, (is_shown, _needed) in found.items() if is_shown} <= {
        "type",
        "provider",
        *(name for name in found if name.startswith("capability_")),
    }


def test_a_type_alone_shows_its_parameters_and_no_access() -> None:
    found = states(Visitor().open(ADD, type="embedding").page)

    assert found["dimensions"] == (True, True)
    assert not found["temperature"][0]
    assert not any(found[name][0] for name in ("connection", "api_endpoint", "api_key"))


def test_a_provider_is_named_in_its_own_words() -> None:
    make_provider("azure", dialect=Dialect.AZURE)

    page = Visitor().open(ADD, type="generation", provider="azure").page

    labels = {
        name: next(node.text() for node in box.having("data-label"))
        for name, box in pages.fields(page).items()
        if any(box.having("data-label"))
    }
    assert labels["model_id"] == "Deployment name"
    assert labels["api_endpoint"] == "Resource address"


def test_a_provider_without_models_of_the_type_cannot_be_chosen() -> None:
    anthropic = reference_provider("anthropic")
    openai = reference_provider("openai")
    visitor = Visitor()

    assert str(anthropic.pk) not in pages.choices(
        visitor.open(ADD, type="embedding").page, "provider"
    )
    offered = pages.choices(visitor.open(ADD, type="generation").page, "provider")
    assert {str(anthropic.pk), str(openai.pk)} <= set(offered)


def test_the_script_reads_the_same_table() -> None:
    provider = make_provider("azure", dialect=Dialect.AZURE)
    html = Visitor().open(ADD).html
    text = html.partition('id="llm-rules" type="application/json">')[2].partition("</script>")[0]

    rules = json.loads(text)

    assert rules["parameters"] == {
        name: list(fields) for name, fields in provider_rules.PARAMETERS.items()
    }
    row = rules["providers"][str(provider.pk)]
    assert (row["api_endpoint"], row["api_key"]) == ("required", "required")
    assert row["labels"]["model_id"] == "Deployment name"


def test_no_field_demands_its_value_in_html() -> None:
    provider = make_provider("acme")
    page = Visitor().open(ADD, type="embedding", provider=provider.slug).page

    controls = [node for box in pages.fields(page).values() for node in box.find(*pages.CONTROLS)]

    assert controls
    assert not [node for node in controls if "required" in node.attributes]


def test_a_new_model_gets_a_key_of_its_own_and_one_event() -> None:
    provider = make_provider("acme")

    visitor = Visitor()

    with written() as events:
        add(visitor, provider, context_window="128000", tags="fast, eu", aliases="N, Neo")

    assert visitor.wrong() == set()
    llm = LLMModel.objects.with_links().get()
    assert llm.connection is not None
    assert llm.connection.open_key().reveal() == API_KEY
    assert llm.connection.state == ConnectionState.READY
    assert (llm.slug, llm.context_window, llm.status) == ("new-1", 128_000, LLMStatus.ACTIVE)
    assert {tag.name for tag in llm.tags.all()} == {"fast", "eu"}
    assert {alias.name for alias in llm.aliases.all()} == {"N", "Neo"}
    assert events.names == ["model_created"]
    assert changes(events.only)["api_key"] == "changed"
    assert events.only.source == "admin"
    assert events.only.actor == visitor.user


def test_capabilities_are_yes_no_or_unknown(capabilities: None) -> None:
    add(Visitor(), make_provider("acme"), capability_tools="true", capability_vision="false")

    rows = LLMModel.objects.get().capabilities.values_list("capability__name", "supported")
    assert dict(rows) == {"tools": True, "vision": False}


def test_a_shared_connection_replaces_key_and_address() -> None:
    shared = make_connection()

    add(Visitor(), shared.provider, api_key="", connection=str(shared.pk))

    assert LLMModel.objects.get().connection == shared


def test_a_connection_of_another_provider_is_refused_at_its_field() -> None:
    other = make_connection()

    visitor = add(Visitor(), make_provider("acme"), api_key="", connection=str(other.pk))

    assert visitor.wrong() >= {"connection"}
    assert not LLMModel.objects.exists()


def test_a_new_default_lets_the_present_one_step_down() -> None:
    former = make_llm(name="Former")
    set_default(former)
    visitor = Visitor()

    with written() as events:
        add(visitor, former.provider, is_default="on")

    assert LLMModel.objects.get(is_default=True).name == "New"
    assert events.names == ["model_created"]


def test_a_default_must_be_active() -> None:
    visitor = add(Visitor(), make_provider("acme"), is_default="on", status="inactive")

    assert visitor.wrong() == {"is_default"}


def test_a_private_address_is_stored_and_its_page_says_what_would_allow_it() -> None:
    ollama = make_provider("ollama", dialect=Dialect.OLLAMA)

    visitor = add(Visitor(), ollama, api_key="", api_endpoint="http://10.0.0.5:11434")

    assert "REGISTRY_PRIVATE_HOSTS=10.0.0.5:11434" in visitor.text


def test_a_copy_brings_everything_but_the_key(capabilities: None) -> None:
    provider = make_provider("ollama", dialect=Dialect.OLLAMA)
    source = make_llm(
        name="Source",
        provider=provider,
        context_window=8_192,
        release_date=date(2026, 5, 17),
        change=LLMChange(
            api_endpoint="https://models.example", tags=["a"], capabilities={"tools": True}
        ),
    )
    visitor = Visitor()

    visitor.open(of(source, "duplicate"))
    target = visitor.answer.headers["Location"]
    visitor.open(target)

    expected = {
        "name": "Source (copy)",
        "model_id": source.model_id,
        "slug": "",
        "context_window": "8192",
        "api_endpoint": "https://models.example",
        "api_key": "",
        "tags": "a",
        "capability_tools": "true",
        "release_date": "2026-05-17",
        "type": "generation",
        "provider": str(provider.pk),
    }
    assert {name: visitor.value(name) for name in expected} == expected


def test_what_a_known_model_fills_in_comes_with_its_date() -> None:
    openai = reference_provider("openai")
    url = reverse("admin:registry_llmmodel_known")

    rows = (
        Visitor()
        .open(url, provider=str(openai.pk), type="embedding", term="3-large")
        .answer.json()["results"]
    )

    (row,) = rows
    assert row["model_id"] == "text-embedding-3-large"
    assert row["values"]["dimensions"] == 3072
    assert row["values"]["name"]
    assert date.fromisoformat(row["checked"]) <= date.max


def test_a_provider_that_asks_for_no_key_demands_none() -> None:
    provider = make_provider("open", auth_required=False)
    save_provider(provider)

    found = states(Visitor().open(ADD, type="generation", provider="open").page)

    assert found["api_key"] == (True, False)
