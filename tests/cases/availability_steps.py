"""The steps of availability.json, done and seen through the services, in the file's own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from registry.errors import NoneListedError, NoneReadyError
from registry.services import clients
from tests.clock import Clock

Step = dict[str, Any]

# What a step may say beside what it does or sees.
DO: dict[str, frozenset[str]] = {
    "register": frozenset({"client", "provider", "models"}),
    "unregister": frozenset({"client"}),
    "quota_exceeded": frozenset({"client", "model"}),
    "quota_clear": frozenset({"client", "model"}),
    "suspend": frozenset({"client", "model", "reason"}),
    "resume": frozenset({"client", "model"}),
    "advance": frozenset({"seconds"}),
    "cleanup": frozenset(),
}
SEE: dict[str, frozenset[str]] = {
    "count": frozenset({"model"}),
    "providers": frozenset({"model"}),
    "listed": frozenset({"handler"}),
    "listed_order": frozenset({"handler"}),
    "entry": frozenset({"handler", "model"}),
    "first": frozenset({"handler"}),
    "supports": frozenset({"client", "model"}),
    "client_models": frozenset({"client"}),
    "client_info": frozenset({"client", "model"}),
    "info": frozenset({"model", "provider"}),
    "by_provider": frozenset({"provider"}),
}
# The value that is right, and what the seed answers instead.
EXPECTED = frozenset({"is", "seed"})
# What a list calls its entries.
NAMED = {"gemini": "name"}


def words(step: Step) -> frozenset[str]:
    """Return what a step may say. An unknown deed or question fails by its name."""
    if "do" in step:
        assert step["do"] in DO, f"unknown deed: {step['do']}"
        return DO[step["do"]] | {"do"}
    assert step.get("see") in SEE, f"unknown question: {step.get('see')}"
    return SEE[step["see"]] | {"see"} | EXPECTED


def carry_out(clock: Clock, step: Step) -> None:
    """Do a step, or compare what it sees."""
    assert set(step) <= words(step), f"unknown words among {list(step)}"
    if "do" in step:
        DEEDS[step["do"]](clock, step)
    else:
        compare(step, QUESTIONS[step["see"]](clock, step))


def compare(step: Step, found: Any) -> None:
    expected = step["is"]
    if step["see"] in ("listed", "by_provider"):
        assert Counter(found) == Counter(expected)
    elif step["see"] in ("client_info", "info") and expected is not None and found is not None:
        assert {name: found.get(name) for name in expected} == expected
    else:
        assert found == expected


def listed(clock: Clock, handler: str) -> list[str]:
    entries = clients.available(handler, now=clock.now)
    return [entry[NAMED.get(handler, "id")] for entry in entries]


def _first(clock: Clock, step: Step) -> Any:
    try:
        return clients.first_available(now=clock.now)
    except (NoneListedError, NoneReadyError) as error:
        return {"error": error.code}


def _client_models(clock: Clock, step: Step) -> list[str] | None:
    found = clients.client_models(step["client"])
    return None if found is None else [info["id"] for info in found]


def _by_provider(clock: Clock, step: Step) -> list[str]:
    entries = clients.available("", provider=step["provider"], now=clock.now)
    return [entry["id"] for entry in entries]


DEEDS: dict[str, Callable[[Clock, Step], object]] = {
    "register": lambda clock, step: clients.register(
        step["client"], step["provider"], step["models"], now=clock.now
    ),
    "unregister": lambda clock, step: clients.unregister(step["client"], now=clock.now),
    "quota_exceeded": lambda clock, step: clients.mark_quota(
        step["client"], step["model"], now=clock.now
    ),
    "quota_clear": lambda clock, step: clients.clear_quota(
        step["client"], step["model"], now=clock.now
    ),
    "suspend": lambda clock, step: clients.suspend(
        step["client"], step["model"], step.get("reason", ""), now=clock.now
    ),
    "resume": lambda clock, step: clients.resume(step["client"], step["model"], now=clock.now),
    "advance": lambda clock, step: clock.advance(step["seconds"]),
    "cleanup": lambda clock, step: clients.clear_ended(clock.now),
}
QUESTIONS: dict[str, Callable[[Clock, Step], Any]] = {
    "count": lambda clock, step: clients.count(step["model"], clock.now),
    "providers": lambda clock, step: clients.providers(step["model"], clock.now),
    "listed": lambda clock, step: listed(clock, step["handler"]),
    "listed_order": lambda clock, step: listed(clock, step["handler"]),
    "entry": lambda clock, step: clients.available_entry(
        step["handler"], step["model"], now=clock.now
    ),
    "first": _first,
    "supports": lambda clock, step: clients.supports(step["client"], step["model"]),
    "client_models": _client_models,
    "client_info": lambda clock, step: clients.client_info(step["client"], step["model"]),
    "info": lambda clock, step: clients.info(step["model"], step.get("provider"), clock.now),
    "by_provider": _by_provider,
}
