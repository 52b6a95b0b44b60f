"""What a person reads when a service refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from audit import sentences
from audit.models import LogEntry
from audit.moments import exact
from registry.errors import RegistryError

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.utils.safestring import SafeString

# What services raise when they refuse.
REFUSED = (ValidationError, RegistryError)


def refusal_text(error: Exception) -> str:
    """Return the message of a service's error with the names it brings along."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if not isinstance(error, RegistryError):
        return str(error)
    names = [name for value in error.extra.values() if isinstance(value, list) for name in value]
    text = str(error.message)
    return f"{text} ({', '.join(map(str, names))})" if names else text


def trail_of(row: Model) -> QuerySet[LogEntry]:
    """Return the events of one row, newest first, by the index made for it."""
    entries: QuerySet[LogEntry] = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(row), object_pk=str(row.pk)
    )
    return entries.select_related("content_type").order_by("-timestamp", "-id")


@dataclass(frozen=True)
class Conflict:
    """A lost race: the row, and the last thing that happened to it."""

    row: Any
    last: LogEntry | None

    @classmethod
    def of(cls, row: Model) -> Conflict:
        return cls(row, trail_of(row).first())

    def sentence(self) -> SafeString:
        """Say who changed what and when, with the way to the history."""
        opts = self.row._meta
        history = reverse(
            f"admin:{opts.app_label}_{opts.model_name}_history", args=[quote(self.row.pk)]
        )
        head = _(
            "Someone else has changed this in the meantime. Nothing of yours is lost or saved."
        )
        if self.last is None:
            return format_html(
                '{} <a href="{}" class="underline">{}</a>', head, history, _("History")
            )
        return format_html(
            '{} {} <a href="{}" class="underline">{}</a>',
            head,
            _("%(who)s %(what)s (%(when)s).")
            % {
                "who": self.last.actor_name or self.last.get_source_display(),
                "when": exact(self.last.timestamp),
                "what": sentences.sentence(self.last),
            },
            history,
            _("History"),
        )
