"""Numbers in bounds, which the table checks again, and exact amounts of money."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Bounds:
    """The inclusive range of a number; None is open."""

    minimum: float | None = None
    maximum: float | None = None

    def validators(self) -> list[Any]:
        low = [] if self.minimum is None else [MinValueValidator(self.minimum)]
        high = [] if self.maximum is None else [MaxValueValidator(self.maximum)]
        return [*low, *high]


def _refuse_not_finite(value: float) -> None:
    if not math.isfinite(value):
        raise ValidationError(_("Enter a finite number."))


class _BoundedMixin:
    null: bool
    blank: bool

    def to_python(self, value: Any) -> Any:
        """Refuse what Python takes for a number all the same: true is no 1."""
        if isinstance(value, bool):
            raise ValidationError(_("Enter a number."))
        try:
            return super().to_python(value)  # type: ignore[misc]
        except OverflowError:
            raise ValidationError(_("This number is out of range.")) from None

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        kwargs.pop("validators", None)  # the bounds are Python's; the CHECK is the table's
        # Django leaves out what is False for it; here null is what is meant when nothing is said.
        return name, path, args, kwargs | {"null": self.null, "blank": self.blank}


class BoundedIntegerField(_BoundedMixin, models.IntegerField):  # type: ignore[type-arg]
    """A whole number, or null for unknown. The table's CHECK repeats the bounds."""

    def __init__(self, *args: Any, bounds: Bounds = Bounds(), **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["validators"] = bounds.validators()
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, float) and math.isfinite(value) and not value.is_integer():
            raise ValidationError(_("Enter a whole number."))
        return super().to_python(value)


class BoundedFloatField(_BoundedMixin, models.FloatField):  # type: ignore[type-arg]
    """A finite number, or null for unknown. The table's CHECK repeats the bounds."""

    def __init__(self, *args: Any, bounds: Bounds = Bounds(), **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["validators"] = [_refuse_not_finite, *bounds.validators()]
        super().__init__(*args, **kwargs)


class UsdField(models.DecimalField):  # type: ignore[type-arg]
    """An exact price in US dollars, 0 to 999,999.999999999, or null for unknown.

    A price that is finer than 9 decimals is refused and not rounded.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"max_digits": 15, "decimal_places": 9}
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["validators"] = [MinValueValidator(Decimal(0))]
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Read a float by its shortest text: 0.15 is meant, not the float next to it."""
        if isinstance(value, bool):
            raise ValidationError(_("Enter a number."))
        value = super().to_python(str(value) if isinstance(value, float) else value)
        if isinstance(value, Decimal) and not value.is_finite():
            raise ValidationError(_("Enter a finite number."))
        return value

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for known in ("validators", "max_digits", "decimal_places"):
            kwargs.pop(known, None)
        return name, path, args, kwargs
