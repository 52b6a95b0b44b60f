from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.constraints import FieldCheck, FieldUnique, one_of
from registry.models.base import SlugTextField, TimeStamped, TrackedQuerySet
from roles.choices import Builtin, Slot


class RoleSlotQuerySet(TrackedQuerySet):
    """The words for choosing slots."""

    def of(self, owner_id: int | None) -> RoleSlotQuerySet:
        """Keep a user's slots, or the organisation's (None)."""
        return self.filter(owner_id=owner_id) if owner_id else self.filter(owner__isnull=True)


class RoleSlot(TimeStamped):
    """What stands in one slot of a role: a stored model or a built-in. An empty one has no row.

    `role` is a name: a role need not be defined to have slots. When the model is deleted its
    slots go with it, in the same transaction.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="role_slots",
        verbose_name=_("owner"),
    )
    role = SlugTextField(_("role"), max_length=64)
    slot = models.CharField(_("slot"), max_length=16, choices=Slot)
    llm = models.ForeignKey(
        "registry.LLMModel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="role_slots",
        verbose_name=_("model"),
    )
    builtin = models.CharField(_("built-in"), max_length=16, choices=Builtin, blank=True)

    objects = RoleSlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot of a role")
        verbose_name_plural = _("slots of roles")
        ordering = ("role", "slot")
        constraints = (
            FieldUnique(
                field="slot",
                fields=("owner", "role", "slot"),
                condition=Q(owner__isnull=False),
                name="roles_slot_own_unique",
                violation_error_message=_("This slot is filled."),
            ),
            FieldUnique(
                field="slot",
                fields=("role", "slot"),
                condition=Q(owner__isnull=True),
                name="roles_slot_shared_unique",
                violation_error_message=_("This slot is filled."),
            ),
            one_of("roleslot", "slot", Slot.values),
            FieldCheck(
                field="llm",
                condition=Q(llm__isnull=False, builtin="")
                | Q(llm__isnull=True, builtin__in=Builtin.values),
                name="roles_slot_names_one",
                violation_error_message=_("A slot names a model or a built-in."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.role}.{self.slot}"


tracking.track(RoleSlot, noun="role_slot", exclude=("created_at", "updated_at"))
