"""The ways that only models and connections have, and those that change several rows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from registry.choices import LLMStatus, LLMType
from registry.errors import InUseError
from registry.models import Capability, Connection, LLMModel, Platform
from registry.services.connections import delete_connection, remove_key
from registry.services.defaults import set_default
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.services.platforms import save_platform
from registry.services.providers import delete_provider, save_provider
from registry.services.reference_data import load
from registry.types import LLMChange, Secret
from tests.factories import make_connection, make_knowledge_base, make_llm, make_provider
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.registry.api.client import CONNECTIONS, KEY, MODELS

NOTHING: frozenset[str] = frozenset()
LLM, TAG = "registry.LLMModel", "registry.Tag"
BLOCKED = ("model_delete_blocked",)
MOVED = ("knowledge_base_updated", "model_deleted", "model_updated", "model_updated")
DIALOG = {"_form_submitted": "True"}
KNOWN = "embedding:openai:text-embedding-3-small"


# Rows
# ------------------------------------------------------------------------
def default_llm() -> LLMModel:
    return set_default(make_llm())


def successor() -> LLMModel:
    """Return a model that may follow another as the default."""
    default_llm()
    return make_llm()


def used_llm() -> LLMModel:
    """Return a default that a knowledge base is built on and another model is replaced by."""
    llm = set_default(make_llm(LLMType.EMBEDDING))
    make_knowledge_base(embedding_model=llm)
    make_llm(LLMType.EMBEDDING, replacement=llm)
    return llm


def sleeping_llms() -> list[LLMModel]:
    """Return two inactive models of one provider."""
    provider = make_provider()
    return [make_llm(provider=provider, status=LLMStatus.INACTIVE) for _ in range(2)]


def mixed_llms() -> list[LLMModel]:
    """Return a model that may be deactivated or deleted, and one that may not."""
    return [make_llm(), used_llm()]


def used_connection() -> Connection:
    """Return a connection of a model and of a platform."""
    connection = make_connection()
    make_llm(provider=connection.provider, change=LLMChange(connection=connection))
    save_platform(Platform(slug="hub", name="Hub", connection=connection))
    return connection


def seeing_llm() -> LLMModel:
    """Return a model that is known to see."""
    Capability(name="vision", label="Vision").save()
    return make_llm(change=LLMChange(api_key=Secret(KEY), capabilities={"vision": True}))


# Several rows at once
# ------------------------------------------------------------------------
def everything_of_one(_stage: Stage | None = None) -> Act:
    llm = seeing_llm()
    llm.name = "Renamed"
    change = LLMChange(
        api_key=Secret(KEY[::-1]),
        api_endpoint="https://elsewhere.example",
        tags=["new", "newer"],
        aliases=["latter"],
        capabilities={"vision": False},
    )
    return partial(save_llm, llm, change)


def another_connection(_stage: Stage) -> Act:
    """The key of its own goes, which is a part of the model."""
    llm = make_llm()
    return partial(save_llm, llm, LLMChange(NOTHING, connection=make_connection(llm.provider)))


def moved_provider(_stage: Stage) -> Act:
    """The keys of a shared connection and of a model's own are dropped with the address."""
    provider = make_provider()
    make_connection(provider)
    make_llm(provider=provider)
    provider.direct_api_url = "https://moved.example"
    return partial(save_provider, provider)


def moving(_stage: Stage) -> Act:
    target = make_llm(LLMType.EMBEDDING)
    return partial(delete_llm, used_llm(), reassign_to=target)


def moving_by_api(stage: Stage) -> Act:
    target = make_llm(LLMType.EMBEDDING)
    return partial(stage.api.delete, f"{at(used_llm())}?reassign_to={target.pk}")


def moving_by_admin(stage: Stage) -> Act:
    target = make_llm(LLMType.EMBEDDING)
    page, pk = "registry_llmmodel_delete", used_llm().pk
    return partial(stage.admin.post, page, pk, post="yes", reassign_to=str(target.pk))


def refused(act: Act) -> Act:
    def run() -> None:
        with pytest.raises(InUseError):
            act()

    return run


def ways_of_llm_services() -> Iterator[Way]:
    default, created = "service set_default", "service save_llm"
    yield Way(default, lambda _: partial(set_default, successor()), ("model_set_default",), (LLM,))
    yield Way(f"{default}: again", lambda _: partial(set_default, default_llm()))
    yield Way(f"{created}: everything", everything_of_one, ("model_updated",), (TAG, TAG))
    yield Way(f"{created}: another connection", another_connection, ("model_updated",))
    moved = ("connection_updated", "model_updated", "provider_updated")
    yield Way("service save_provider: another address", moved_provider, moved)
    yield Way(
        "service remove_key",
        lambda _: partial(remove_key, make_connection()),
        ("connection_key_removed",),
    )
    yield Way(
        "service remove_key: there is none",
        lambda _: partial(remove_key, remove_key(make_connection())),
    )
    yield Way("service delete_llm: its users move", moving, MOVED)
    yield Way(
        "service delete_llm: refused", lambda _: refused(partial(delete_llm, used_llm())), BLOCKED
    )
    yield Way(
        "service delete_connection: refused",
        lambda _: refused(partial(delete_connection, used_connection())),
        ("connection_delete_blocked",),
    )
    yield Way(
        "service delete_provider: refused",
        lambda _: refused(partial(delete_provider, used_connection().provider)),
        ("provider_delete_blocked",),
    )


# The API
# ------------------------------------------------------------------------
def at(llm: LLMModel, action: str = "") -> str:
    return f"{MODELS}/{llm.pk}{action}"


