"""The prices on a model's page: the tab, and the dialog that enters one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.choices import PriceSource
from registry.models import LLMModel, Price
from tests.factories import make_llm, make_price, make_route, make_user
from tests.registry.admin.visits import Visitor, of
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

SENT = {"_form_submitted": "True"}
LATER = datetime(2099, 1, 1, tzinfo=UTC)
BAD = ["-1", "NaN", "Infinity", "1e400", "0.0000000001", "1000000", "true", "two", "1\x002"]


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def reader(*groups: str) -> Visitor:
    return Visitor(make_user(staff=True, groups=groups or ("readers",)))


def panel(visitor: Visitor, llm: LLMModel) -> str:
    (found,) = (
        node
        for node in visitor.open(of(llm)).page.having("data-panel")
        if node.get("id") == "panel-prices"
    )
    return found.text()


# The tab
# ----------------------------------------------------------------------------
def test_without_a_price_the_tab_says_what_to_do(visitor: Visitor) -> None:
    llm = make_llm()

    assert "is not known" in panel(visitor, llm)
    assert "Press Change price" in panel(visitor, llm)
    assert "Press Change price" not in panel(reader(), llm)


def test_the_tab_names_price_unit_and_origin(visitor: Visitor) -> None:
    llm = make_llm()
    make_price(
        llm,
        "2.5",
        source=PriceSource.REFERENCE,
        source_name="litellm 1",
        source_url="https://prices.example/",
        checked_on=timezone.localdate(),
    )

    text = panel(visitor, llm)

    assert "Input $2.50 per 1M tokens just now" in text
    assert "Reference data: litellm 1" in text
    assert f"checked on {timezone.localdate()}" in text
    assert 'href="https://prices.example/"' in visitor.html


def test_routes_tiers_and_coming_prices_stand_apart(visitor: Visitor) -> None:
    llm = make_llm()
    make_price(llm, "2")
    make_price(llm, "4", min_prompt_tokens=200_000)
    make_price(llm, "1.75", route=make_route(llm, slug="mine@acme"))
    make_price(llm, "0.5", valid_from=LATER)

    text = panel(visitor, llm)

    assert "prompts of at least 200,000 tokens $4.00" in text
    assert "Routes with prices of their own" in text
    assert "mine@acme Input $1.75" in text
    coming = text.split(" Coming ")[1]
    assert coming.startswith("Counts for Unit Price Valid from Source List price Input $0.50")


def test_the_history_says_what_counted_and_who_entered_it(visitor: Visitor) -> None:
    llm = make_llm()
    make_price(llm, "3")
    visitor.post(of(llm, "change_price"), SENT | {"unit": "input", "usd": "2"})

    text = panel(visitor, llm).split(" History ")[1]

    assert f"Input $2.00 per 1M tokens just now In force Typed by a person {visitor.user}" in text
    assert "Input $3.00 per 1M tokens just now No longer in force" in text
    assert len(list(visitor.page.having("data-price-chart"))) == 1


def test_who_may_not_read_the_trail_reads_no_names(visitor: Visitor) -> None:
    llm = make_llm()
    visitor.post(of(llm, "change_price"), SENT | {"unit": "input", "usd": "2"})
    other = Visitor(None, "llmmodel.view", "price.view")

    assert "Entered by" in panel(visitor, llm)
    assert "Entered by" not in panel(other, llm)
    assert visitor.user.username not in other.text


def test_who_may_not_see_prices_sees_no_tab() -> None:
    llm = make_llm()
    make_price(llm, "2.5")
    visitor = Visitor(None, "llmmodel.change", "llmmodel.view").open(of(llm))

    assert "panel-prices" not in visitor.html
    assert "$2.50" not in visitor.html
    assert "input_cost" not in visitor.html.split("llm-rules")[0]


def test_the_routes_stand_in_a_tab_that_counts_them(visitor: Visitor) -> None:
    llm = make_llm()
    make_route(llm, slug="mine@acme")
    make_route(slug="other@acme")
    page = visitor.open(of(llm)).page
    tabs = {node.get("data-panel-of"): node.text() for node in page.having("data-panel-of")}

    assert tabs["routes"] == "Routes 1"
    assert "mine@acme" in visitor.text
    assert "other@acme" not in visitor.text


def test_the_tab_costs_the_same_however_long_the_history(visitor: Visitor) -> None:
    llm, counts = make_llm(), []
    for count in (2, 30):
        for number in range(count):
            make_price(llm, f"{number + 1}", "output" if number % 2 else "input")
        visitor.open(of(llm))
        with CaptureQueriesContext(connection) as queries:
            visitor.open(of(llm))
        counts.append(len(queries))

    assert counts[0] == counts[1]


# The dialog
# ----------------------------------------------------------------------------
def test_the_dialog_enters_a_price_with_its_origin(visitor: Visitor) -> None:
    llm = make_llm()
    typed = {"unit": "output", "usd": "3.75", "source_url": "https://p.example/a?b=1"}

    with written() as events:
        visitor.post(of(llm, "change_price"), SENT | typed | {"checked_on": "2026-11-01"})

    price = Price.objects.get()
    assert (price.unit, price.usd, price.source) == ("output", Decimal("3.75"), "manual")
    assert (price.source_url, str(price.checked_on)) == ("https://p.example/a?b=1", "2026-11-01")
    assert changes(events.named("price_changed")) == {"pricing.output_cost": [None, "3.75"]}
    assert LLMModel.objects.get().output_cost == Decimal("3.75")


def test_the_end_of_a_dialog_comes_back_to_the_open_tab(visitor: Visitor) -> None:
    llm = make_llm()
    typed = SENT | {"unit": "output", "usd": "3.75"}

    here = f"http://testserver{of(llm)}"
    visitor.post(of(llm, "change_price"), typed, HX_Request="true", HX_Current_URL=here)
    assert visitor.answer.headers["HX-Redirect"] == of(llm)

    tab = f"{here}#prices"
    visitor.post(of(llm, "change_price"), typed, HX_Request="true", HX_Current_URL=tab)
    assert visitor.answer.headers["HX-Refresh"] == "true"


def test_a_price_of_a_later_moment_is_announced_only(visitor: Visitor) -> None:
    llm = make_llm()

    visitor.post(
        of(llm, "change_price"),
        SENT | {"unit": "input", "usd": "1", "valid_from": "2099-01-01T08:30"},
    )

    assert "counts from the moment you named" in visitor.text
    assert Price.objects.get().valid_from == datetime(2099, 1, 1, 8, 30, tzinfo=UTC)
    assert LLMModel.objects.get().input_cost is None


def test_an_empty_price_withdraws_what_a_person_typed(visitor: Visitor) -> None:
    llm = make_llm()
    make_price(llm, "5", source=PriceSource.REFERENCE)
    make_price(llm, "2")

    visitor.post(of(llm, "change_price"), SENT | {"unit": "input", "usd": ""})

    assert LLMModel.objects.get().input_cost == Decimal(5)


@pytest.mark.parametrize("usd", BAD)
def test_the_dialog_refuses_what_is_no_price(visitor: Visitor, usd: str) -> None:
    llm = make_llm()

    visitor.post(of(llm, "change_price"), SENT | {"unit": "input", "usd": usd}, HX_Request="true")

    assert visitor.status == 200
    assert "Change a list price" in visitor.text
    assert 'aria-invalid="true"' in visitor.html
    assert not Price.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit", "second"),
        ("source_url", "javascript:alert(1)"),
        ("source_url", "file:///etc/passwd"),
        ("source_url", "//no.scheme/"),
        ("source_url", "https://" + "x" * 500 + ".example/"),
        ("valid_from", "tomorrow"),
        ("valid_from", "99999-01-01T00:00"),
        ("checked_on", "2026-02-30"),
    ],
)
def test_the_dialog_refuses_what_is_no_origin(visitor: Visitor, field: str, value: str) -> None:
    llm = make_llm()
    typed = SENT | {"unit": "input", "usd": "1"} | {field: value}

    visitor.post(of(llm, "change_price"), typed, HX_Request="true")

    assert visitor.status == 200
    assert "Change a list price" in visitor.text
    assert not Price.objects.exists()


def test_a_reader_enters_nothing() -> None:
    llm = make_llm()
    visitor = reader()

    visitor.post(of(llm, "change_price"), SENT | {"unit": "input", "usd": "1"})

    assert visitor.status == 403
    assert not Price.objects.exists()


def test_an_operator_enters_prices() -> None:
    llm = make_llm()

    reader("operators").post(of(llm, "change_price"), SENT | {"unit": "input", "usd": "1"})

    assert Price.objects.get().usd == 1
