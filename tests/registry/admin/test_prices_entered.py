"""The ledger's form: what it takes, what it refuses, and what it offers to choose."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from registry.models import LLMModel, Price
from tests.factories import make_llm, make_route, make_user
from tests.registry.admin.visits import Visitor
from tests.trail import written

pytestmark = pytest.mark.django_db

ADD = "/admin/registry/price/add/"
ROUTES = "/admin/registry/price/choices/routes/"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_a_price_is_entered_with_all_that_is_known_of_it(visitor: Visitor) -> None:
    llm = make_llm()
    route = make_route(llm)
    typed = {
        "llm": str(llm.pk),
        "route": str(route.pk),
        "unit": "output",
        "usd": "0.000000001",
        "min_prompt_tokens": "200000",
        "valid_from": "2026-05-01T10:00",
        "source_name": "Price list",
        "source_url": "https://acme.example/prices?tab=1#now",
        "checked_on": "2026-05-02",
    }

    with written() as events:
        visitor.post(ADD, typed)

    price = Price.objects.get()
    assert (price.llm, price.route, price.unit) == (llm, route, "output")
    assert price.usd == Decimal("0.000000001")
    assert price.valid_from == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert (price.source, price.source_name) == ("manual", "Price list")
    assert price.source_url == "https://acme.example/prices?tab=1#now"
    assert events.names == ["price_changed"]


def test_the_price_in_force_moves_with_it(visitor: Visitor) -> None:
    llm = make_llm()

    visitor.post(ADD, {"llm": str(llm.pk), "unit": "input", "usd": "2", "min_prompt_tokens": "0"})

    assert LLMModel.objects.get().input_cost == Decimal(2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("llm", ""),
        ("llm", "no uuid"),
        ("route", "no uuid"),
        ("unit", ""),
        ("unit", "word"),
        ("usd", "-0.01"),
        ("usd", "NaN"),
        ("usd", "Infinity"),
        ("usd", "1e400"),
        ("usd", "0.0000000001"),
        ("usd", "1000000"),
        ("usd", "true"),
        ("min_prompt_tokens", "-1"),
        ("min_prompt_tokens", str(2**63)),
        ("min_prompt_tokens", ""),
        ("valid_from", "tomorrow"),
        ("source_name", "a\0b"),
        ("source_name", "turned \u202e round"),
        ("source_name", "x" * 50_000),
        ("source_url", "javascript:alert(1)"),
        ("source_url", "data:text/html,x"),
        ("source_url", "ftp://acme.example/"),
        ("source_url", "https://acme.example/\u202e"),
        ("checked_on", "2026-02-30"),
    ],
)
def test_what_is_wrong_stands_at_its_field(visitor: Visitor, field: str, value: str) -> None:
    llm = make_llm()
    typed = {"llm": str(llm.pk), "unit": "input", "usd": "1", "min_prompt_tokens": "0"}

    visitor.post(ADD, typed | {field: value})

    assert visitor.status == 200
    assert set(visitor.answer.context["adminform"].form.errors) == {field}
    assert not Price.objects.exists()


def test_a_route_of_another_model_is_refused(visitor: Visitor) -> None:
    llm, other = make_llm(), make_route()
    typed = {"llm": str(llm.pk), "route": str(other.pk), "unit": "input", "usd": "1"}

    visitor.post(ADD, typed | {"min_prompt_tokens": "0"})

    assert set(visitor.answer.context["adminform"].form.errors) == {"route"}
    assert not Price.objects.exists()


def test_a_persons_own_model_cannot_be_priced_here(visitor: Visitor) -> None:
    own = make_llm(owner=make_user())

    visitor.post(ADD, {"llm": str(own.pk), "unit": "input", "usd": "1", "min_prompt_tokens": "0"})

    assert set(visitor.answer.context["adminform"].form.errors) == {"llm"}


def test_the_form_starts_with_the_model_that_another_page_names(visitor: Visitor) -> None:
    llm = make_llm(name="Named")

    assert "Named" in visitor.open(ADD, llm=str(llm.pk)).text
    assert visitor.open(ADD, llm="<script>", route="no").status == 200


def test_routes_are_offered_of_the_chosen_model_only(visitor: Visitor) -> None:
    llm = make_llm()
    route = make_route(llm, slug="talker@acme")
    make_route()

    answer = visitor.client.get(ROUTES, {"llm": str(llm.pk), "term": "ACME"}).json()

    assert answer["results"] == [{"id": str(route.pk), "text": "talker@acme"}]
    assert visitor.client.get(ROUTES, {"llm": "no"}).json()["results"] == []
    assert visitor.client.get(ROUTES).json()["results"] == []
