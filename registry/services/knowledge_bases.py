"""Knowledge bases and the models they are built on."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from registry.choices import LLMType
from registry.models import KnowledgeBase, LLMModel
from registry.services.defaults import default_of
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, refresh, store
from registry.services.slugs import free_slug
from registry.types import Change

NO_CHANGE = Change()
_LINKS = (
    ("embedding_model", LLMType.EMBEDDING),
    ("generation_model", LLMType.GENERATION),
)


def save_knowledge_base(base: KnowledgeBase, change: Change = NO_CHANGE) -> KnowledgeBase:
    """Create or change a knowledge base.

    It takes only active, shared models of the right type; one that is deactivated later stays.
    A new one gets the defaults of the moment for the models that `change.fields` leaves out, and
    keeps them: another default later must not mix vectors.
    Raises ValidationError, StaleRevisionError, GoneError.
    """
    event = "knowledge_base_created" if base._state.adding else "knowledge_base_updated"
    with catalogue_write(event, base):
        stored = refresh(base, change)
        problems = Problems()
        base.slug = base.slug or free_slug(base.name, KnowledgeBase.objects.all())
        if stored is None and change.fields is not None:
            _take_defaults(base, change.fields)
        for field, llm_type in _LINKS:
            _check_model(base, stored, field, llm_type, problems)
        with problems.gather():
            base.full_clean()
        problems.finish()
        store(base, stored)
    return base


def delete_knowledge_base(base: KnowledgeBase, change: Change = NO_CHANGE) -> None:
    """Delete a knowledge base; its models stay."""
    with catalogue_write("knowledge_base_deleted", base):
        refresh(base, Change(frozenset(), change.expected_revision))
        base.delete()


def _take_defaults(base: KnowledgeBase, named: frozenset[str]) -> None:
    for field, llm_type in _LINKS:
        if field not in named:
            setattr(base, field, default_of(llm_type))


def _check_model(
    base: KnowledgeBase,
    stored: KnowledgeBase | None,
    field: str,
    llm_type: LLMType,
    problems: Problems,
) -> None:
    given: LLMModel | None = getattr(base, field)
    if given is None or (stored is not None and getattr(stored, field) == given):
        return
    llm = LLMModel.objects.filter(pk=given.pk).first()
    if llm is None:  # deleted in the meantime: full_clean() says so
        return
    if llm.type != llm_type:
        problems.add(field, _("Choose a model of the type %s.") % llm_type.label)
    elif not llm.is_active:
        problems.add(field, _("Choose an active model."))
    elif llm.owner_id is not None:
        problems.add(field, _("Choose a shared model."))
