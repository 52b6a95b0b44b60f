"""The one writer of the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditlog import get_logentry_model
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from audit import context
from audit.errors import MissingContextError
from audit.stories import Action, Story

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import Model


def record(event: str, subject: Model, /, **payload: Any) -> None:
    """Write an event that changes no row: a login, a refused deletion, a reveal."""
    with transaction.atomic():
        story = Story.of(subject)
        story.action = Action.ACCESS
        write(story, event, {}, payload)


def record_about(event: str, model: type[Model], label: str, /, **payload: Any) -> None:
    """Write an event about a kind of row when there is no row, such as a failed login."""
    story = Story(subject=model(), label=label, pk="", action=Action.ACCESS)
    with transaction.atomic():
        write(story, event, {}, payload)


def write(story: Story, event: str, changes: dict[str, Any], payload: dict[str, Any]) -> None:
    """Append one entry. Raises MissingContextError outside any context."""
    circumstances = context.current()
    if circumstances is None:
        raise MissingContextError(event)
    actor = circumstances.person
    gone = actor is not None and _is_deletion_of(story, actor)
    label = story.label if story.action is Action.DELETE else _label(story)
    get_logentry_model().objects.create(
        content_type=ContentType.objects.get_for_model(story.subject),
        object_pk=story.pk,
        object_id=int(story.pk) if story.pk.isdigit() else None,
        object_repr=label,
        action=int(story.action),
        changes=changes,
        actor=None if gone else actor,  # whoever deletes himself stays by name
        actor_name=actor.get_username() if actor else "",
        cid=circumstances.request_id,
        remote_addr=circumstances.remote_addr,
        additional_data=payload or None,
        event=event,
        source=circumstances.source,
        application=circumstances.application,
    )


def _is_deletion_of(story: Story, actor: AbstractBaseUser) -> bool:
    same_table = story.subject._meta.label == actor._meta.label
    return story.action is Action.DELETE and same_table and story.pk == str(actor.pk)


def _label(story: Story) -> str:
    """Return the subject's present name; of no row, or of one that is gone, the one given."""
    has_row = story.pk != "" and story.subject.pk is not None
    return str(story.subject) if has_row else story.label
