"""The ways into the price ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from registry.choices import PriceSource
from registry.models import LLMModel, Price, Route
from registry.services import known_models, prices, workers
from registry.services.llms import save_llm
from registry.services.reference_data import load
from registry.types import LLMChange
from tests.factories import make_llm, make_price, make_route
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.invariants.changes_to_llms import DIALOG
from tests.registry.api.client import MODELS

NOTHING: frozenset[str] = frozenset()
CHANGED = ("price_changed",)
TWO = {"input": Decimal("2.50"), "output": Decimal(10)}
PRICES = "/api/v1/admin/prices"


def priced_llm() -> LLMModel:
    llm = make_llm()
    prices.append(llm, TWO)
    return llm


def appended(stage: Stage | None = None, **how: Any) -> Act:
    return partial(prices.append, make_llm(), TWO, **how)


def appended_to_a_route(_stage: Stage) -> Act:
    route: Route = make_route()
    return partial(prices.append, route.llm, TWO, route=route)


def appended_again(_stage: Stage) -> Act:
    return partial(prices.append, priced_llm(), TWO)


def unheard(_stage: Stage) -> Act:
    """A price of another source, under one that a person typed."""
    return partial(prices.append, priced_llm(), {"input": Decimal(3)}, source=PriceSource.SYNC)


def saved(_stage: Stage) -> Act:
    price = Price(llm=make_llm(), unit="input", usd=Decimal(1))
    return partial(prices.save_price, price)


def saved_with_its_model(_stage: Stage) -> Act:
    llm = make_llm()
    llm.name = "Renamed"
    return partial(save_llm, llm, LLMChange(frozenset({"name"}), pricing=TWO))


def known(_stage: Stage) -> Act:
    """A well-known model comes with its prices."""
    load()
    (entry,) = known_models.find(model_id="gpt-6-astra", llm_type="generation")
    return partial(known_models.add_known, entry)


def asked(_stage: Stage) -> Act:
    tokens = ("--prompt-tokens", "1", "--output-tokens", "1")
    slug = priced_llm().slug
    return partial(call_command, "cost", slug, *tokens, "--as", "boss", stdout=StringIO())


def recommended(_stage: Stage) -> Act:
    priced_llm()
    return partial(call_command, "recommend", "--as", "boss", stdout=StringIO())


def filled(_stage: Stage) -> Act:
    """The form's own way: prices that are still the known ones keep their source."""
    llm = make_llm()
    llm.name = "Renamed"
    return partial(known_models.save_filled, llm, LLMChange(frozenset({"name"}), pricing=TWO))


def begun() -> Any:
    """Enter a price to come; return the moment after it has begun."""
    begins = timezone.now() + timedelta(hours=1)
    make_price(make_llm(), "3", valid_from=begins)
    return begins


def ways_of_price_services() -> Iterator[Way]:
    append, save = "service append", "service save_price"
    later = timezone.now() + timedelta(days=1)
    yield Way(append, appended, CHANGED)
    yield Way(f"{append}: to come", partial(appended, valid_from=later), CHANGED)
    yield Way(f"{append}: of a route", appended_to_a_route, CHANGED)
    yield Way(f"{append}: again", appended_again)
    yield Way(f"{append}: unheard", unheard, CHANGED)
    yield Way(save, saved, CHANGED)
    yield Way("service save_llm: with prices", saved_with_its_model, ("model_updated",))
    yield Way("service save_filled", filled, ("model_updated",))
    yield Way("service add_known", known, ("model_created",))
    # Told when they were entered, with the moment from which they count.
    yield Way("service apply_due", lambda _: partial(prices.apply_due, begun()))
    yield Way("service sweep: prices begin", lambda _: partial(workers.sweep, begun()))


def ways_of_price_api() -> Iterator[Way]:
    def patch(stage: Stage, llm: LLMModel, action: str, body: Any) -> Act:
        return partial(stage.api.patch, f"{MODELS}/{llm.pk}{action}", body)

    body = {"input_cost": "2.50", "output_cost": "10"}
    pricing, detail = "api PATCH models-pricing", "api PATCH models-detail"
    yield Way(
        pricing, lambda stage: patch(stage, make_llm(), "/pricing", body), CHANGED, status=200
    )
    yield Way(
        f"{pricing}: the same",
        lambda stage: patch(stage, priced_llm(), "/pricing", body),
        status=200,
    )
    yield Way(
        f"{detail}: with prices",
        lambda stage: patch(stage, make_llm(), "", {"pricing": body}),
        ("model_updated",),
        status=200,
    )
    yield Way(
        f"{detail}: with the same prices",
        lambda stage: patch(stage, priced_llm(), "", {"pricing": body}),
        status=200,
    )

    def post(stage: Stage) -> Act:
        sent = {"model": str(make_llm().pk), "unit": "input", "usd": "2"}
        return partial(stage.api.post, PRICES, sent)

    yield Way("api POST prices-list", post, CHANGED, status=201)


def ways_of_price_pages() -> Iterator[Way]:
    def entered(stage: Stage, **typed: str) -> Act:
        sent = {"llm": str(make_llm().pk), "unit": "input"} | typed
        return partial(stage.admin.submit, "registry_price_add", **sent)

    def dialog(stage: Stage, **typed: str) -> Act:
        sent = DIALOG | {"unit": "input"} | typed
        return partial(stage.admin.post, "registry_llmmodel_change_price", priced_llm().pk, **sent)

    def form(stage: Stage, **typed: str) -> Act:
        return partial(stage.admin.submit, "registry_llmmodel_change", priced_llm().pk, **typed)

    def forged(stage: Stage, page: str) -> Act:
        price = make_price(make_llm(), "1")
        return partial(stage.admin.post, page, price.pk, usd="2", post="yes")

    add, change = "admin registry_price_add", "admin registry_llmmodel_change_price"
    yield Way(add, partial(entered, usd="2"), CHANGED, status=302)
    yield Way(f"{add}: wrong", partial(entered, usd="-2"), status=200)
    yield Way(change, partial(dialog, usd="2"), CHANGED)
    yield Way(f"{change}: withdrawn", dialog, CHANGED)
    yield Way(f"{change}: wrong", partial(dialog, usd="-2"))
    page = "admin registry_llmmodel_change"
    yield Way(f"{page}: with a price", partial(form, input_cost="3"), ("model_updated",))
    yield Way(f"{page}: with the same prices", form, status=302)
    for verb in ("change", "delete"):
        name = f"registry_price_{verb}"
        yield Way(f"admin {name}: never", partial(forged, page=name), status=403)


def ways_of_prices() -> Iterator[Way]:
    yield from ways_of_price_services()
    yield from ways_of_price_api()
    yield from ways_of_price_pages()
    yield Way("command cost", asked)
    yield Way("command recommend", recommended)
