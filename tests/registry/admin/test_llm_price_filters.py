"""Prices in the models list: the column, its order, and what the list can be narrowed to."""

from __future__ import annotations

from datetime import date

import pytest

from registry.choices import LLMType, PriceSource, RouteStatus
from registry.models import LLMModel, Price
from registry.services.known_models import find, usd_of
from tests.factories import make_llm, make_platform, make_price, make_route, reference_provider
from tests.registry.admin.visits import LIST, Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def names(visitor: Visitor, **query: str) -> list[str]:
    """Return the names of the rows that the list shows, in its order."""
    visitor.open(LIST, **query)
    assert visitor.status == 200
    return [node.text() for node in visitor.page.having("data-id")]


def cells(visitor: Visitor) -> dict[str, str]:
    """Return what the price column says by the name of the row."""
    found = {}
    for row in visitor.open(LIST).page.find("tr"):
        named = list(row.having("data-id"))
        priced = [td for td in row.find("td") if "field-price_cell" in td.get("class")]
        if named and priced:
            found[named[0].text()] = priced[0].text()
    return found


def priced(name: str, input_usd: str = "", output_usd: str = "", **columns: object) -> LLMModel:
    llm = make_llm(name=name, **columns)  # type: ignore[arg-type]
    for unit, usd in (("input", input_usd), ("output", output_usd)):
        if usd:
            make_price(llm, usd, unit)
    return llm


def test_a_row_says_both_prices_and_unknown_is_no_zero(visitor: Visitor) -> None:
    tiered = priced("Tiered", "2.5", "10")
    make_price(tiered, "5", min_prompt_tokens=200_000)
    priced("Half", "0.125")
    priced("None")
    embedding = make_llm(LLMType.EMBEDDING, name="Vectors")
    make_price(embedding, "0.02")

    assert cells(visitor) == {
        "Tiered": "$2.50 / $10.00 more for long prompts",
        "Half": "$0.125 / unknown",
        "None": "",
        "Vectors": "$0.02",
    }
    assert "per 1M tokens" in visitor.text


def test_the_list_is_sorted_by_price_with_the_unknown_last(visitor: Visitor) -> None:
    for name, usd in (("Ten", "10"), ("Two", "2"), ("Unknown", ""), ("Tiny", "0.5")):
        priced(name, usd)
    place = str([*visitor.open(LIST).answer.context["cl"].list_display].index("price_cell"))

    assert names(visitor, o=place) == ["Tiny", "Two", "Ten", "Unknown"]
    assert names(visitor, o=f"-{place}") == ["Ten", "Two", "Tiny", "Unknown"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"input_cost_from": "2"}, ["Dear", "Mean"]),
        ({"input_cost_to": "2"}, ["Cheap", "Mean"]),
        ({"input_cost_from": "2", "input_cost_to": "2.0"}, ["Mean"]),
        ({"input_cost_from": "2.000000001"}, ["Dear"]),
        ({"output_cost_to": "1"}, ["Cheap"]),
        ({"input_cost_to": "0"}, []),
        ({"context_window_from": "100000", "input_cost_to": "5"}, ["Mean"]),
        ({"retires_before": "2027-01-01"}, ["Mean"]),
        ({"retires_before": "2026-12-31"}, []),
        ({"platform": "cloud"}, ["Dear"]),
        ({"platform": "elsewhere"}, []),
    ],
)
def test_the_list_narrows_by_price_context_end_and_platform(
    visitor: Visitor, query: dict[str, str], found: list[str]
) -> None:
    priced("Cheap", "0.5", "1", context_window=8_000)
    priced("Mean", "2", "4", context_window=200_000, deprecation_date=date(2026, 12, 31))
    dear = priced("Dear", "20", "40", context_window=200_000)
    priced("Unknown")
    cloud = make_platform("cloud")
    make_route(dear, cloud)
    make_route(dear, cloud, slug="second@cloud", status=RouteStatus.INACTIVE)

    assert names(visitor, **query) == found


@pytest.mark.parametrize("end", ["from", "to"])
@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-1", "1e400", "0.0000000001", "1" * 50_000, "two", "true", "1 2"]
)
def test_what_is_no_price_narrows_nothing(visitor: Visitor, end: str, text: str) -> None:
    priced("Only", "2")

    assert names(visitor, **{f"input_cost_{end}": text}) == ["Only"]


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "99999-01-01", "'", "2026-01-01T00:00"])
def test_what_is_no_day_narrows_nothing(visitor: Visitor, text: str) -> None:
    priced("Only", deprecation_date=date(2026, 12, 31))

    assert names(visitor, retires_before=text) == ["Only"]


def test_the_filters_offer_platforms_and_a_day(visitor: Visitor) -> None:
    make_platform("cloud", name="Cloud nine")
    priced("Only", "2")

    visitor.open(LIST, retires_before="2027-01-01", input_cost_from="1")

    assert "Cloud nine" in visitor.text
    assert 'type="date" name="retires_before" value="2027-01-01"' in visitor.html
    assert "output price, US dollars per 1M tokens" in visitor.text


@pytest.mark.parametrize("look_up", ["input_cost__gt", "routes__platform__slug", "prices__usd"])
def test_no_other_column_can_be_asked(visitor: Visitor, look_up: str) -> None:
    assert visitor.client.get(LIST, {look_up: "1"}).status_code == 400


# Known models
# ----------------------------------------------------------------------------
def test_the_catalogue_shows_prices_and_adding_brings_them(
    visitor: Visitor, vocabulary: None
) -> None:
    reference_provider("openai")
    (known,) = (row for row in find(provider="openai") if row.model_id == "gpt-4o-mini")
    usd = usd_of(known)

    visitor.open(f"{LIST}catalogue/", provider="openai", q="gpt-4o-mini")
    assert "Input: $0.15 per 1M tokens" in visitor.text
    visitor.post(f"{LIST}catalogue/", {"keys": [known.key]})

    llm = LLMModel.objects.get()
    assert (llm.input_cost, llm.output_cost) == (usd["input"], usd["output"])
    assert {price.source for price in Price.objects.all()} == {PriceSource.REFERENCE}


def test_a_known_model_fills_its_prices_into_the_form(visitor: Visitor) -> None:
    reference_provider("openai")

    answer = visitor.client.get(
        f"{LIST}choices/known/",
        {"provider": "openai", "type": "generation", "term": "gpt-4o-mini"},
    ).json()

    (entry,) = (row for row in answer["results"] if row["model_id"] == "gpt-4o-mini")
    assert entry["values"]["input_cost"] == "0.15"
    assert entry["checked"]
