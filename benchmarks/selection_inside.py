"""`python -m benchmarks.selection_inside grow|measure N`: the parts that need Django, as JSON."""

from __future__ import annotations

import gc
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from typing import Any

import django

from audit import context

ROUTES = 3  # of each model
PROVIDERS, PLATFORMS = 20, 6
CAPABILITIES = ("tools", "vision", "json_mode", "streaming")
_BULK = 500  # rows of one INSERT
_TURNS = 16  # the first one is not counted
_WANTED = "tools"


def grow(total: str) -> dict[str, Any]:
    """Add models with routes, prices and capabilities, up to `total`; always the same ones."""
    models = import_module("registry.models")
    revision = import_module("registry.services.revision")
    begin = models.LLMModel.objects.count()
    with revision.catalogue_write("catalogue_filled"):
        _add(models, range(begin, int(total)))
    connection = import_module("django.db").connection
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    filling = import_module("benchmarks.filling")
    return dict(filling.ways_in(filling.person()))


def _add(models: Any, numbers: range) -> None:
    plain = import_module("audit.tracking").unaudited
    now = import_module("django.utils.timezone").now()
    chance = random.Random(len(numbers))  # noqa: S311  # chance, no secret
    providers = [_named(models.Provider, f"maker{number}") for number in range(PROVIDERS)]
    platforms = [_named(models.Platform, f"platform{number}") for number in range(PLATFORMS)]
    words = [models.Capability.objects.get(name=name) for name in CAPABILITIES]
    llms = [_llm(models, number, chance.choice(providers), chance) for number in numbers]
    routes = [
        _route(models, llm, platform, priority, chance)
        for llm in llms
        for priority, platform in enumerate(chance.sample(platforms, ROUTES), start=1)
    ]
    links = [
        models.ModelCapability(llm=llm, capability=word, supported=chance.random() < 0.8)
        for llm in llms
        for word in words
        if chance.random() < 0.7
    ]
    prices = [
        models.Price(llm=llm, route=route, unit=unit, usd=usd, valid_from=now, is_applied=True)
        for row in (*llms, *routes)
        for unit, usd in (("input", row.input_cost), ("output", row.output_cost))
        if usd is not None
        for llm, route in ([(row.llm, row)] if isinstance(row, models.Route) else [(row, None)])
    ]
    for rows in (llms, routes, links, prices):
        if rows:
            plain(type(rows[0]).objects.all()).bulk_create(rows, _BULK)


def _named(table: Any, slug: str) -> Any:
    return table.objects.get_or_create(slug=slug, defaults={"name": slug})[0]


def _llm(models: Any, number: int, provider: Any, chance: random.Random) -> Any:
    usd = chance.choice([None, Decimal(0), Decimal(chance.randrange(1, 2000)) / 100])
    return models.LLMModel(
        slug=f"model-{number:05}",
        type="generation",
        mode="chat",
        provider=provider,
        name=f"Model {number:05}",
        model_id=f"model-{number:05}",
        context_window=chance.choice([None, 8_192, 32_000, 128_000, 200_000]),
        max_output_tokens=chance.choice([None, 2_048, 8_192]),
        tokens_per_second=chance.choice([None, 50.0, 100.5]),
        input_cost=usd,
        output_cost=None if usd is None else 4 * usd,
        revision=1,
    )


def _route(models: Any, llm: Any, platform: Any, priority: int, chance: random.Random) -> Any:
    has_own = llm.input_cost is not None and chance.random() < 0.5
    return models.Route(
        slug=f"{llm.slug}@{platform.slug}",
        llm=llm,
        platform=platform,
        provider=llm.provider,
        priority=priority,
        status=chance.choice(["active", "active", "inactive"]),
        input_cost=llm.input_cost + 1 if has_own else None,
        revision=1,
    )


def measure() -> dict[str, dict[str, float]]:
    """Return the medians of each question: milliseconds, and its ratios to the bare query.

    Each is asked in turns with the bare query, A B, B A, ..., so that whatever else the machine
    does falls on both alike; a ratio is of one such pair. `bare` is the query as the database's
    driver answers it, `values` the same rows as Django's ORM reads them.
    """
    selection = import_module("registry.services.selection")
    wanted = selection.Requirements
    asked: dict[str, Callable[[], Any]] = {
        "bare": _bare,
        "values": lambda: list(_bare_rows()),
        **{
            f"recommend {objective}": _asking(
                selection.recommend, wanted(requires=(_WANTED,), objective=objective)
            )
            for objective in ("best", "cheapest", "fastest", "context")
        },
        "cheapest route": _asking(selection.cheapest_route, 1000, 500, (_WANTED,)),
        "find_best": lambda: selection.find_best(requires_tools=True, min_context=100_000),
    }
    pairs = {name: _pairs(asked["bare"], ask) for name, ask in asked.items()}
    by_bare = {name: statistics.median(ms / bare for bare, ms in pairs[name]) for name in asked}
    return {
        "ms": {name: statistics.median(ms for _bare, ms in pairs[name]) for name in asked},
        "by_bare": by_bare,
        "by_values": {name: by_bare[name] / by_bare["values"] for name in asked},
    }


def _pairs(bare: Callable[[], Any], ask: Callable[[], Any]) -> list[tuple[float, float]]:
    """Return the milliseconds of the bare query and of a question beside it, turn by turn."""
    found = []
    for turn in range(_TURNS):
        if turn % 2:
            found.append((_ms(bare), _ms(ask)))
        else:
            ms = _ms(ask)
            found.append((_ms(bare), ms))
    return found[1:]


def _asking(ask: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    return lambda: ask(*arguments)


def _bare() -> list[Any]:
    """Read the bare rows with a cursor: plain SQL, and not one value made into an object."""
    connection = import_module("django.db").connection
    with connection.cursor() as cursor:
        cursor.execute(*_bare_rows().query.sql_with_params())
        found: list[Any] = cursor.fetchall()
    return found


def _bare_rows() -> Any:
    """Return what no answer can do without: the usable routes of the models that fit, with prices.

    One query, in the order of the list price: which route is cheapest, or first, of which model
    cannot be said with less. Nothing of the models that do not fit.
    """
    models = import_module("registry.models")
    rows = models.Route.objects.usable().filter(
        llm__type="generation",
        llm__owner=None,
        llm__status__in=("active", "beta"),
        llm__capabilities__capability__name=_WANTED,
        llm__capabilities__supported=True,
    )
    columns = ("pk", "llm_id", "input_cost", "output_cost", "llm__input_cost", "llm__output_cost")
    return rows.order_by("llm__input_cost").values_list(*columns)


def _ms(ask: Callable[[], Any]) -> float:
    """Measure without the collector: a look at all of Django would fall on any one question."""
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    ask()
    ms = (time.perf_counter() - began) * 1000
    gc.enable()
    return ms


if __name__ == "__main__":
    django.setup()
    with context.use(source="system"):
        parts: dict[str, Callable[..., dict[str, Any]]] = {"grow": grow, "measure": measure}
        answer = parts[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(answer))
