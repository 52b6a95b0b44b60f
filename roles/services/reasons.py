"""What a trace says, in words for people: where a candidate stands, and why it was passed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.moments import ago
from roles.choices import Skipped, Slot, Source

if TYPE_CHECKING:
    from registry.models import LLMModel
    from roles.services.candidates import Candidate

# Beside the reason's own label.
_ADVICE = {
    Skipped.UNKNOWN: gettext_lazy("Correct the variable, or remove it."),
    Skipped.NOT_VISIBLE: gettext_lazy("It belongs to somebody else: choose another model."),
    Skipped.INACTIVE: gettext_lazy("Activate it, or choose another model."),
    Skipped.DEPRECATED: gettext_lazy("Choose another model."),
    Skipped.CONNECTION_GONE: gettext_lazy("Choose another account or host for it."),
    Skipped.NEEDS_KEY: gettext_lazy("Enter one at its account or host."),
    Skipped.NOT_LOCAL: gettext_lazy("Only a local one was asked for."),
    Skipped.DOWN: gettext_lazy("Its last test found it so."),
    Skipped.COOLING: gettext_lazy("They have used up their quota."),
    Skipped.SUSPENDED: gettext_lazy("Until somebody resumes them it has nobody to serve it."),
}


@dataclass(frozen=True)
class Step:
    """One candidate of a trace as pages show it."""

    candidate: Candidate
    is_chosen: bool

    @property
    def place(self) -> str:
        return place(self.candidate)

    @property
    def reason(self) -> str:
        return reason(self.candidate)

    @property
    def until(self) -> str:
        """Return when one that cools down is ready again, as HTML."""
        return ago(self.candidate.until)

    @property
    def llm(self) -> LLMModel | None:
        """Return the stored model, if it is one that may be told of."""
        found = self.candidate.configuration
        return None if found is None else found.llm


def reason(candidate: Candidate) -> str:
    """Return why a candidate was passed over, and what to do about it; empty if it was not."""
    if candidate.skipped is None:
        return ""
    return f"{Skipped(candidate.skipped).label}. {_ADVICE[candidate.skipped]}"


def place(candidate: Candidate) -> str:
    """Return where a candidate stands, such as "The organisation's slot, Backup 1"."""
    source = str(Source(candidate.source).label)
    if not candidate.slot:
        return source
    return _("%(source)s, %(slot)s") % {"source": source, "slot": Slot(candidate.slot).label}
