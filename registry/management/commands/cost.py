"""`manage.py cost`: what does a request cost?"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Any

from django.core.management.base import CommandError
from django.utils.dateparse import parse_date, parse_datetime

from registry.choices import PriceUnit
from registry.management.base import RegistryCommand
from registry.management.tables import table
from registry.models import LLMModel, Route
from registry.services import costs
from registry.services.costs import Cost, Usage
from registry.services.price_book import PriceUsed, usd_text

_HEADINGS = ("unit", "price", "per", "cost", "source", "since", "checked")


class Command(RegistryCommand):
    help = (
        "Print what a request costs in US dollars, exactly, at a model's list price or over a "
        "route; exit 1 if a price that it needs is not known."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("subject", metavar="MODEL_OR_ROUTE", help="by slug or id")
        for name, what in (("prompt", "of the prompt"), ("output", "of the answer")):
            parser.add_argument(
                f"--{name}-tokens", type=int, required=True, metavar="N", help=f"tokens {what}"
            )
        parser.add_argument(
            "--cached-tokens",
            type=int,
            default=0,
            metavar="N",
            help="those of the prompt that come from a cache",
        )
        parser.add_argument(
            "--at",
            metavar="MOMENT",
            type=moment,
            help="a day or a moment whose prices count, such as 2026-01-31; left out it is now",
        )

    def run(self, **options: Any) -> None:
        subject = self._find(options["subject"])
        names = ("prompt_tokens", "output_tokens", "cached_tokens")
        usage = Usage(**{name: options[name] for name in names})
        found = costs.cost(subject, usage, options["at"])
        self.report(options, _told(subject, usage, found), _table(found))

    def _find(self, name: str) -> LLMModel | Route:
        rows = (LLMModel.objects.shared(), Route.objects.filter(llm__owner__isnull=True))
        for found in (every.named(name).first() for every in rows):
            if isinstance(found, LLMModel | Route):
                return found
        raise CommandError(f"there is no model and no route {name!r}")


def moment(text: str) -> datetime:
    """Read an RFC 3339 moment; a bare day is its beginning in UTC."""
    found = parse_datetime(text)
    if found is not None and found.tzinfo is not None:
        return found
    day = parse_date(text)
    if day is None:
        raise ValueError(text)
    return datetime.combine(day, time.min, UTC)


def _told(subject: LLMModel | Route, usage: Usage, found: Cost) -> dict[str, Any]:
    return {
        "model": subject.llm.slug if isinstance(subject, Route) else subject.slug,
        "route": subject.slug if isinstance(subject, Route) else None,
        **asdict(usage),
        "total": usd_text(found.total),
        "parts": {unit: usd_text(usd) for unit, usd in found.parts.items()},
        "prices": [_price(price) for price in found.prices],
        "at": found.at.isoformat(),
    }


def _price(price: PriceUsed) -> dict[str, Any]:
    shown = {**asdict(price), "usd": usd_text(price.usd), "per": PriceUnit(price.unit).per}
    return shown | {"valid_from": price.valid_from.isoformat()}


def _table(found: Cost) -> str:
    rows = []
    for price in found.prices:
        part = usd_text(found.parts[price.unit])
        since = price.valid_from.date().isoformat()
        source = price.source_name or price.source
        checked = "-" if price.checked_on is None else price.checked_on.isoformat()
        per = f"{PriceUnit(price.unit).per:,}"
        rows.append((price.unit, usd_text(price.usd), per, part, source, since, checked))
    return f"{table(_HEADINGS, rows)}\ntotal  {usd_text(found.total)} US dollars"
