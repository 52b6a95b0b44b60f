from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RolesConfig(AppConfig):
    name = "roles"
    verbose_name = _("Roles")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the slots to the table of who uses a model."""
        import_module("roles.services.dependents").add_to_table()
