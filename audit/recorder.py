"""Takes what django-auditlog saw and hands it to the running operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntryManager

from audit import operations

if TYPE_CHECKING:
    from django.db.models import Model


class TrailManager(LogEntryManager):
    """auditlog's receivers call these two; nothing else should."""

    def log_create(self, instance: Model, force_log: bool = False, **kwargs: Any) -> None:
        operations.collect(instance, kwargs["action"], dict(kwargs.get("changes") or {}))

    def log_m2m_changes(
        self, changed_queryset: Any, instance: Model, operation: str, field_name: str, **kwargs: Any
    ) -> None:
        names = sorted(str(row) for row in changed_queryset or ())
        if names:
            operations.collect_names(instance, field_name, operation, names)
