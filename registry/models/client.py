from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.constraints import FieldCheck, FieldUnique
from registry.fields import ExactField, LabelField
from registry.models.base import BOOKKEEPING, TimeStamped, TrackedQuerySet

LONGEST_NAME = 200  # characters of a client's or a model's id
LONGEST_REASON = 300  # characters


class Client(TimeStamped):
    """A program that serves models and says which: what it holds is true while it says so.

    `registered_turn` is the number of the availability's revision at its last registration: of
    two clients the one with the higher number has registered later.
    """

    client_id = ExactField(_("client id"), max_length=LONGEST_NAME)
    provider = LabelField(
        _("provider"),
        max_length=100,
        blank=True,
        help_text=_("As the client names it, in lower case; empty when it does not say."),
    )
    registered_at = models.DateTimeField(_("registered"))
    registered_turn = models.PositiveBigIntegerField(default=0, editable=False)
    last_seen = models.DateTimeField(_("last seen"))

    # Moments that move with every message: told by no event.
    measured = ("registered_at", "registered_turn", "last_seen")

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ("client_id",)
        permissions = (
            ("report_availability", _("Can register clients and report what they can serve")),
        )
        indexes = (models.Index(fields=("last_seen",), name="registry_client_seen"),)
        constraints = (
            FieldUnique(
                field="client_id",
                fields=("client_id",),
                name="registry_client_id_unique",
                violation_error_message=_("This client is registered."),
            ),
        )

    def __str__(self) -> str:
        return str(self.client_id)


class ClientModelQuerySet(models.QuerySet["ClientModel"]):
    """The words for choosing what clients hold."""

    def of(self, client_id: str, model_id: str) -> ClientModelQuerySet:
        return self.filter(client__client_id=client_id, model_id=model_id)

    def in_order(self) -> ClientModelQuerySet:
        return self.order_by("client__client_id", "position")


class ClientModel(models.Model):
    """What one client holds of one model: how often, how the client describes it, and its marks.

    A quota mark blocks until `quota_until` and then ends by itself; a suspension until it is
    resumed. `info` is the client's own description, as `services.clients.infos` reads it.
    `changed_at` is the last change of who holds this model, or of a suspension here.
    """

    client = models.ForeignKey(
        Client, models.CASCADE, related_name="models", verbose_name=_("client")
    )
    model_id = ExactField(_("model id"), max_length=LONGEST_NAME)
    position = models.PositiveIntegerField(_("position"))  # of its first mention, from 0
    seats = models.PositiveIntegerField(_("seats"), default=1)
    info = models.JSONField(default=dict)
    quota_marked_at = models.DateTimeField(_("over quota since"), null=True)
    quota_until = models.DateTimeField(_("over quota until"), null=True)
    suspended_at = models.DateTimeField(_("suspended since"), null=True)
    suspended_reason = models.CharField(
        _("reason of the suspension"), max_length=LONGEST_REASON, blank=True
    )
    changed_at = models.DateTimeField(_("changed"))

    objects = ClientModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("model of a client")
        verbose_name_plural = _("models of clients")
        indexes = (
            models.Index(fields=("model_id",), name="registry_clientmodel_by_id"),
            models.Index(
                fields=("quota_until",),
                condition=Q(quota_until__isnull=False),
                name="registry_clientmodel_cooling",
            ),
        )
        constraints = (
            FieldUnique(
                field="model_id",
                fields=("client", "model_id"),
                name="registry_clientmodel_once",
                violation_error_message=_("The client holds this model."),
            ),
            FieldCheck(
                field="seats",
                condition=Q(seats__gte=1),
                name="registry_clientmodel_seats_positive",
                violation_error_message=_("A client that holds a model has a seat of it."),
            ),
            FieldCheck(
                field="quota_until",
                condition=Q(quota_marked_at__isnull=True, quota_until__isnull=True)
                | Q(quota_marked_at__isnull=False, quota_until__isnull=False),
                name="registry_clientmodel_quota_whole",
                violation_error_message=_("A quota mark has a beginning and an end."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.model_id} at {self.client}"


tracking.track(Client, noun="client", exclude=(*BOOKKEEPING, *Client.measured))
