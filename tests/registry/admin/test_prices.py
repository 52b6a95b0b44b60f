"""The price ledger's pages: every price there was, more of them, and none changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.tracking import unaudited
from registry.choices import PriceSource, PriceState
from registry.models import Price
from tests.factories import make_llm, make_price, make_route, make_user
from tests.registry.admin.visits import Visitor
from tests.trail import written

pytestmark = pytest.mark.django_db

LEDGER = "/admin/registry/price/"
ADD = f"{LEDGER}add/"
ROUTES = f"{LEDGER}choices/routes/"
LATER = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def of(price: Price, page: str = "change") -> str:
    return reverse(f"admin:registry_price_{page}", args=[price.pk])


def listed(visitor: Visitor, **query: str) -> set[int]:
    """Return the keys of the rows that the list shows under these filters."""
    visitor.open(LEDGER, **query)
    assert visitor.status == 200
    return {int(pk) for pk in re.findall(r"/registry/price/(\d+)/change/", visitor.html)}


def test_an_empty_ledger_says_how_prices_come(visitor: Visitor) -> None:
    text = visitor.open(LEDGER).text

    assert "No prices yet" in text
    assert "Models added from the catalogue bring theirs." in text
    assert f'href="{ADD}"' in visitor.html


def test_a_row_says_all_of_a_price(visitor: Visitor) -> None:
    llm = make_llm(name="Talker")
    route = make_route(llm, slug="talker@acme")
    make_price(llm, "0.5", "image", route=route, source_name="Price list")
    make_price(llm, "7", min_prompt_tokens=200_000)

    text = visitor.open(LEDGER).text

    assert "Talker talker@acme Image $0.50 per image of any length" in text
    assert "just now In force Typed by a person: Price list" in text
    assert "Talker List price Input $7.00 per 1M tokens prompts of at least 200,000 tokens" in text


def test_prices_of_a_persons_own_model_are_not_in_the_organisations_list(visitor: Visitor) -> None:
    price = make_price(make_llm(owner=make_user()), "1")

    assert listed(visitor) == set()
    assert visitor.client.get(of(price)).status_code == 302


# Filters
# ----------------------------------------------------------------------------
def test_the_ledger_narrows_by_state(visitor: Visitor) -> None:
    llm = make_llm()
    past = make_price(llm, "3")
    now = make_price(llm, "2")
    coming = make_price(llm, "1", valid_from=LATER)
    outdone = make_price(llm, "9", source=PriceSource.SYNC)
    waiting = make_price(llm, "5", state=PriceState.PENDING)
    rejected = make_price(llm, "6", state=PriceState.REJECTED)

    assert listed(visitor, state="in_force") == {now.pk}
    assert listed(visitor, state="past") == {past.pk, outdone.pk}
    assert listed(visitor, state="coming") == {coming.pk}
    assert listed(visitor, state="pending") == {waiting.pk}
    assert listed(visitor, state="rejected") == {rejected.pk}
    assert len(listed(visitor, state="no such")) == 6
    assert len(listed(visitor)) == 6


def test_the_ledger_narrows_by_what_a_price_is_for(visitor: Visitor) -> None:
    llm, other = make_llm(name="Heron"), make_llm(name="Trout")
    first = make_price(llm, "3", source=PriceSource.REFERENCE, source_name="litellm 1")
    second = make_price(llm, "2", "output", route=make_route(llm))
    third = make_price(other, "1", valid_from=LATER)

    assert listed(visitor, llm=str(llm.pk)) == {first.pk, second.pk}
    assert listed(visitor, unit="output") == {second.pk}
    assert listed(visitor, source="reference") == {first.pk}
    assert listed(visitor, of="route") == {second.pk}
    assert listed(visitor, of="list") == {first.pk, third.pk}
    assert listed(visitor, q="trout") == {third.pk}
    assert listed(visitor, q="litellm") == {first.pk}
    assert listed(visitor, valid_from_from="2098-12-31") == {third.pk}
    assert listed(visitor, valid_from_to="2098-12-31") == {first.pk, second.pk}


@pytest.mark.parametrize(
    "query",
    [
        {"llm": "no uuid"},
        {"llm": "00000000-0000-0000-0000-000000000000"},
        {"llm": "a" * 50_000},
        {"unit": "'; DROP TABLE registry_price"},
        {"q": "%_" * 200},
        {"valid_from_from": "2026-99-99"},
        {"o": "999.-999.x"},
        {"p": "99999999999999999999"},
    ],
)
def test_no_query_breaks_the_ledger(visitor: Visitor, query: dict[str, str]) -> None:
    make_price(make_llm(), "1")

    assert visitor.client.get(LEDGER, query, follow=True).status_code == 200


@pytest.mark.parametrize("look_up", ["llm__connection__api_key", "llm__owner__password", "usd__gt"])
def test_no_other_column_can_be_asked(visitor: Visitor, look_up: str) -> None:
    make_price(make_llm(), "1")

    assert visitor.client.get(LEDGER, {look_up: "1"}).status_code == 400


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("query", [{}, {"state": "in_force"}, {"q": "model"}])
def test_a_page_costs_the_same_however_many_prices_there_are(
    visitor: Visitor, query: dict[str, str]
) -> None:
    counts = []
    for target in (50, 1_000):
        _fill_up(target)
        visitor.open(LEDGER, **query)
        with CaptureQueriesContext(connection) as queries:
            visitor.open(LEDGER, **query)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[1] <= 12


def _fill_up(target: int) -> None:
    """Add prices until there are `target`, a tenth as many models, and a route for each."""
    missing = target - Price.objects.count()
    llms = [make_llm() for _number in range(missing // 10)]
    routes = [make_route(llm) for llm in llms]
    rows = [
        Price(
            llm=llms[number % len(llms)],
            route=routes[number % len(llms)] if number % 3 else None,
            unit="input",
            usd=Decimal(number + 1),
            valid_from=datetime(2026, 1, 1 + number % 28, tzinfo=UTC),
        )
        for number in range(missing)
    ]
    unaudited(Price.objects.all()).bulk_create(rows)


# Looking
# ----------------------------------------------------------------------------
def test_a_price_is_shown_and_cannot_be_changed(visitor: Visitor) -> None:
    price = make_price(make_llm(name="Talker"), "2.5", source_url="https://a.example/")

    text = visitor.open(of(price)).text

    assert "A price is never changed." in text
    assert "Talker" in text
    assert "$2.50 per 1M tokens" in text
    assert "In force" in text
    with written() as events:
        visitor.post(of(price), {"usd": "1", "unit": "output"})
        visitor.client.post(of(price, "delete"), {"post": "yes"})
    assert events == []
    assert Price.objects.get().usd == Decimal("2.5")


def test_the_history_of_a_price_is_its_models(visitor: Visitor) -> None:
    price = make_price(make_llm(), "2.5")

    visitor.open(of(price, "history"))

    assert visitor.answer.url == reverse("admin:registry_llmmodel_history", args=[price.llm_id])


# Rights
# ----------------------------------------------------------------------------
@pytest.mark.parametrize("group", ["readers", "operators", "administrators"])
def test_everybody_reads_and_nobody_changes_or_deletes(group: str) -> None:
    price = make_price(make_llm(), "2.5")
    visitor = Visitor(make_user(staff=True, groups=[group]))

    assert listed(visitor) == {price.pk}
    assert visitor.client.post(of(price), {"usd": "1"}).status_code == 403
    assert visitor.client.post(of(price, "delete"), {"post": "yes"}).status_code == 403
    ticked = {"action": "delete_selected", "_selected_action": str(price.pk), "post": "yes"}
    visitor.client.post(LEDGER, ticked)
    assert Price.objects.get().usd == Decimal("2.5")


@pytest.mark.parametrize(
    ("group", "status"), [("readers", 403), ("operators", 302), ("administrators", 302)]
)
def test_operators_and_administrators_enter_prices(group: str, status: int) -> None:
    llm = make_llm()
    visitor = Visitor(make_user(staff=True, groups=[group]))
    typed = {"llm": str(llm.pk), "unit": "input", "usd": "1", "min_prompt_tokens": "0"}

    assert visitor.client.post(ADD, typed).status_code == status
    assert Price.objects.exists() == (status == 302)


def test_without_the_right_nothing_of_it_opens() -> None:
    price = make_price(make_llm(), "2.5")
    visitor = Visitor(None, "llmmodel.view")

    for page in (LEDGER, ADD, of(price), of(price, "history"), ROUTES):
        assert visitor.client.get(page).status_code == 403, page
    assert "/admin/registry/price/" not in visitor.open("/admin/").html


def test_the_menu_leads_to_the_ledger() -> None:
    assert LEDGER in Visitor(None, "price.view").open("/admin/").html


# Injection
# ----------------------------------------------------------------------------
@pytest.mark.invariant("X1")
@pytest.mark.parametrize("payload", ["<script>boom()</script>", '"><img src=x onerror=boom()>'])
def test_what_was_typed_as_a_source_stays_text(visitor: Visitor, payload: str) -> None:
    llm = make_llm(name=payload)
    price = make_price(llm, "1", source_name=payload, source_url="https://a.example/?q=%22%3E")

    pages = (LEDGER, of(price), reverse("admin:registry_llmmodel_change", args=[llm.pk]))
    for page in pages:
        visitor.open(page)
        assert payload in visitor.text
        assert payload not in visitor.html
