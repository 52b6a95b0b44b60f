"""Database constraints whose violation names the field to correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from registry.fields import Bounds


class _NamesField:
    """Puts the violation under `field`, where a form or an API answer shows it."""

    field: str

    def __init__(self, *args: Any, field: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field = field

    def validate(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().validate(*args, **kwargs)  # type: ignore[misc]
        except ValidationError as error:
            raise ValidationError({self.field: error.messages}) from error

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return path, args, {**kwargs, "field": self.field}


class FieldCheck(_NamesField, models.CheckConstraint):
    """A CHECK about one field.

    `repeats` says that the column's own validators tell the same to people: then only the table
    checks it. Asking the database for each would take most of the time of a write, in which all
    other writers wait.
    """

    def __init__(self, *args: Any, repeats: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.repeats = repeats

    def validate(self, *args: Any, **kwargs: Any) -> None:
        if not self.repeats:
            super().validate(*args, **kwargs)

    def clone(self) -> FieldCheck:
        """Keep `repeats`, which is no part of a migration."""
        found: FieldCheck = super().clone()
        found.repeats = self.repeats
        return found


class FieldUnique(_NamesField, models.UniqueConstraint):
    """A uniqueness whose violation is corrected in one field."""


def within(table: str, field: str, bounds: Bounds) -> FieldCheck:
    """Return the CHECK that keeps `field` in `bounds`; null, which is unknown, passes."""
    condition = Q()
    if bounds.minimum is not None:
        condition &= Q(**{f"{field}__gte": bounds.minimum})
    if bounds.maximum is not None:
        condition &= Q(**{f"{field}__lte": bounds.maximum})
    return FieldCheck(
        field=field,
        repeats=True,
        condition=Q(**{f"{field}__isnull": True}) | condition,
        name=f"registry_{table}_{field}_range",
        violation_error_message=_("This number is out of range."),
    )


def one_of(table: str, field: str, values: list[str]) -> FieldCheck:
    """Return the CHECK that keeps a choice in its list, whoever writes the row."""
    return FieldCheck(
        field=field,
        repeats=True,
        condition=Q(**{f"{field}__in": values}),
        name=f"registry_{table}_{field}_known",
        violation_error_message=_("This is not one of the choices."),
    )
