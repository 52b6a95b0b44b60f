from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.constraints import FieldUnique, one_of
from registry.fields import LabelField, ProseField
from registry.models.base import BOOKKEEPING, Revised, SlugTextField, TrackedQuerySet
from roles.choices import Builtin


class Role(Revised):
    """A job for which applications ask a model; the settings define some, staff may add more."""

    name = SlugTextField(_("name"), max_length=64)
    label = LabelField(_("label"), max_length=100, blank=True)
    description = ProseField(_("description"), blank=True)
    last_resort = models.CharField(
        _("last resort"),
        max_length=16,
        choices=Builtin,
        default=Builtin.CLAUDE_CLI,
        help_text=_("What answers when no slot does."),
    )

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("name",)
        permissions = (("resolve_for_user", _("Can resolve roles for another user")),)
        constraints = (
            FieldUnique(
                field="name",
                fields=("name",),
                name="roles_role_name_unique",
                violation_error_message=_("This role exists."),
            ),
            one_of("role", "last_resort", Builtin.values),
        )

    def __str__(self) -> str:
        return str(self.label or self.name)


tracking.track(Role, noun="role", exclude=BOOKKEEPING)
