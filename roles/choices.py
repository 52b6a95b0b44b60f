"""The closed lists of roles: slots, built-ins, and why a candidate was skipped."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Slot(models.TextChoices):
    """The five slots of a role, in the order in which they are tried."""

    PRIMARY = "primary", _("Primary")
    BACKUP_1 = "backup_1", _("Backup 1")
    BACKUP_2 = "backup_2", _("Backup 2")
    BACKUP_3 = "backup_3", _("Backup 3")
    BACKUP_4 = "backup_4", _("Backup 4")


class Builtin(models.TextChoices):
    """What resolves without being stored."""

    CLAUDE_CLI = "claude_cli", _("Claude (CLI)")
    GEMINI_CLI = "gemini_cli", _("Gemini (CLI)")
    GEMINI_API = "gemini_api", _("Gemini (API)")


class Source(models.TextChoices):
    """Where a candidate of a role comes from, in the order in which they are tried."""

    USER = "user", _("Own slot")
    ORGANISATION = "organisation", _("The organisation's slot")
    ENVIRONMENT = "environment", _("Environment")
    LAST_RESORT = "last_resort", _("Last resort")
    ABSOLUTE = "absolute", _("Always there")


class Skipped(models.TextChoices):
    """Why a candidate is not the answer; `unknown` names nothing that exists."""

    UNKNOWN = "unknown", _("There is no such model")
    NOT_VISIBLE = "not_visible", _("Not visible to this user")
    INACTIVE = "inactive", _("Inactive")
    DEPRECATED = "deprecated", _("Deprecated")
    CONNECTION_GONE = "connection_gone", _("Its connection is gone")
    NEEDS_KEY = "needs_key", _("Its connection needs a key")
    NOT_LOCAL = "not_local", _("Not a local model")
    DOWN = "down", _("Down")
    COOLING = "cooling", _("Every client is cooling down")
    SUSPENDED = "suspended", _("Every client is suspended")