def ways_of_llm_api() -> Iterator[Way]:
    def patch(action: str, body: Any, make: Callable[[], LLMModel]) -> Callable[[Stage], Act]:
        return lambda stage: partial(stage.api.patch, at(make(), action), body)

    for method, action in (("PATCH", "default"), ("POST", "default"), ("POST", "set-default")):
        name = f"api {method} models-{action}"

        def call(
            stage: Stage, llm: Callable[[], LLMModel], how: str = method, to: str = f"/{action}"
        ) -> Act:
            return partial(stage.api.call, how, at(llm(), to))

        yield Way(name, partial(call, llm=successor), ("model_set_default",), (LLM,))
        yield Way(f"{name}: again", partial(call, llm=default_llm), status=200)
    status, capability = "api PATCH models-status", "api PATCH models-capabilities"
    off, on = {"status": "inactive"}, {"status": "active"}
    yield Way(status, patch("/status", off, make_llm), ("model_updated",))
    yield Way(f"{status}: the same", patch("/status", on, make_llm), status=200)
    yield Way(f"{status}: of a default", patch("/status", off, default_llm), status=409)
    ending = {"status": "deprecated", "deprecation_date": "2030-01-01", "migration_guide": "Move"}
    yield Way(f"{status}: deprecated", patch("/status", ending, make_llm), ("model_updated",))
    blind = {"capability": "vision", "operation": "remove"}
    yield Way(capability, patch("/capabilities", blind, seeing_llm), ("model_updated",))
    seeing = {"capability": "vision", "operation": "add"}
    yield Way(f"{capability}: the same", patch("/capabilities", seeing, seeing_llm), status=200)
    yield Way(
        "api DELETE connections-key",
        lambda stage: partial(stage.api.delete, f"{CONNECTIONS}/{make_connection().pk}/key"),
        ("connection_key_removed",),
    )
    rows = "api DELETE models-detail"
    yield Way(f"{rows}: refused", lambda stage: partial(stage.api.delete, at(used_llm())), BLOCKED)
    yield Way(f"{rows}: its users move", moving_by_api, MOVED)


# The admin
# ------------------------------------------------------------------------
def ways_of_llm_pages() -> Iterator[Way]:
    def dialog(page: str, make: Callable[[], Any], **typed: str) -> Callable[[Stage], Act]:
        return lambda stage: partial(stage.admin.post, page, make().pk, **DIALOG | typed)

    def asked(page: str) -> Callable[[Stage], Act]:
        return lambda stage: partial(stage.admin.get, page, make_llm().pk)

    def off() -> LLMModel:
        return make_llm(status=LLMStatus.INACTIVE)

    page = "registry_llmmodel"
    default = ("model_set_default",)
    yield Way(
        f"admin {page}_make_default", dialog(f"{page}_make_default", successor), default, (LLM,)
    )
    for name, make, other in (
        ("activate_one", off, make_llm),
        ("deactivate_one", make_llm, off),
        ("deprecate", make_llm, default_llm),
    ):
        way = f"admin {page}_{name}"
        yield Way(way, dialog(f"{page}_{name}", make), ("model_updated",))
        yield Way(f"{way}: left alone", dialog(f"{page}_{name}", other), status=302)
        yield Way(f"{way}: only asked", asked(f"{page}_{name}"), status=200)
    key = "registry_connection_remove_key"
    yield Way(f"admin {key}", dialog(key, make_connection), ("connection_key_removed",))
    yield Way(f"admin {page}_delete: its users move", moving_by_admin, MOVED)
    yield Way(f"admin {page}_delete: refused", dialog(f"{page}_delete", used_llm), BLOCKED)
    blocked = ("connection_delete_blocked",)
    yield Way(
        "admin registry_connection_delete: refused",
        dialog("registry_connection_delete", used_connection),
        blocked,
    )
    catalogue = f"admin {page}_catalogue"
    yield Way(catalogue, _adding_known, ("model_created",))
    yield Way(f"{catalogue}: what is there", _adding_known_again, status=302)


def ways_of_bulk_actions() -> Iterator[Way]:
    page, updated = "registry_llmmodel_changelist", ("model_updated",)
    for action, rows, events, told_with, typed in (
        ("activate", sleeping_llms, updated * 2, (), {}),
        ("deactivate", mixed_llms, updated, (), {}),
        ("add_tag", sleeping_llms, updated * 2, (TAG,), {"tag": "fast"}),
        ("attach_connection", sleeping_llms, updated * 2, (), {}),
        ("delete_selected", mixed_llms, (*BLOCKED, "model_deleted"), (), {}),
    ):
        name = f"admin {page} {action}"
        sure = typed | {"confirm": "yes"}
        yield Way(name, partial(chosen, action, rows, sure), events, told_with)
        yield Way(f"{name}: only asked", partial(chosen, action, rows, typed), status=200)


def chosen(
    action: str, rows: Callable[[], list[LLMModel]], typed: dict[str, str], stage: Stage
) -> Act:
    """Tick the rows and send the action's form."""
    llms = rows()
    sent: dict[str, Any] = {"action": action, "_selected_action": [str(llm.pk) for llm in llms]}
    if action == "attach_connection":
        sent["connection"] = str(make_connection(llms[0].provider).pk)
    return partial(stage.admin.post, "registry_llmmodel_changelist", **sent | typed)


def _adding_known(stage: Stage) -> Act:
    load()
    return partial(stage.admin.post, "registry_llmmodel_catalogue", keys=[KNOWN])


def _adding_known_again(stage: Stage) -> Act:
    act = _adding_known(stage)
    assert act().status_code == 302
    return act


def ways_of_llms() -> Iterator[Way]:
    yield from ways_of_llm_services()
    yield from ways_of_llm_api()
    yield from ways_of_llm_pages()
    yield from ways_of_bulk_actions()
