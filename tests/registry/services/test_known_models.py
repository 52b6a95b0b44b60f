from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from registry.choices import LLMStatus, LLMType, PriceSource
from registry.models import LLMModel, Price, Provider
from registry.services import known_models
from registry.services.known_models import KnownModel, add_known, by_keys, find, present_keys
from registry.services.llms import save_llm
from registry.services.reference_data import load
from registry.types import LLMChange
from tests.factories import make_connection, make_llm, reference_provider
from tests.trail import changes, written


@pytest.fixture
def known() -> KnownModel:
    """Be a well-known embedding model."""
    return find(provider="openai", llm_type=LLMType.EMBEDDING)[0]


@pytest.fixture
def vocabulary(db: None) -> None:
    load()


def test_about_forty_models_are_known_and_each_once() -> None:
    keys = [known.key for known in known_models.known_models()]

    assert len(keys) >= 40
    assert len(set(keys)) == len(keys)


def test_known_models_are_found_by_any_word_of_their_names() -> None:
    assert find(query="zzz-no-such-model") == []
    assert len(find()) == len(known_models.known_models())
    for known in known_models.known_models():
        assert known in find(query=known.model_id.upper())
        assert known in find(query=f" {known.name} ", provider=known.provider)
        assert known in find(model_id=known.model_id, llm_type=known.type)


def test_filters_of_a_search_hold_together() -> None:
    found = find(provider="openai", llm_type=LLMType.GENERATION)

    assert found
    assert {(known.provider, known.type) for known in found} == {("openai", "generation")}
    assert find(provider="openai", model_id="claude") == []


def test_each_value_says_when_it_was_checked() -> None:
    assert all(known.checked > "2025" for known in known_models.known_models())
    assert KnownModel("generation", "x", "y", "z").checked == ""


@pytest.mark.usefixtures("vocabulary")
def test_a_known_model_without_a_connection_waits_inactive(known: KnownModel) -> None:
    with written() as found:
        llm = add_known(known)

    assert (llm.status, llm.connection) == (LLMStatus.INACTIVE, None)
    assert (llm.name, llm.dimensions) == (known.name, known.config["dimensions"])
    assert {alias.name for alias in llm.aliases.all()} == set(known.aliases)
    assert {row.capability.name for row in llm.capabilities.all()} == set(known.capabilities)
    assert found.names == ["model_created"]
    assert present_keys() == {known.key}


@pytest.mark.usefixtures("vocabulary")
def test_every_known_model_can_be_added() -> None:
    known = known_models.known_models()

    llms = [add_known(entry) for entry in known]

    assert LLMModel.objects.count() == len(known)
    assert present_keys() == {entry.key for entry in known}
    assert {llm.model_id for llm in llms} == {entry.model_id for entry in known}


@pytest.mark.usefixtures("vocabulary")
def test_over_a_connection_it_is_active(known: KnownModel) -> None:
    connection = make_connection(Provider.objects.get(slug=known.provider))

    llm = add_known(known, connection=connection)

    assert (llm.status, llm.connection) == (LLMStatus.ACTIVE, connection)


@pytest.mark.usefixtures("vocabulary")
def test_a_waiting_row_gets_the_connection(known: KnownModel) -> None:
    waiting = add_known(known)
    connection = make_connection(waiting.provider)

    llm = add_known(known, connection=connection)

    assert llm == waiting
    assert LLMModel.objects.get().connection == connection
    assert LLMModel.objects.get().status == LLMStatus.ACTIVE


@pytest.mark.usefixtures("vocabulary")
def test_adding_again_returns_the_row_that_is_there(known: KnownModel) -> None:
    connection = make_connection(Provider.objects.get(slug=known.provider))
    first = add_known(known, connection=connection)

    with written() as found:
        assert add_known(known, connection=connection) == first

    assert found == []


def test_models_are_named_by_their_keys(known: KnownModel) -> None:
    assert by_keys([known.key, "no:such:key"]) == [known]
    assert known.key == f"embedding:openai:{known.model_id}"


@pytest.mark.django_db
def test_a_model_with_a_key_of_its_own_counts_as_present(known: KnownModel) -> None:
    provider = reference_provider(known.provider)

    make_llm(known.type, provider=provider, model_id=known.model_id)

    assert present_keys() == {known.key}


@pytest.mark.usefixtures("vocabulary")
def test_what_somebody_wrote_on_a_row_stays(known: KnownModel) -> None:
    llm = add_known(known)
    llm.name = "Ours"
    save_llm(llm, LLMChange(fields=frozenset({"name"})))

    add_known(known, connection=make_connection(llm.provider))

    assert LLMModel.objects.get().name == "Ours"


@pytest.mark.usefixtures("vocabulary")
def test_a_known_model_brings_its_prices_and_where_they_were_read() -> None:
    (entry,) = find(model_id="gpt-6-astra")

    with written() as found:
        llm = add_known(entry)

    rows = {row.unit: row for row in Price.objects.all()}
    assert {f"{unit}_cost": row.usd for unit, row in rows.items()} == {
        name: Decimal(usd) for name, usd in entry.prices.items()
    }
    assert {row.source for row in rows.values()} == {PriceSource.REFERENCE}
    source = entry.sources["prices.input_cost"]
    assert rows["input"].source_name == source["source"]
    assert rows["input"].checked_on == date.fromisoformat(source["checked"])
    assert (llm.input_cost, llm.revision) == (Decimal(entry.prices["input_cost"]), 1)
    assert changes(found.named("model_created"))["pricing.input_cost"] == [None, "10"]


@pytest.mark.usefixtures("vocabulary")
def test_every_known_price_is_one_that_the_ledger_takes() -> None:
    for provider in Provider.objects.all():
        for entry in find(provider=provider.slug):
            llm = add_known(entry)
            costs = {"input_cost": llm.input_cost, "output_cost": llm.output_cost}
            known = {name: Decimal(usd) for name, usd in entry.prices.items()}
            assert {name: usd for name, usd in costs.items() if usd is not None} == known
