"""What each catalogue write has touched, noted for the applications that use the catalogue.

The trail says the same to people, with who and what; here is only what concerns everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.db.models.functions import Now

from audit import tracking
from registry.choices import LLMStatus
from registry.models import CatalogueChange, LLMModel

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from audit.operations import Operation, Told
    from audit.stories import Story
    from registry.models.llm import LLMQuerySet

# The tables that applications know of. What a model or a provider is made of (its prices,
# aliases, capabilities, a key of its own) is told as a change of that model or provider.
KINDS = frozenset({"model", "route", "price", "provider", "platform"})
_OF_A_MODEL = frozenset({"route", "price"})
_LONGEST_NAME = 410

Models = dict[str, LLMModel]  # by id


def note(running: Operation, revision: int) -> None:
    """Note a row for each subject that `running` has changed, in one INSERT; else do nothing.

    The model that steps down as the default is told, too, though the trail tells it in the
    event of the other one: who uses it has no other way to learn it.
    """
    told = [one for one in running.told() if kind_of(one.story) in KINDS]
    if not told:
        return
    llms = _models(running, told)
    # A part of a model that nobody can name any more says nothing that the model's own row
    # does not, and whose it was cannot be told.
    rows = [
        _row(one, revision, llms)
        for one in told
        if kind_of(one.story) not in _OF_A_MODEL or _llm_id(one.story) in llms
    ]
    CatalogueChange.objects.bulk_create(rows)


def note_begun(llm_ids: Iterable[UUID], revision: int) -> None:
    """Note that prices of these models have begun to count, which is no event of the trail."""
    rows = [
        CatalogueChange(
            revision=revision,
            event="prices_begun",
            kind="model",
            subject_id=str(llm.pk),
            name=llm.slug,
            at=Now(),
            **_about(llm),
        )
        for llm in _as_they_are(llm_ids).order_by("slug")
    ]
    CatalogueChange.objects.bulk_create(rows)


def kind_of(story: Story) -> str:
    return tracking.of(type(story.subject)).noun


def _models(running: Operation, told: list[Told]) -> Models:
    """Return the models that the stories are about, as they are now; deleted ones as they were.

    The main subject has been read under the lock; another row may be an older copy.
    """
    known: Models = {
        story.pk: cast("LLMModel", story.subject)
        for story in running.stories.values()
        if kind_of(story) == "model"
    }
    wanted = {found for one in told if (found := _llm_id(one.story)) is not None}
    if running.subject is not None and running.main is not None:
        wanted -= {running.main[1]} & known.keys()
    if wanted:
        known |= {str(llm.pk): llm for llm in _as_they_are(wanted)}
    return known


def _as_they_are(llm_ids: Iterable[UUID | str]) -> LLMQuerySet:
    rows: LLMQuerySet = LLMModel.objects.filter(pk__in=llm_ids)
    return rows.only("slug", "model_id", "owner_id", "status")


def _llm_id(story: Story) -> str | None:
    """Return the id of the model that a story is about; a deleted row still has its link."""
    kind = kind_of(story)
    if kind in _OF_A_MODEL:
        return str(cast("Any", story.subject).llm_id)
    return story.pk if kind == "model" else None


def _row(told: Told, revision: int, llms: Models) -> CatalogueChange:
    story = told.story
    kind, llm = kind_of(story), llms.get(_llm_id(story) or "")
    statuses = told.changes.get("status", ()) if kind == "model" else ()
    # A deleted row forgets its own id, and its story keeps it.
    about = {} if llm is None else {**_about(llm, statuses), "llm_id": _llm_id(story)}
    return CatalogueChange(
        revision=revision,
        event=told.event,
        kind=kind,
        subject_id=story.pk,
        name=_name(story, llm),
        at=Now(),
        **about,
    )


def _name(story: Story, llm: LLMModel | None) -> str:
    subject = llm if kind_of(story) == "model" else story.subject
    return str(getattr(subject, "slug", story.label))[:_LONGEST_NAME]


def _about(llm: LLMModel, statuses: Iterable[Any] = ()) -> dict[str, Any]:
    """Return the columns about the model; `statuses` are those before and after."""
    known = {str(llm.status), *(str(status) for status in statuses)} & set(LLMStatus.values)
    return {
        "llm_id": llm.pk,
        "llm_slug": llm.slug,
        "llm_model_id": llm.model_id,
        "owner_id": llm.owner_id,
        "for_staff": known == {LLMStatus.INACTIVE.value},
    }
