"""The ways into the catalogue at the two mounts that applications read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from registry.models import LLMModel, Platform, Provider, Route
from registry.services.defaults import set_default
from tests.factories import make_llm, make_platform, make_provider, make_route
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.invariants.changes_to_llms import MOVED, seeing_llm, used_llm
from tests.invariants.changes_to_prices import priced_llm
from tests.invariants.changes_to_routes import PRICING, routed_llm
from tests.registry.api.client import KEY

# The beginning of the names and of the addresses.
MOUNTS = {"": "/api/v1", "registry-": "/api/registry"}


@dataclass(frozen=True)
class Kind:
    """A resource of both mounts; `new` returns a body in the names of ours and of the other."""

    noun: str
    make: Callable[[], Any]
    new: Callable[[], tuple[dict[str, Any], dict[str, Any]]]
    column: str = "name"
    wrong: Any = ""

    def body(self, prefix: str) -> dict[str, Any]:
        ours, theirs = self.new()
        return theirs if prefix else ours


def _new_llm() -> tuple[dict[str, Any], dict[str, Any]]:
    provider = make_provider().slug
    ours = {"provider": provider, "type": "generation", "name": "New", "model_id": "new"}
    theirs = {"provider_id": provider, "model_id": "new", "name": "New", "model_string": "new"}
    more = {"pricing": PRICING, "api_key": KEY}
    return ours | more, theirs | more


def _new_provider() -> tuple[dict[str, Any], dict[str, Any]]:
    more = {"name": "New", "dialect": "openai"}
    return {"slug": "new", **more}, {"provider_id": "new", **more}


def _new_platform() -> tuple[dict[str, Any], dict[str, Any]]:
    providers = [make_provider().slug]
    ours = {"slug": "new", "name": "New", "providers": providers}
    return ours, {"platform_id": "new", "name": "New", "supported_providers": providers}


def _new_route() -> tuple[dict[str, Any], dict[str, Any]]:
    llm, platform = make_llm().slug, make_platform().slug
    return {"model": llm, "platform": platform}, {"model_id": llm, "platform_id": platform}


KINDS = (
    Kind("model", make_llm, _new_llm),
    Kind("provider", make_provider, _new_provider),
    Kind("platform", make_platform, _new_platform),
    Kind("route", make_route, _new_route, column="priority", wrong=0),
)


def address(prefix: str, row: LLMModel | Provider | Platform | Route, action: str = "") -> str:
    return f"{MOUNTS[prefix]}/{row._meta.model_name}s/{row.slug}{action}".replace(
        "llmmodel", "model"
    )


def rows(kind: Kind, prefix: str) -> Iterator[Way]:
    """Yield the four verbs of one resource at one mount."""
    at = f"{MOUNTS[prefix]}/{kind.noun}s"
    name, noun = f"{prefix}{kind.noun}", kind.noun
    new = {kind.column: 7 if kind.column == "priority" else "Renamed"}

    def call(method: str, sent: Any, **headers: str) -> Callable[[Stage], Act]:
        return lambda stage: partial(
            stage.api.call, method, address(prefix, kind.make()), sent, **headers
        )

    def post(stage: Stage, **headers: str) -> Act:
        return partial(stage.api.post, at, kind.body(prefix), **headers)

    def repeated(stage: Stage) -> Act:
        act = post(stage, Idempotency_Key=f"a {noun}")
        made = act()
        assert made.status_code == 201, made.content
        return act

    def the_same(stage: Stage) -> Act:
        row = kind.make()
        return partial(
            stage.api.patch, address(prefix, row), {kind.column: getattr(row, kind.column)}
        )

    yield Way(f"api POST {name}s", post, (f"{noun}_created",), status=201)
    yield Way(f"api POST {name}s: repeated", repeated, status=201)
    yield Way(f"api POST {name}s: wrong", lambda stage: partial(stage.api.post, at, {}), status=400)
    for method in ("PUT", "PATCH"):
        way, wrong = f"api {method} {name}", {kind.column: kind.wrong}
        yield Way(way, call(method, new), (f"{noun}_updated",), status=200)
        yield Way(f"{way}: wrong", call(method, wrong), status=400)
        yield Way(f"{way}: outdated", call(method, new, If_Match='"0"'), status=412)
    yield Way(f"api PATCH {name}: the same", the_same, status=200)
    gone = f"api DELETE {name}"
    yield Way(gone, call("DELETE", None), (f"{noun}_deleted",), status=204)
    yield Way(f"{gone}: outdated", call("DELETE", None, If_Match='"0"'), status=412)


def of_models(prefix: str) -> Iterator[Way]:
    """Yield what a model has addresses of its own for."""
    updated = ("model_updated",)

    def patch(action: str, make: Callable[[], Any], body: Any) -> Callable[[Stage], Act]:
        return lambda stage: partial(stage.api.patch, address(prefix, make(), action), body)

    status, pricing, known = (
        f"api PATCH {prefix}model-{action}" for action in ("status", "pricing", "capabilities")
    )
    ending = {"status": "deprecated", "deprecation_date": "2030-01-01", "migration_guide": "Move"}
    yield Way(status, patch("/status", make_llm, ending), updated, status=200)
    yield Way(f"{status}: the same", patch("/status", make_llm, {"status": "active"}), status=200)
    yield Way(
        f"{status}: of a default",
        patch("/status", lambda: set_default(make_llm()), {"status": "inactive"}),
        status=409,
    )
    told = {"input_cost": "2.50", "output_cost": "10"}
    yield Way(pricing, patch("/pricing", make_llm, told), ("price_changed",), status=200)
    yield Way(f"{pricing}: the same", patch("/pricing", priced_llm, told), status=200)
    blind = {"capability": "vision", "operation": "remove"}
    yield Way(known, patch("/capabilities", seeing_llm, blind), updated, status=200)
    seeing = {"capability": "vision", "operation": "add", "value": True}
    yield Way(f"{known}: the same", patch("/capabilities", seeing_llm, seeing), status=200)


def of_deleted_models(prefix: str) -> Iterator[Way]:
    def moving(stage: Stage) -> Act:
        target = make_llm("embedding")
        path = f"{address(prefix, used_llm())}?reassign_to={target.pk}"
        return partial(stage.api.delete, path)

    gone = f"api DELETE {prefix}model"
    yield Way(f"{gone}: its users move", moving, MOVED, status=204)
    yield Way(
        f"{gone}: refused",
        lambda stage: partial(stage.api.delete, address(prefix, used_llm())),
        ("model_delete_blocked",),
        status=409,
    )
    yield Way(
        f"{gone}: its routes go with it",
        lambda stage: partial(stage.api.delete, address(prefix, routed_llm())),
        ("model_deleted", "route_deleted", "route_deleted"),
        status=204,
    )


def of_routes(prefix: str) -> Iterator[Way]:
    name = f"api PATCH {prefix}route-priority"

    def patch(priority: int) -> Callable[[Stage], Act]:
        return lambda stage: partial(
            stage.api.patch, address(prefix, make_route(), "/priority"), {"priority": priority}
        )

    yield Way(name, patch(2), ("route_updated",), status=200)
    yield Way(f"{name}: the same", patch(1), status=200)
    yield Way(f"{name}: wrong", patch(0), status=400)
    for noun in ("provider", "platform"):
        yield Way(
            f"api DELETE {prefix}{noun}: refused",
            partial(_deleting_a_used, noun, prefix),
            (f"{noun}_delete_blocked",),
            status=409,
        )


def _deleting_a_used(noun: str, prefix: str, stage: Stage) -> Act:
    return partial(stage.api.delete, address(prefix, getattr(make_route(), noun)))


def of_questions(prefix: str) -> Iterator[Way]:
    """Yield the questions that come as a POST and change nothing."""

    def cost(stage: Stage) -> Act:
        asked = {"model": priced_llm().slug, "prompt_tokens": 1000, "output_tokens": 500}
        return partial(stage.api.post, f"{MOUNTS[prefix]}/cost", asked)

    def recommend(stage: Stage) -> Act:
        priced_llm()
        return partial(stage.api.post, f"{MOUNTS[prefix]}/recommend", {"requires": []})

    yield Way(f"api POST {prefix}cost", cost, status=200)
    yield Way(f"api POST {prefix}recommend", recommend, status=200)


def ways_at_the_mounts() -> Iterator[Way]:
    for prefix in MOUNTS:
        for kind in KINDS:
            yield from rows(kind, prefix)
        yield from of_models(prefix)
        yield from of_deleted_models(prefix)
        yield from of_routes(prefix)
        yield from of_questions(prefix)
