from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """From where a change came."""

    ADMIN = "admin", _("Admin")
    API = "api", _("API")
    COMMAND = "command", _("Command")
    TASK = "task", _("Background task")
    IMPORT = "import", _("Import")
    SYNC = "sync", _("Synchronisation")
    SYSTEM = "system", _("System")
