from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.choices import Source
from registry.choices import JobKind, JobState
from registry.constraints import one_of

UNFINISHED = (JobState.QUEUED.value, JobState.RUNNING.value)
FIRST, SECOND = 1, 2  # turns


class JobQuerySet(models.QuerySet["Job"]):
    """The words for choosing jobs."""

    def unfinished(self) -> JobQuerySet:
        return self.filter(state__in=UNFINISHED)

    def startable(self, now: datetime) -> JobQuerySet:
        """Keep those whose turn it is, the oldest first."""
        rows = self.filter(state=JobState.QUEUED, turn=FIRST, not_before__lte=now)
        return rows.order_by("created_at", "id")

    def of_free_hosts(self) -> JobQuerySet:
        """Leave out those whose host is called as often as it may be."""
        running = Job.objects.filter(state=JobState.RUNNING).exclude(host="").values("host")
        full = running.annotate(number=Count("pk")).filter(
            number__gte=settings.REGISTRY_HOST_CONCURRENCY
        )
        return self.exclude(host__in=full.values("host"))

    def expired(self, now: datetime) -> JobQuerySet:
        """Keep those whose worker has not been heard of within its lease."""
        return self.filter(state=JobState.RUNNING, lease_until__lt=now)


class Job(models.Model):
    """One piece of background work. This row is the truth; a message only rings for it.

    Of one `subject` at most one job runs (turn 1), and one waits behind it (turn 2). A worker
    holds a job by `token` until `lease_until`; who has another token is too late. `slot` is the
    job's place among those that call the same `host` at once. The requester's circumstances are
    kept, so that the trail names who asked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=32, choices=JobKind)
    subject = models.CharField(_("subject"), max_length=200)
    turn = models.PositiveSmallIntegerField(default=FIRST)
    state = models.CharField(_("state"), max_length=16, choices=JobState, default=JobState.QUEUED)
    host = models.CharField(_("host"), max_length=300, blank=True)
    slot = models.PositiveSmallIntegerField(null=True)
    token = models.UUIDField(null=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(db_default=Now())
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    source = models.CharField(max_length=16, choices=Source)
    request_id = models.CharField(max_length=64, blank=True)
    application = models.CharField(_("application"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("requested"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = (
            models.Index(fields=("state", "not_before", "created_at"), name="registry_job_queue"),
            models.Index(fields=("state", "host", "created_at"), name="registry_job_host"),
            models.Index(fields=("kind", "subject", "created_at"), name="registry_job_subject"),
        )
        constraints = (
            one_of("job", "kind", JobKind.values),
            one_of("job", "state", JobState.values),
            models.CheckConstraint(
                condition=Q(turn__in=(FIRST, SECOND)), name="registry_job_turn_valid"
            ),
            models.CheckConstraint(
                condition=~Q(state=JobState.RUNNING)
                | Q(token__isnull=False, lease_until__isnull=False, turn=FIRST),
                name="registry_job_running_is_held",
            ),
            models.UniqueConstraint(
                fields=("kind", "subject", "turn"),
                condition=Q(state__in=UNFINISHED),
                name="registry_job_single_flight",
            ),
            models.UniqueConstraint(
                fields=("host", "slot"),
                condition=Q(state=JobState.RUNNING) & ~Q(host=""),
                name="registry_job_host_slots",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED


class Heartbeat(models.Model):
    """When a part of the service was last heard of, by the database's clock."""

    name = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()

    objects: models.Manager[Any] = models.Manager()

    def __str__(self) -> str:
        return f"{self.name}: {self.at}"
