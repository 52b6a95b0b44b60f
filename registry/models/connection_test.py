from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.choices import Health, ProbeCode
from registry.constraints import one_of
from registry.fields import Binding, SealedSecret, SecretField, seal
from registry.models.job import Job
from registry.types import Secret

LONGEST_TEXT = 300  # characters of a provider's words that are kept
GOOD_CODES = (ProbeCode.OK, ProbeCode.OK_TRUNCATED, ProbeCode.DEGRADED)


class ConnectionTestQuerySet(models.QuerySet["ConnectionTest"]):
    """The words for choosing tests."""

    def newest_first(self) -> ConnectionTestQuerySet:
        return self.order_by("-created_at", "-id")

    def passed(self) -> ConnectionTestQuerySet:
        return self.filter(code__in=GOOD_CODES)

    def failed(self) -> ConnectionTestQuerySet:
        """Keep those that have a result, and no good one."""
        return self.exclude(code__in=("", *GOOD_CODES))

    def told_to(
        self, user_id: int | None, *, of_all_connections: bool = False
    ) -> ConnectionTestQuerySet:
        """Keep those of what the organisation or this user owns."""
        rows = self.filter(Q(llm__owner__isnull=True) | Q(llm__owner=user_id))
        if of_all_connections:
            return rows
        return rows.filter(Q(connection__owner__isnull=True) | Q(connection__owner=user_id))

    def with_links(self) -> ConnectionTestQuerySet:
        """Read along what a row of a list or an answer shows."""
        return self.select_related("job", "job__requested_by", "llm", "llm__provider", "connection")


class ConnectionTest(models.Model):
    """One test of a stored model, of a connection, or of settings nobody has saved.

    Its job says how far it is. `settings` are unsaved ones, without the key: a typed key is
    sealed in `api_key`, bound to this row and to `origin`, and forgotten when the test ends.
    `stages` are [{"name", "code", "latency_ms", ...}], in order. Tokens are the provider's own
    counts; null is unknown.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.OneToOneField(Job, models.CASCADE, related_name="connection_test")
    llm = models.ForeignKey(
        "registry.LLMModel",
        models.CASCADE,
        null=True,
        related_name="connection_tests",
        verbose_name=_("model"),
    )
    connection = models.ForeignKey(
        "registry.Connection",
        models.CASCADE,
        null=True,
        related_name="connection_tests",
        verbose_name=_("connection"),
    )
    settings = models.JSONField(null=True)
    api_key: SealedSecret | None = SecretField()
    origin = models.CharField(max_length=300, blank=True)
    inference = models.BooleanField(_("with inference"), default=False)
    code = models.CharField(_("result"), max_length=32, choices=ProbeCode, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    said = models.CharField(_("the provider said"), max_length=LONGEST_TEXT, blank=True)
    stages = models.JSONField(default=list)
    latency_ms = models.PositiveIntegerField(_("latency"), null=True)
    dimensions = models.PositiveIntegerField(_("dimensions"), null=True)
    expected_dimensions = models.PositiveIntegerField(null=True)
    billed_calls = models.PositiveSmallIntegerField(_("billed calls"), default=0)
    prompt_tokens = models.PositiveIntegerField(_("prompt tokens"), null=True)
    output_tokens = models.PositiveIntegerField(_("output tokens"), null=True)
    retry_after = models.PositiveIntegerField(null=True)  # seconds
    created_at = models.DateTimeField(_("requested"), auto_now_add=True)

    objects = ConnectionTestQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection test")
        verbose_name_plural = _("connection tests")
        indexes = (
            models.Index(fields=("llm", "-created_at"), name="registry_test_of_llm"),
            models.Index(fields=("-created_at", "-id"), name="registry_test_newest"),
        )
        constraints = (one_of("connectiontest", "code", ["", *ProbeCode.values]),)

    def __str__(self) -> str:
        unsaved = self.settings or {}
        named = unsaved.get("name") or unsaved.get("model_id", "")
        return str(self.llm or self.connection or named)

    @property
    def success(self) -> bool | None:
        """Whether the model answers; None while nobody knows yet."""
        if not self.code:
            return None
        return self.code in GOOD_CODES

    @property
    def binding(self) -> Binding:
        owner = str(self.job.requested_by_id or "")
        return Binding(row=f"connection_test:{self.pk}", owner=owner, origin=self.origin)

    def put_key(self, secret: Secret) -> None:
        """Seal a typed key into this row until the test ends."""
        self.api_key = seal(secret, self.binding)


class HealthChange(models.Model):
    """A model's health from a moment on: what was found, at which stage, and by whom."""

    llm = models.ForeignKey(
        "registry.LLMModel", models.CASCADE, related_name="health_changes", verbose_name=_("model")
    )
    state = models.CharField(_("health"), max_length=16, choices=Health)
    # Empty when nothing was found: the model or its connection was changed.
    code = models.CharField(_("reason"), max_length=32, choices=ProbeCode, blank=True)
    stage = models.CharField(_("stage"), max_length=16, blank=True)
    # Not a link: the timeline outlives the tests, which are pruned.
    found_by = models.UUIDField(null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("health change")
        verbose_name_plural = _("health changes")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("llm", "-at"), name="registry_health_of_llm"),)
        constraints = (one_of("healthchange", "state", Health.values),)

    def __str__(self) -> str:
        return f"{self.llm}: {self.state}"


class Sweep(models.Model):
    """Many tests asked for at once, so that their progress can be looked at together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    tests = models.ManyToManyField(ConnectionTest, related_name="sweeps")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)
