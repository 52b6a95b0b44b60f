from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import sentences
from registry.choices import LLMStatus, PriceSource
from registry.models import LLMModel, Route
from registry.services import prices
from registry.services.llms import save_llm
from registry.types import LLMChange
from tests.factories import make_llm, make_platform, make_price, make_route
from tests.registry.services.ledger import in_force, usd
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db

NOTHING: frozenset[str] = frozenset()
HOUR = timedelta(hours=1)


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(name="GPT-4o", slug="gpt-4o")


@pytest.fixture
def route(llm: LLMModel) -> Route:
    return make_route(llm, make_platform("azure"))


# The trail
# ------------------------------------------------------------------------
def test_one_request_is_one_event_that_reads_well(llm: LLMModel) -> None:
    prices.append(llm, usd(input="2.50", output="10"))
    revision = LLMModel.objects.get(pk=llm.pk).revision

    with written() as found:
        prices.append(llm, usd(input="2", output="8"))

    assert changes(found.only) == {
        "pricing.input_cost": ["2.5", "2"],
        "pricing.output_cost": ["10", "8"],
    }
    assert sentences.sentence(found.only) == (
        "changed price of GPT-4o: input 2.5 → 2; output 10 → 8"
    )
    assert LLMModel.objects.get(pk=llm.pk).revision == revision + 1


def test_the_price_of_a_route_is_told_with_its_name(llm: LLMModel, route: Route) -> None:
    with written() as found:
        make_price(llm, "3", route=route, min_prompt_tokens=200_000)

    name = "pricing.input_cost>=200000@gpt-4o@azure"
    assert changes(found.named("price_changed")) == {name: [None, "3"]}


def test_a_price_to_come_is_told_with_its_moment(llm: LLMModel) -> None:
    begins = timezone.now() + HOUR
    prices.append(llm, usd(input="2"))

    with written() as found:
        prices.append(llm, usd(input="3"), valid_from=begins)

    assert changes(found.only) == {"pricing.input_cost": ["2", "3"]}
    assert payload(found.only) == {"valid_from": begins.isoformat()}


def test_a_word_that_does_not_count_is_told_all_the_same(llm: LLMModel) -> None:
    prices.append(llm, usd(input="2"))

    with written() as found:
        prices.append(llm, usd(input="3"), source=PriceSource.SYNC)

    assert (found.only.event, changes(found.only)) == ("price_changed", {})


# With the rest of a model
# ------------------------------------------------------------------------
def test_a_model_is_saved_with_its_prices_as_one_change() -> None:
    with written() as found:
        llm = make_llm(change=LLMChange(pricing=usd(input="2", output="4"), needs_connection=False))

    event = found.named("model_created")
    assert changes(event)["pricing.input_cost"] == [None, "2"]
    assert (llm.input_cost, llm.revision) == (Decimal(2), 1)

    with written() as found:
        save_llm(llm, LLMChange(NOTHING, pricing=usd(output=None)))

    assert (found.only.event, changes(found.only)) == (
        "model_updated",
        {"pricing.output_cost": ["4", None]},
    )
    assert (in_force(llm), llm.revision) == (("2", None, False), 2)


def test_a_wrong_price_is_named_beside_the_other_wrong_fields(llm: LLMModel) -> None:
    llm.name = "two\nlines"

    with pytest.raises(ValidationError) as refused:
        save_llm(llm, LLMChange(frozenset({"name"}), pricing=usd(input="-1")))

    assert set(refused.value.message_dict) == {"name", "input_cost"}


def test_it_is_known_since_when_a_model_is_deprecated(llm: LLMModel) -> None:
    assert llm.deprecated_at is None
    before = timezone.now()

    llm.status = LLMStatus.DEPRECATED
    save_llm(llm)
    since = LLMModel.objects.get(pk=llm.pk).deprecated_at

    assert since is not None and before <= since <= timezone.now()  # noqa: PT018

    llm.name = "Old"
    save_llm(llm)
    assert LLMModel.objects.get(pk=llm.pk).deprecated_at == since

    llm.status = LLMStatus.ACTIVE
    with written() as found:
        save_llm(llm)
    assert LLMModel.objects.get(pk=llm.pk).deprecated_at is None
    assert sentences.sentence(found.only) == "changed the model Old: status Deprecated → Active"
