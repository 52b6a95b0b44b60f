"""Connection tests as pages show them: one on its way, those before it, and a health's timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.moments import ago
from registry.admin import results
from registry.admin.badges import badge
from registry.choices import Health, JobState, ProbeCode, Stage
from registry.models.job import SECOND
from registry.services import verdicts, workers
from registry.services.probing import SKIPPED

if TYPE_CHECKING:
    from registry.models import ConnectionTest, HealthChange
    from registry.services.verdicts import Words

_ICONS = {"success": "check_circle", "warning": "error", "danger": "cancel", "": "help"}
# Of a stage without a result: its word, and unfold's icon.
_WAITING: tuple[Any, str] = (gettext_lazy("Waiting"), "schedule")
_RUNNING: tuple[Any, str] = (gettext_lazy("Running"), "progress_activity")
_NOT_ASKED: tuple[Any, str] = (gettext_lazy("Not asked for"), "remove")
_NOT_REACHED: tuple[Any, str] = (gettext_lazy("Not looked at"), "remove")


@dataclass(frozen=True)
class StageRow:
    """One stage: its word, its colour, and what the answer told besides."""

    stage: Stage
    text: str
    icon: str
    colour: str = ""
    latency: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.icon == _RUNNING[1]


def stage_rows(test: ConnectionTest) -> list[StageRow]:
    """Return all stages in order, whatever is known of them."""
    known = {row["name"]: row for row in test.stages if row["code"] != SKIPPED}
    missing = [stage for stage in Stage if stage not in known]
    runs = missing[0] if missing and test.job.state == JobState.RUNNING else None
    return [
        _ended(stage, known[stage])
        if stage in known
        else _without_result(stage, test, is_running=stage is runs)
        for stage in Stage
    ]


def _ended(stage: Stage, row: dict[str, Any]) -> StageRow:
    colour = results.colour_of(row["code"])
    told = [verdicts.note_words(row["note"])] if row.get("note") else []
    if row.get("status"):
        told.append(f"HTTP {row['status']}")
    if row.get("load_ms"):
        told.append(_("The host loaded the model in %s.") % results.milliseconds(row["load_ms"]))
    return StageRow(
        stage,
        str(ProbeCode(row["code"]).label),
        _ICONS[colour],
        colour,
        results.milliseconds(row.get("latency_ms")),
        tuple(told),
    )


def _without_result(stage: Stage, test: ConnectionTest, *, is_running: bool) -> StageRow:
    if not _is_asked(stage, test):
        return StageRow(stage, str(_NOT_ASKED[0]), _NOT_ASKED[1])
    if is_running:
        return StageRow(stage, str(_RUNNING[0]), _RUNNING[1], "info")
    text, icon = _NOT_REACHED if test.job.is_finished else _WAITING
    return StageRow(stage, str(text), icon)


def _is_asked(stage: Stage, test: ConnectionTest) -> bool:
    """Say whether a test is about a stage: a connection alone has no model."""
    if test.connection_id is not None and stage in (Stage.MODEL, Stage.INFERENCE):
        return False
    return stage is not Stage.INFERENCE or test.inference


class Shown:
    """What every way of showing a test says of it."""

    def __init__(self, test: ConnectionTest) -> None:
        self.test = test
        self.badge = results.result_badge(test)
        self.when = ago(test.created_at)
        self.who = results.who(test)
        self.page = results.page_of(test)
        self.latency = results.milliseconds(test.latency_ms)
        self.words: Words | None = verdicts.words_of(test)


class Panel(Shown):
    """One test with its stages, as it goes on."""

    def __init__(self, test: ConnectionTest) -> None:
        super().__init__(test)
        job = test.job
        is_queued = job.state == JobState.QUEUED
        self.is_finished = job.is_finished
        self.is_behind = is_queued and job.turn == SECOND
        self.is_paused = is_queued and job.not_before > timezone.now()
        self.lacks_worker = is_queued and not workers.is_present()
        self.stages = stage_rows(test)
        self.cost = results.cost(test)

    @property
    def token(self) -> str:
        """What a page that shows this has seen; another token means that there is news."""
        facts = (self.is_behind, self.is_paused, self.lacks_worker)
        told = "".join(str(int(fact)) for fact in facts)
        return f"{self.test.job.state}-{len(self.test.stages)}-{told}"

    @property
    def url(self) -> str:
        """Where a page asks for news."""
        name, args = "admin:registry_connectiontest_live", [self.test.pk]
        return reverse(name, args=args, query={"seen": self.token})

    @property
    def status(self) -> str:
        """Say how far an unfinished test is."""
        running = [row for row in self.stages if row.is_running]
        if running:
            return _("Running: %s") % running[0].stage.label
        if self.test.job.state == JobState.RUNNING:
            return _("Running")
        if self.is_behind:
            return _("Waits until the test before it has ended.")
        if self.is_paused:
            return _("Starts in a few seconds: two tests by hand keep a pause between them.")
        return _("Waiting for a worker.")


class Change:
    """A model's health from a moment on, with the reason."""

    def __init__(self, change: HealthChange) -> None:
        self.badge = badge(Health(change.state).label, results.HEALTH_COLOURS[change.state])
        self.since = ago(change.at)
        self.reason = reason_of(change.code, change.stage)
        self.who = change.actor.get_username() if change.actor else ""


def reason_of(code: str, stage: str) -> str:
    """Name what was found, and at which stage; without a finding something was changed."""
    if not code:
        return _("Model, address or key was changed: test it again")
    label = str(ProbeCode(code).label)
    if not stage:
        return label
    return _("%(reason)s, at the stage %(stage)s") % {
        "reason": label,
        "stage": Stage(stage).label,
    }
