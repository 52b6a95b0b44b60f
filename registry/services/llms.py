"""Creating and changing models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from registry import provider_rules
from registry.choices import LLMStatus, Mode
from registry.errors import InUseError
from registry.services import defaults, health, llm_connections, llm_links, prices, slugs
from registry.services.clock import database_now
from registry.services.dependents import dependents_of
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, changed_fields, refresh, store
from registry.types import UNSET, LLMChange

if TYPE_CHECKING:
    from audit.operations import Operation
    from registry.models import Connection, LLMModel

NO_CHANGE = LLMChange()


def save_llm(llm: LLMModel, change: LLMChange = NO_CHANGE) -> LLMModel:
    """Create or change a model with its key, address, tags, aliases, capabilities and prices.

    Everything is written or nothing. Raises ValidationError naming each wrong field, and
    StaleRevisionError, GoneError, IsDefaultError, NotActiveError, SharedConnectionError or
    InUseError (dimensions or metric under a knowledge base).
    """
    created = llm._state.adding
    with catalogue_write("model_created" if created else "model_updated", llm) as running:
        stored = refresh(llm, change)
        problems = Problems()
        called = None if stored is None else stored.connection
        change = _without_the_old_connection(llm, stored, change)
        touched = _prepare(llm, stored, change, problems)
        if not problems.found:
            _refuse_new_vectors(llm, stored, change)
            defaults.step_aside(llm, stored, running)
        with problems.gather():
            llm.full_clean()
        problems.finish()
        touched |= not created and _apply_rest(llm, change, running, problems)
        store(llm, stored, touched=touched)
        if stored is not None and _is_called_otherwise(llm, stored, called):
            health.forget([llm.pk])
        if created:
            _apply_rest(llm, change, running, problems)
        problems.finish()
        _name_event(llm, stored, running, touched=touched)
    return llm


def _prepare(llm: LLMModel, stored: LLMModel | None, change: LLMChange, problems: Problems) -> bool:
    """Fill what follows from the rest; return whether the connection has changed."""
    _refuse_moves(llm, stored, problems)
    _refuse_foreign_parameters(llm, problems)
    _refuse_foreign_heir(llm, problems)
    if not llm.mode:
        llm.mode = Mode.usual(llm.type)
    slugs.give_slug(llm)
    _date_deprecation(llm, stored)
    if change.pricing is not UNSET:
        prices.check(change.pricing, problems)
    llm_connections.check_rule(llm, change, problems)
    touched = False
    if not problems.found:
        with problems.gather():
            touched = llm_connections.apply(llm, change)
    return touched


def _without_the_old_connection(
    llm: LLMModel, stored: LLMModel | None, change: LLMChange
) -> LLMChange:
    """A person's own model that changes its provider is no longer called over the former one's."""
    if stored is None or stored.provider_id == llm.provider_id or change.connection is not UNSET:
        return change
    return replace(change, connection=None)


def _date_deprecation(llm: LLMModel, stored: LLMModel | None) -> None:
    """Keep since when the model is deprecated."""
    if stored is not None and stored.status == llm.status:
        llm.deprecated_at = stored.deprecated_at
    else:
        llm.deprecated_at = database_now() if llm.status == LLMStatus.DEPRECATED else None


def _apply_rest(llm: LLMModel, change: LLMChange, running: Operation, problems: Problems) -> bool:
    """Write what belongs to the stored model in other tables; return whether it changed."""
    changed = llm_links.apply(llm, change, running, problems)
    if change.pricing is not UNSET:
        changed |= bool(prices.write_typed(llm, change.pricing, running))
    return changed


def _refuse_moves(llm: LLMModel, stored: LLMModel | None, problems: Problems) -> None:
    if stored is None:
        return
    if stored.type != llm.type:
        problems.add("type", _("The type of a stored model does not change."))
    if stored.provider_id != llm.provider_id and stored.owner_id is None:
        problems.add("provider", _("The provider of a stored model does not change."))


def _refuse_foreign_heir(llm: LLMModel, problems: Problems) -> None:
    """A shared model is replaced by a shared one, a person's own by one that he sees."""
    heir = llm.replacement
    if heir is not None and heir.owner_id not in (None, llm.owner_id):
        problems.add("replacement", _("There is no such model."))


def _refuse_foreign_parameters(llm: LLMModel, problems: Problems) -> None:
    """Parameters of another type stay empty: a value there would be read by nobody."""
    own = provider_rules.PARAMETERS.get(llm.type, provider_rules.ALL_PARAMETERS)
    for name in provider_rules.ALL_PARAMETERS:
        value: Any = getattr(llm, name)
        if name not in own and value not in (None, ""):
            problems.add(name, _("A model of this type has no such parameter."))


def _refuse_new_vectors(llm: LLMModel, stored: LLMModel | None, change: LLMChange) -> None:
    """Vectors of other lengths or metrics do not mix: knowledge bases would have to be rebuilt."""
    if stored is None or change.confirm_dimensions:
        return
    moved = [name for name in ("dimensions", "distance_metric") if _differs(llm, stored, name)]
    if not moved:
        return
    bases = dependents_of(stored).knowledge_bases
    if bases:
        raise InUseError(
            _("Knowledge bases hold vectors of this model; confirm to change it all the same."),
            knowledge_bases=bases,
            confirm="dimensions",
        )


def _differs(llm: LLMModel, stored: LLMModel, name: str) -> bool:
    return bool(getattr(llm, name) != getattr(stored, name))


# What of a model decides how a call to it ends, beside its connection.
_CALLED = ("provider_id", "model_id", "mode", "dimensions")


def _is_called_otherwise(llm: LLMModel, stored: LLMModel, called: Connection | None) -> bool:
    """Whether what was measured of the stored model says nothing of this one."""
    moved = any(_differs(llm, stored, name) for name in _CALLED)
    return moved or health.calls_differ(called, llm.connection)


def _name_event(
    llm: LLMModel, stored: LLMModel | None, running: Operation, *, touched: bool
) -> None:
    """A change that only made the default is told as such."""
    if stored is None or touched or not llm.is_default:
        return
    if changed_fields(llm, stored) == ["is_default"]:
        running.rename("model_set_default")
