"""Deleting models: what uses one blocks it, by name, or moves to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit import context, events
from registry.errors import DoesNotFitError, InUseError
from registry.models import LLMModel
from registry.services import defaults
from registry.services.dependents import dependents_of, knowledge_bases_of, move_slots
from registry.services.revision import catalogue_write, refresh, store
from registry.types import Change, Dependents

if TYPE_CHECKING:
    from audit.operations import Operation
    from registry.models.base import TrackedQuerySet

_NOTHING_NAMED = Change(frozenset())


def delete_llm(
    llm: LLMModel, *, reassign_to: LLMModel | None = None, change: Change = _NOTHING_NAMED
) -> None:
    """Delete a model, moving its knowledge bases, slots and being default to `reassign_to`.

    Without one, knowledge bases (archived too) and being default block: InUseError names them,
    and the refusal is on the trail. Slots that name the model are emptied, each with an event of
    its own; so are those whose owner may not use `reassign_to`. Raises DoesNotFitError when
    dimensions or metric differ, ValidationError on `reassign_to`, StaleRevisionError, GoneError.
    """
    with catalogue_write("model_deleted", llm) as running:
        refresh(llm, Change(frozenset(), change.expected_revision))
        dependents = dependents_of(llm)
        blocked = dependents.blocks and reassign_to is None
        if llm.owner_id is None:  # a person's own one is in no knowledge base
            running.tell(knowledge_bases=dependents.knowledge_bases)
        if dependents.roles:
            running.tell(roles=_places(dependents))
        if not blocked:
            if reassign_to is not None:
                _move(llm, reassign_to, running)
            _forget_as_replacement(llm)
            llm.delete()
    if blocked:
        _refuse(llm)


def fitting_replacements(llm: LLMModel) -> TrackedQuerySet:
    """Return the active models that could take over what depends on `llm`.

    They are shared; of a person's own model his other ones could, too.
    """
    others = _others(llm)
    if llm.dimensions is not None and knowledge_bases_of(llm).exists():
        others = others.filter(dimensions=llm.dimensions, distance_metric=llm.distance_metric)
    return others.order_by("name")


def _refuse(llm: LLMModel) -> None:
    """Say who uses the model: on the trail all of it, to the actor what he may know."""
    running = context.current()
    with transaction.atomic():
        found = dependents_of(llm)
        events.record(
            "model_delete_blocked",
            llm,
            knowledge_bases=found.knowledge_bases,
            is_default=found.is_default,
            roles=_places(found),
        )
    known = dependents_of(llm, running.person if running else None)
    raise InUseError(
        _("This model is in use and cannot be deleted."),
        knowledge_bases=known.knowledge_bases,
        is_default=known.is_default,
        roles=[slot.facts() for slot in known.roles],
    )


def _places(dependents: Dependents) -> list[str]:
    return [str(slot) for slot in dependents.roles]


def _others(llm: LLMModel) -> TrackedQuerySet:
    """Return the active models of the type that everybody may use who may use this one."""
    whose = Q(owner__isnull=True)
    if llm.owner_id is not None:
        whose |= Q(owner=llm.owner_id)
    rows: TrackedQuerySet = LLMModel.objects.filter(whose).active().of_type(llm.type)
    return rows.exclude(pk=llm.pk)


def _move(llm: LLMModel, chosen: LLMModel, running: Operation) -> None:
    target = _others(llm).filter(pk=chosen.pk).first()  # as it is now, if it still is
    if target is None:
        raise ValidationError(
            {"reassign_to": _("Choose another active, shared model of the same type.")}
        )
    bases = list(knowledge_bases_of(llm))
    same = (target.dimensions, target.distance_metric) == (llm.dimensions, llm.distance_metric)
    if bases and not same:
        raise DoesNotFitError
    for base in bases:
        stored = type(base).objects.get(pk=base.pk)
        if base.embedding_model_id == llm.pk:
            base.embedding_model = target
        if base.generation_model_id == llm.pk:
            base.generation_model = target
        store(base, stored)
    move_slots(llm, target)
    running.tell(reassigned_to=target.name)
    if llm.is_default:
        defaults.set_default(target)


def _forget_as_replacement(llm: LLMModel) -> None:
    for other in LLMModel.objects.filter(replacement=llm):
        stored = LLMModel.objects.get(pk=other.pk)
        other.replacement = None
        store(other, stored)
