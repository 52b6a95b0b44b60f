"""The price ledger: what is appended to it, and what of it is in force."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.validators import URLValidator
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.choices import PriceUnit
from registry.fields import refuse_control_characters
from registry.models import LLMModel, Price, Route
from registry.services import change_log
from registry.services.clock import database_now
from registry.services.price_book import PriceBook, usd_text
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, current_revision, refresh, store
from registry.types import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from audit.operations import Operation
    from registry.services.price_book import PriceUsed

NO_CHANGE = Change(frozenset())
# What is kept on models and routes for choosing and sorting rows.
_IN_FORCE = ("input_cost", "output_cost", "has_tiers")
_ROWS_AT_ONCE = 500  # in one UPDATE
_MODELS_AT_ONCE = 1_000  # in one transaction of the sweep
_is_web_page = URLValidator(schemes=["http", "https"])


def append(
    llm: LLMModel,
    usd: Mapping[str, Decimal | None],
    *,
    route: Route | None = None,
    valid_from: datetime | None = None,
    change: Change = NO_CHANGE,
    **origin: Any,
) -> list[Price]:
    """Append the prices by unit to the ledger, from `valid_from` (None: now) on.

    Null withdraws what the same source said before. What the source says already is not said
    again: doing it twice appends once. `origin` are other columns of a price: source,
    source_name, source_url, checked_on, min_prompt_tokens. Raises ValidationError by field
    (`input_cost`, ...), StaleRevisionError, GoneError.
    """
    with catalogue_write("price_changed", llm) as running:
        stored = refresh(llm, Change(frozenset(), change.expected_revision))
        rows = write(llm, usd, running, route=route, valid_from=valid_from, **origin)
        if rows:
            store(llm, stored, touched=True)
    return rows


def write(
    llm: LLMModel,
    usd: Mapping[str, Decimal | None],
    running: Operation,
    *,
    route: Route | None = None,
    valid_from: datetime | None = None,
    **origin: Any,
) -> list[Price]:
    """Do the same inside an operation on the stored `llm`, whose revision it does not move."""
    now = database_now()
    columns = origin | {"llm": llm, "route": route, "valid_from": valid_from or now}
    rows = [Price(**columns | {"unit": unit, "usd": amount}) for unit, amount in usd.items()]
    problems = Problems()
    for row in rows:
        with problems.gather(usd=_field(row.unit)):
            _check(row)
    problems.finish()
    rows = _unsaid(rows)
    if rows:
        _enter(rows, running, now)
    return rows


def write_typed(
    llm: LLMModel,
    usd: Mapping[str, Decimal | None],
    running: Operation,
    *,
    route: Route | None = None,
) -> list[Price]:
    """Append those list prices, or a route's own, that are not in force already, as typed.

    A form or a body that repeats what it was shown makes no price of another source his own.
    """
    book = PriceBook.load([llm.pk])
    new = {unit: amount for unit, amount in usd.items() if _own(book, llm, route, unit) != amount}
    return write(llm, new, running, route=route)


def check(usd: Mapping[str, Decimal | None], problems: Problems) -> None:
    """Note what is wrong with the prices of a model that need not be stored yet."""
    for unit, amount in usd.items():
        with problems.gather(usd=_field(unit)):
            _check(Price(**{"unit": unit, "usd": amount, "valid_from": timezone.now()}))


def _own(book: PriceBook, llm: LLMModel, route: Route | None, unit: str) -> Decimal | None:
    price = book.tier(llm.pk, None if route is None else route.pk, unit, 0)
    return None if price is None else price.usd


def save_price(price: Price) -> Price:
    """Append one price as it stands. Raises ValidationError by column, GoneError."""
    llm = price.llm
    with catalogue_write("price_changed", llm) as running:
        stored = refresh(llm, NO_CHANGE)
        now = database_now()
        if getattr(price, "valid_from", None) is None:
            price.valid_from = now
        _check(price)
        _enter([price], running, now)
        store(llm, stored, touched=True)
    return price


def _field(unit: str) -> str:
    return PriceUnit(unit).field if unit in PriceUnit.values else unit


def _check(price: Price) -> None:
    problems = Problems()
    with problems.gather():
        price.full_clean(exclude=("llm", "route"))
    if price.usd is not None and not price.usd:
        price.usd = Decimal(0)  # a minus before it says nothing
    if price.route is not None and price.route.llm_id != price.llm_id:
        problems.add("route", _("This is a route of another model."))
    if price.source_url and "source_url" not in problems.found:
        with problems.gather(**{NON_FIELD_ERRORS: "source_url"}):
            _check_page(price.source_url)
    problems.finish()


def _check_page(address: str) -> None:
    """Refuse what is no page to open: a script or a file would be a trap for the reader."""
    refuse_control_characters(address)
    _is_web_page(address)


def _unsaid(rows: list[Price]) -> list[Price]:
    """Leave out what the same source says already at that moment."""
    kept = []
    for row in rows:
        said = (
            Price.objects.live()
            .begun(row.valid_from)
            .filter(
                llm=row.llm,
                route=row.route,
                unit=row.unit,
                min_prompt_tokens=row.min_prompt_tokens,
                source=row.source,
            )
            .newest_first()
            .first()
        )
        if not _says_the_same(row, said):
            kept.append(row)
    return kept


def _says_the_same(row: Price, said: Price | None) -> bool:
    if said is None or said.usd is None or row.usd is None:
        return row.usd is None and (said is None or said.usd is None)
    names = ("usd", "source_name", "source_url", "checked_on", "state")
    return all(getattr(row, name) == getattr(said, name) for name in names)


def _enter(rows: list[Price], running: Operation, now: datetime) -> None:
    """Store the rows, which begin at one moment; tell what was in force then and what is now."""
    llm, begins = rows[0].llm, rows[0].valid_from
    before = PriceBook.load([llm.pk], begins)
    for row in rows:
        row.save()
    after = PriceBook.load([llm.pk], begins)
    told = {_told_name(row): [_usd(before, row), _usd(after, row)] for row in rows}
    running.story(llm).merge({name: both for name, both in told.items() if both[0] != both[1]})
    if begins != now:
        running.tell(valid_from=begins.isoformat())
    # A word that does not count, under what a person typed, is on the trail all the same.
    # Of a route that is changed with its prices the model's event tells those.
    running.always |= running.subject == llm
    _bring_in(after if begins == now else PriceBook.load([llm.pk], now), {llm.pk})
    llm.refresh_from_db(fields=_IN_FORCE)


def _told_name(row: Price) -> str:
    """Name a price on the trail: pricing.input_cost, with `>=200000` tokens and `@route`."""
    tier = f">={row.min_prompt_tokens}" if row.min_prompt_tokens else ""
    route = f"@{row.route.slug}" if row.route else ""
    return f"pricing.{_field(row.unit)}{tier}{route}"


def _usd(book: PriceBook, row: Price) -> str | None:
    price = book.tier(row.llm_id, row.route_id, row.unit, row.min_prompt_tokens)
    return None if price is None else usd_text(price.usd)


def apply(llm_ids: Iterable[UUID], now: datetime | None = None) -> None:
    """Bring the prices in force on models and their routes up to the ledger.

    To be called under the catalogue's lock. The number of queries does not depend on the number
    of models, but for an UPDATE per 500 rows that differ.
    """
    ids = set(llm_ids)
    _bring_in(PriceBook.load(ids, now), ids)


def _bring_in(book: PriceBook, ids: set[UUID]) -> None:
    read = ("revision", *_IN_FORCE)
    llms = LLMModel.objects.filter(pk__in=ids).only(*read)
    _bring_up(llms, lambda row: book.own_prices(row.pk, None))
    routes = Route.objects.filter(llm__in=ids).only("llm", *read)
    _bring_up(routes, lambda row: book.own_prices(row.llm_id, row.pk))
    begun = Price.objects.due(book.at).filter(llm__in=ids)
    tracking.unaudited(begun).update(is_applied=True)


def _bring_up(rows: QuerySet[Any], prices_of: Callable[[Any], list[PriceUsed]]) -> None:
    """Write what `prices_of` finds in force on each row, where it differs.

    A route's answer is another one then; of a model whoever writes moves the revision.
    """
    moved = []
    for row in rows:
        found = prices_of(row)
        base = {price.unit: price.usd for price in found if not price.min_prompt_tokens}
        has_tiers = any(
            price.min_prompt_tokens or price.unit == PriceUnit.REQUEST for price in found
        )
        new = (base.get(PriceUnit.INPUT), base.get(PriceUnit.OUTPUT), has_tiers)
        if new != tuple(getattr(row, name) for name in _IN_FORCE):
            row.input_cost, row.output_cost, row.has_tiers = new
            row.revision += rows.model is Route
            moved.append(row)
    columns = (*_IN_FORCE, "revision")
    tracking.unaudited(rows).bulk_update(moved, columns, batch_size=_ROWS_AT_ONCE)


def apply_due(now: datetime | None = None) -> int:
    """Bring the prices in force up to the moment where later ones have begun; count the models.

    Each price is on the trail since it was entered, with the moment from which it counts: this
    writes no event, but moves the revisions of the models and of the catalogue. Running it twice
    does no more.
    """
    done = 0
    while due := _due(database_now(now)):
        with catalogue_write("prices_begun"):
            # As of a moment under the lock: whoever wrote before it has applied his own.
            apply(due, now)
            begun = tracking.unaudited(LLMModel.objects.filter(pk__in=due))
            begun.update(revision=F("revision") + 1)
            change_log.note_begun(due, current_revision() + 1)
        done += len(due)
    return done


def _due(moment: datetime) -> list[UUID]:
    ids = Price.objects.due(moment).order_by("llm").values_list("llm", flat=True).distinct()
    return list(ids[:_MODELS_AT_ONCE])
