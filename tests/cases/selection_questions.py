"""The questions of selection.json, asked of the services; answers in the file's own words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from registry.models import LLMModel, Platform, Provider, Route
from registry.services import selection
from registry.services.call_targets import call_target
from registry.services.costs import Usage

Args = dict[str, Any]
# Amounts are exact, however many zeros they are written with.
MONEY = ("cost", "input", "output", "total")
_MODEL = frozenset({"model"})
_REQUEST = frozenset({"prompt_tokens", "max_output_tokens"})
# The arguments of each question; find_best and query hand theirs to the service, which refuses
# those that it does not know.
WORDS: dict[str, frozenset[str]] = {
    "alternatives": _MODEL,
    "availability": _MODEL,
    "best_route": _MODEL,
    "call_target": frozenset({"model_string", "platform_base_url", "route"}),
    "capability_matrix": frozenset(),
    "capability_search": frozenset({"required", "optional", "excluded"}),
    "cheaper": _MODEL | _REQUEST,
    "cheapest_route": _MODEL | _REQUEST | {"platform", "required_capabilities"},
    "compare_models": _REQUEST | {"models"},
    "compare_platforms": _MODEL | _REQUEST,
    "fallback_chain": _MODEL,
    "find_model": frozenset({"name", "provider"}),
    "request_cost": _MODEL | _REQUEST,
    "routes_for_model": _MODEL,
}


def ask(op: str, args: Args) -> Any:
    """Return the answer. An unknown question or argument fails by its name."""
    assert op in QUESTIONS, f"unknown op: {op}"
    assert set(args) <= WORDS.get(op, set(args)), f"unknown words among {list(args)}"
    return QUESTIONS[op](args)


def exact(answer: Any) -> Any:
    """Return the answer with its amounts as numbers."""
    if isinstance(answer, list):
        return [exact(entry) for entry in answer]
    if not isinstance(answer, dict):
        return answer
    found = dict(answer)
    for name in MONEY:
        if isinstance(found.get(name), str):
            found[name] = Decimal(found[name])
    return found


def _slug(row: LLMModel | Route | None) -> str | None:
    return None if row is None else row.slug


def _slugs(rows: list[Any]) -> list[str]:
    return [row.slug for row in rows]


def _usage(args: Args) -> Usage:
    return Usage(prompt_tokens=args["prompt_tokens"], output_tokens=args["max_output_tokens"])


def _cheapest_route(args: Args) -> Any:
    offer = selection.cheapest_route(
        args["prompt_tokens"],
        args["max_output_tokens"],
        args.get("required_capabilities", ()),
        model=args.get("model"),
        platform=args.get("platform"),
    )
    return None if offer is None else {"route": offer.route.slug, "cost": offer.cost.total}


def _availability(args: Args) -> Any:
    found = selection.availability(args["model"])
    return {platform: _slugs(routes) for platform, routes in found.items()}


def fallback_chain(args: Args) -> Any:
    chain = selection.fallback_chain(args["model"])
    return [{"platform": step.platform.slug, "priority": step.priority} for step in chain]


def _request_cost(args: Args) -> Any:
    cost = selection.request_cost(args["model"], _usage(args))
    return {
        "input": cost.parts["input"],
        "output": cost.parts["output"],
        "total": cost.total,
        "currency": "USD",
    }


def _compare_platforms(args: Args) -> Any:
    return [
        {
            "platform": offer.platform,
            "input": offer.input,
            "output": offer.output,
            "total": offer.total,
        }
        for offer in selection.compare_platforms(args["model"], _usage(args))
    ]


def _compare_models(args: Args) -> Any:
    offers = selection.compare_models(args["models"], _usage(args))
    return [{"model": offer.llm.slug, "total": offer.total} for offer in offers]


def _cheaper(args: Args) -> Any:
    offers = selection.cheaper(args["model"], _usage(args))
    return [{"model": offer.llm.slug, "cost": offer.total} for offer in offers]


def _call_target(args: Args) -> Any:
    """Ask about rows in memory: the case has a catalogue of its own."""
    provider = Provider(slug="case", name="case")
    overrides = {name: text or "" for name, text in args["route"].items()}
    route = Route(
        llm=LLMModel(model_id=args["model_string"], provider=provider),
        platform=Platform(base_url=args["platform_base_url"] or ""),
        provider=provider,
        **overrides,
    )
    return vars(call_target(route))


QUESTIONS: dict[str, Callable[[Args], Any]] = {
    "find_best": lambda args: _slug(selection.find_best(**args)),
    "query": lambda args: _slugs(selection.query(**args)),
    "find_model": lambda args: _slug(selection.find_model(**args)),
    "capability_search": lambda args: _slugs(selection.capability_search(**args)),
    "best_route": lambda args: _slug(selection.best_route(args["model"])),
    "routes_for_model": lambda args: _slugs(selection.routes_for_model(args["model"])),
    "alternatives": lambda args: _slugs(selection.alternatives(args["model"])),
    "availability": _availability,
    "fallback_chain": fallback_chain,
    "cheapest_route": _cheapest_route,
    "capability_matrix": lambda args: selection.capability_matrix(**args),
    "cheaper": _cheaper,
    "request_cost": _request_cost,
    "compare_platforms": _compare_platforms,
    "compare_models": _compare_models,
    "call_target": _call_target,
}
