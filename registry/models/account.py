from __future__ import annotations

from django.conf import settings
from django.db import models

from registry.fields import SecretField


class PasswordChangeDue(models.Model):
    """This user was given a password and has to choose his own before anything else."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="password_change_due",
    )

    def __str__(self) -> str:
        return str(self.user)


class KeyRingCanary(models.Model):
    """One sealed known text: what the key ring must open before anything starts."""

    sealed = SecretField()

    def __str__(self) -> str:
        return "canary"
