"""The ways to routes: models over platforms, with prices of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from registry.choices import RouteStatus
from registry.models import LLMModel, Platform, Provider, Route
from registry.services.deletion import delete_llm
from registry.services.platforms import delete_platform
from registry.services.routes import delete_route, save_route, set_priority, set_status
from tests.factories import make_llm, make_platform, make_route
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.invariants.changes_to_llms import DIALOG, LLM, refused
from tests.registry.api.client import MODELS

ROUTES = "/api/v1/admin/routes"
CREATED, UPDATED, DELETED = ("route_created",), ("route_updated",), ("route_deleted",)
OWN = {"input": Decimal("1.50"), "output": Decimal(6)}
PRICING = {"input_cost": "1.50", "output_cost": "6"}


# Rows
# ------------------------------------------------------------------------
def priced_route() -> Route:
    return save_route(make_route(), pricing=OWN)


def routes() -> list[Route]:
    return [make_route(), make_route()]


def routed_llm() -> LLMModel:
    """Return a model with two routes; one of them has prices of its own."""
    llm = make_llm()
    make_route(llm)
    save_route(make_route(llm), pricing=OWN)
    return llm


def used_platform() -> Platform:
    return make_route().platform


def used_provider() -> Provider:
    return make_route().provider


# Services
# ------------------------------------------------------------------------
def changed(_stage: Stage | None = None, **columns: Any) -> Act:
    route = make_route()
    for name, value in columns.items():
        setattr(route, name, value)
    return partial(save_route, route)


def of_services() -> Iterator[Way]:
    save, delete = "service save_route", "service delete_route"
    yield Way(f"{save}: new", lambda _: lambda: make_route(make_llm()), None)
    yield Way(f"{save}: change", partial(changed, model_string_override="other"), UPDATED)
    yield Way(f"{save}: the same", changed)
    yield Way(
        f"{save}: its own prices", lambda _: partial(save_route, make_route(), pricing=OWN), None
    )
    yield Way(
        f"{save}: the same prices", lambda _: partial(save_route, priced_route(), pricing=OWN)
    )
    yield Way(f"{save}: priority", lambda _: partial(set_priority, make_route(), 2), UPDATED)
    yield Way(
        f"{save}: status", lambda _: partial(set_status, make_route(), "maintenance"), UPDATED
    )
    yield Way(delete, lambda _: partial(delete_route, make_route()), DELETED)
    # The prices were the model's, as all prices are.
    yield Way(
        f"{delete}: with prices", lambda _: partial(delete_route, priced_route()), DELETED, (LLM,)
    )
    gone = ("model_deleted", *DELETED * 2)
    yield Way(
        "service delete_llm: its routes go with it",
        lambda _: partial(delete_llm, routed_llm()),
        gone,
    )
    yield Way(
        "api DELETE models-detail: its routes go with it",
        lambda stage: partial(stage.api.delete, f"{MODELS}/{routed_llm().pk}"),
        gone,
    )
    yield Way(
        "service delete_platform: refused",
        lambda _: refused(partial(delete_platform, used_platform())),
        ("platform_delete_blocked",),
    )


# The API
# ------------------------------------------------------------------------
def call(
    method: str,
    sent: Any,
    make: Callable[[], Route] = make_route,
    at: str = "",
    **headers: str,
) -> Callable[[Stage], Act]:
    return lambda stage: partial(
        stage.api.call, method, f"{ROUTES}/{make().pk}{at}", sent, **headers
    )


def of_the_api() -> Iterator[Way]:
    def body() -> dict[str, Any]:
        return {"model": str(make_llm().pk), "platform": make_platform().slug}

    def post(stage: Stage, **more: Any) -> Act:
        return partial(stage.api.post, ROUTES, body() | more)

    def repeated(stage: Stage) -> Act:
        act = partial(stage.api.post, ROUTES, body(), Idempotency_Key="a route")
        assert act().status_code == 201
        return act

    rows, row = "api POST routes-list", "routes-detail"
    yield Way(rows, post, CREATED, status=201)
    yield Way(f"{rows}: with prices", partial(post, pricing=PRICING), None, status=201)
    yield Way(f"{rows}: repeated", repeated, status=201)
    yield Way(f"{rows}: wrong", partial(post, priority=0), status=400)
    for method in ("PUT", "PATCH"):
        name, new = f"api {method} {row}", {"model_string_override": "other"}
        yield Way(name, call(method, new), UPDATED, status=200)
        yield Way(f"{name}: the same", call(method, {"status": "active"}), status=200)
        yield Way(f"{name}: with prices", call(method, {"pricing": PRICING}), None, status=200)
        same = call(method, {"pricing": PRICING}, priced_route)
        yield Way(f"{name}: with the same prices", same, status=200)
        yield Way(f"{name}: wrong", call(method, {"success_rate": 2}), status=400)
        yield Way(f"{name}: outdated", call(method, new, If_Match='"0"'), status=412)
    gone, priority = f"api DELETE {row}", "api PATCH routes-priority"
    yield Way(gone, call("DELETE", None), DELETED, status=204)
    yield Way(f"{gone}: with prices", call("DELETE", None, priced_route), DELETED, (LLM,), 204)
    yield Way(f"{gone}: outdated", call("DELETE", None, If_Match='"0"'), status=412)
    yield Way(priority, call("PATCH", {"priority": 2}, at="/priority"), UPDATED, status=200)
    yield Way(f"{priority}: the same", call("PATCH", {"priority": 1}, at="/priority"), status=200)
    yield Way(f"{priority}: wrong", call("PATCH", {"priority": 0}, at="/priority"), status=400)


# The admin
# ------------------------------------------------------------------------
def of_the_admin() -> Iterator[Way]:
    page = "registry_route"

    def added(stage: Stage, **typed: Any) -> Act:
        typed |= {"llm": str(make_llm().pk), "platform": str(make_platform().pk)}
        return partial(stage.admin.submit, f"{page}_add", **typed)

    def submit(
        verb: str, make: Callable[[], Route] = make_route, **typed: str
    ) -> Callable[[Stage], Act]:
        return lambda stage: partial(stage.admin.submit, f"{page}_{verb}", make().pk, **typed)

    def dialog(name: str, **typed: str) -> Callable[[Stage], Act]:
        return lambda stage: partial(
            stage.admin.post, f"{page}_{name}", make_route().pk, **DIALOG | typed
        )

    add, change, delete = (f"admin {page}_{verb}" for verb in ("add", "change", "delete"))
    yield Way(add, added, CREATED)
    yield Way(f"{add}: with prices", partial(added, own_input="1.5"), None)
    yield Way(f"{add}: wrong", partial(added, priority="0"), status=200)
    yield Way(change, submit("change", model_string_override="other"), UPDATED)
    yield Way(f"{change}: its own price", submit("change", own_input="1.5"), None, status=302)
    yield Way(f"{change}: the same", submit("change", priced_route), status=302)
    yield Way(f"{change}: wrong", submit("change", priority="0"), status=200)
    yield Way(delete, submit("delete"), DELETED)
    yield Way(
        f"{delete}: only asked",
        lambda stage: partial(stage.admin.get, f"{page}_delete", make_route().pk),
        status=200,
    )
    for name, field, other, same in (
        ("change_priority", "priority", "2", "1"),
        ("change_status", "status", "inactive", "active"),
    ):
        way = f"admin {page}_{name}"
        yield Way(way, dialog(name, **{field: other}), UPDATED)
        yield Way(f"{way}: the same", dialog(name, **{field: same}), status=302)


def of_bulk_actions() -> Iterator[Way]:
    page = "registry_route_changelist"

    def chosen(stage: Stage, action: str, before: RouteStatus, typed: dict[str, str]) -> Act:
        found = [str(make_route(status=before).pk) for _ in range(2)]
        sent = {"action": action, "_selected_action": found}
        return partial(stage.admin.post, page, **sent | typed)

    sure = {"confirm": "yes"}
    for action, before in (
        ("activate", RouteStatus.INACTIVE),
        ("deactivate", RouteStatus.ACTIVE),
        ("maintain", RouteStatus.ACTIVE),
    ):
        name = f"admin {page} {action}"
        ask = partial(chosen, action=action, before=before)
        yield Way(name, partial(ask, typed=sure), UPDATED * 2)
        yield Way(f"{name}: only asked", partial(ask, typed={}), status=200)


def ways_of_routes() -> Iterator[Way]:
    yield from of_services()
    yield from of_the_api()
    yield from of_the_admin()
    yield from of_bulk_actions()
