"""The steps of roles.json, done and seen through the services, in the file's own words."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from django.core.exceptions import ValidationError

from registry.errors import RegistryError
from registry.services.revision import current_revision
from tests.cases.roles_deeds import DEEDS
from tests.cases.roles_people import FIRST, World
from tests.cases.roles_questions import QUESTIONS

Step = dict[str, Any]

STEP_WORDS = frozenset({"do", "see", "args", "as", "is", "returns", "seed"})
# What the arguments of a step may be.
DO: dict[str, frozenset[str]] = {
    "set_role": frozenset({"role", "priority", "model_id"}),
    "save_google_account": frozenset({"account_id", "label", "api_key"}),
    "remove_google_account": frozenset({"account_id"}),
    "save_host": frozenset({"host_id", "label", "api_url", "api_key", "host_type"}),
    "remove_host": frozenset({"host_id"}),
    "save_model": frozenset({"model_id", "host_id", "label", "model_name", "context_k", "tags"}),
    "save_cloud_model": frozenset(
        {"model_id", "provider", "model_name", "label", "account_id", "credential_id"}
        | {"context_k", "tags"}
    ),
    "remove_model": frozenset({"model_id"}),
    "load": frozenset(),
}
SEE: dict[str, frozenset[str]] = {
    "role": frozenset({"role"}),
    "best_local": frozenset({"role"}),
    "google_key": frozenset({"account"}),
    "masked_accounts": frozenset(),
    "all_models": frozenset(),
    "defined_roles": frozenset(),
    "slots": frozenset({"role"}),
    "models": frozenset(),
    "hosts": frozenset(),
    "accounts": frozenset(),
    "credentials": frozenset(),
    "model": frozenset({"id"}),
    "host": frozenset({"id"}),
    "account": frozenset({"id"}),
    "catalog": frozenset({"provider"}),
    "version": frozenset(),
    "persisted": frozenset(),
    "original_preserved": frozenset(),
    "model_count": frozenset(),
    "host_count": frozenset(),
    "account_count": frozenset(),
    "host_models": frozenset({"host_type", "api_url", "api_key", "payload"}),
}
# Where of a map only the keys that the case gives are compared.
PARTLY = frozenset("role best_local model host account catalog masked_accounts".split())
# Deeds that answer whether they were done; the others name what they have saved.
YES_OR_NO = ("set_role", "remove_google_account", "remove_host", "remove_model")
ANYTHING = "$any"
INVALID = {"error": "invalid"}
_NOTHING = object()


def carry_out(world: World, step: Step) -> None:
    """Do a step and compare what it returns, or compare what it sees. Seeing writes nothing."""
    assert set(step) <= STEP_WORDS, f"unknown words among {list(step)}"
    known = words(step)
    args = {name: named(world, value) for name, value in step.get("args", {}).items()}
    assert set(args) <= known, f"unknown words among {list(args)}"
    if "do" in step:
        found = done(world, step, args)
        if "returns" in step:
            assert fits(world, step["returns"], found), f"returned {found!r}"
        return
    revision = current_revision()
    found = seen(world, step, args)
    assert fits(world, step["is"], found, partly=step["see"] in PARTLY), f"saw {found!r}"
    assert current_revision() == revision, "seeing has written"


def words(step: Step) -> frozenset[str]:
    """Return what the arguments may be. An unknown deed or question fails by its name."""
    if "do" in step:
        assert step["do"] in DO, f"unknown deed: {step['do']}"
        assert "is" not in step, "a deed returns"
        return DO[step["do"]]
    assert step.get("see") in SEE, f"unknown question: {step.get('see')}"
    assert "is" in step, "a question says what is right"
    return SEE[step["see"]]


def done(world: World, step: Step, args: dict[str, Any]) -> Any:
    verb, name = step["do"], step.get("as", FIRST)
    try:
        return DEEDS[verb](world, name, args)
    except ValidationError as error:
        return named_refusal(error, False if verb in YES_OR_NO else INVALID)


def seen(world: World, step: Step, args: dict[str, Any]) -> Any:
    person = world.person(step.get("as", FIRST))
    try:
        return QUESTIONS[step["see"]](world, person, args)
    except ValidationError as error:
        return named_refusal(error, INVALID)
    except RegistryError as error:
        return {"error": error.code}


def named_refusal(error: ValidationError, answer: Any) -> Any:
    """Return the answer; an error that names no field is a broken program and no refusal."""
    if not hasattr(error, "error_dict"):
        raise error
    return answer


def named(world: World, value: Any) -> Any:
    """Return an argument with the ids that the implementation has made in place of their words."""
    if isinstance(value, str) and value.startswith("$"):
        assert value in world.names, f"nothing has been named {value}"
        return world.names[value]
    return value


def fits(world: World, expected: Any, found: Any, *, partly: bool = False) -> bool:
    """Compare as the header says; `$new` takes the first id that it meets."""
    if isinstance(expected, str) and expected.startswith("$"):
        return expected == ANYTHING or fits_name(world, expected, found)
    if isinstance(expected, dict) and isinstance(found, dict):
        return fits_map(world, expected, found, partly=partly)
    if isinstance(expected, list) and isinstance(found, list):
        pairs = zip_longest(expected, found, fillvalue=_NOTHING)
        return all(fits(world, first, second, partly=partly) for first, second in pairs)
    return type(expected) is type(found) and bool(expected == found)


def fits_name(world: World, word: str, found: Any) -> bool:
    if word in world.names:
        return bool(found == world.names[word])
    if not isinstance(found, str) or not found or found in world.names.values():
        return False
    world.names[word] = found
    return True


def fits_map(
    world: World, expected: dict[str, Any], found: dict[str, Any], *, partly: bool
) -> bool:
    """Null is what is absent, null, or blank with us."""
    if not partly and set(expected) != set(found):
        return False
    return all(
        found.get(name) in (None, "")
        if partly and value is None
        else fits(world, value, found.get(name), partly=partly)
        for name, value in expected.items()
    )
