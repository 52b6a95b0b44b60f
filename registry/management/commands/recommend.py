"""`manage.py recommend`: which model fits, over which route, at what cost?"""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError

from registry.choices import LLMType, Objective, QualityTier
from registry.management.base import RegistryCommand
from registry.management.tables import table
from registry.services import selection
from registry.services.price_book import usd_text
from registry.services.selection import Ranked, Recommendation, Rejected, Requirements

SHOWN = 5  # of the rejected
UNKNOWN = "unknown"
_HEADINGS = (
    *("rank", "model", "context tokens", "USD in / out per 1M", "route"),
    *("USD this request", "optional"),
)
# The options by how their text is read; each is the requirement of its name.
_LISTS = {
    "requires": "capabilities that it must be known to have, separated by commas",
    "optional": "those that are nice to have: the most of them come first",
    "excluded": "those that it must not have",
    "tags": "tags that it must have",
}
_NAMES = {
    "provider": "who makes it, or a platform that serves it",
    "platform": "a platform that serves it over a usable route",
    "family": "its family",
}
_PRICES = {
    "max_input_cost": "US dollars per 1,000,000 tokens at list price; 0 is free",
    "max_output_cost": "the same of the answer's tokens",
}
_WHOLES = {
    "min_context": "tokens that its context window must have",
    "max_context": "tokens that it may have at most",
    "prompt_tokens": "tokens of the request that costs are told for (1000)",
    "output_tokens": "tokens of its answer (500)",
    "limit": "results, 1 to 100 (10)",
}


class Command(RegistryCommand):
    help = (
        "Print the models that fit, ranked, each with its best route and what the request "
        "costs, and why others do not fit; exit 1 if none does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--type", choices=LLMType.values, help="generation, unless given")
        parser.add_argument("--objective", choices=Objective.values, help="what comes first")
        parser.add_argument("--quality-tier", choices=QualityTier.values)
        parser.add_argument(
            "--min-speed-tps", type=float, metavar="TPS", help="output tokens per second"
        )
        parser.add_argument(
            *("--max-output", "--min-output"),
            dest="min_output",
            type=int,
            metavar="N",
            help="tokens that an answer of the model must be able to have",
        )
        for name, what in _LISTS.items():
            parser.add_argument(_option(name), type=_names, metavar="A,B", help=what)
        for name, what in _NAMES.items():
            parser.add_argument(_option(name), metavar="NAME", help=what)
        for name, what in _PRICES.items():
            parser.add_argument(_option(name), metavar="USD", help=what)
        for name, what in _WHOLES.items():
            parser.add_argument(_option(name), type=int, metavar="N", help=what)

    def run(self, **options: Any) -> None:
        words = Requirements.words()
        asked = {name: options[name] for name in words if options.get(name) is not None}
        wanted = Requirements(**asked)
        unknown = selection.unknown_capabilities(
            (*wanted.requires, *wanted.optional, *wanted.excluded)
        )
        if unknown:
            raise CommandError(f"unknown capability: {', '.join(unknown)}")
        found = selection.recommend(wanted)
        self.report(options, _told(found), _text(found))
        if not found.results:
            raise CommandError(f"no model fits; {_reasons(found)}")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _told(found: Recommendation) -> dict[str, Any]:
    return {
        "count": found.count,
        "results": [
            {
                "model": ranked.llm.slug,
                "provider": ranked.llm.provider.slug,
                "model_id": ranked.llm.model_id,
                "context_window": ranked.llm.context_window,
                "input_cost": _usd(ranked.llm.input_cost),
                "output_cost": _usd(ranked.llm.output_cost),
                "route": ranked.route.slug if ranked.route else None,
                "cost": _usd(ranked.cost.total if ranked.cost else None),
                "optional": ranked.optional,
            }
            for ranked in found.results
        ],
        "rejected_count": found.rejected_count,
        "reason_counts": found.reason_counts,
        "rejected": [
            {"model": row.llm.slug, "reasons": [vars(reason) for reason in row.reasons]}
            for row in found.rejected
        ],
    }


def _text(found: Recommendation) -> str:
    rows = [_row(rank, ranked) for rank, ranked in enumerate(found.results, start=1)]
    parts = [table(_HEADINGS, rows)] if rows else []
    if found.rejected:
        parts += [f"not among them: {_reasons(found)}"]
        parts += [f"  {_rejected(row)}" for row in found.rejected[:SHOWN]]
        parts += [f"  and {found.rejected_count - SHOWN:,} more"] * (found.rejected_count > SHOWN)
    return "\n".join(parts)


def _row(rank: int, ranked: Ranked) -> tuple[str, ...]:
    llm = ranked.llm
    context = UNKNOWN if llm.context_window is None else f"{llm.context_window:,}"
    prices = [_usd(usd) or UNKNOWN for usd in (llm.input_cost, llm.output_cost)]
    route = ranked.route.slug if ranked.route else "its own endpoint"
    cost = _usd(ranked.cost.total if ranked.cost else None) or UNKNOWN
    name = f"{llm.provider.slug}:{llm.model_id}"
    return (str(rank), name, context, " / ".join(prices), route, cost, ", ".join(ranked.optional))


def _usd(usd: Decimal | None) -> str | None:
    return None if usd is None else usd_text(usd)


def _reasons(found: Recommendation) -> str:
    counts = [f"{code} {count}" for code, count in found.reason_counts.items()]
    return ", ".join(counts) or "there are no models of this type"


def _rejected(row: Rejected) -> str:
    return f"{row.llm.slug}: {' '.join(reason.message for reason in row.reasons)}"
