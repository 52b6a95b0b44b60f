from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.tracking import TrackedQuerySetMixin

RESERVED_SLUGS = frozenset({"embedding", "generation", "ner", "available"})
SLUG_PATTERN = r"[a-z0-9][a-z0-9._-]*"


class TrackedQuerySet(TrackedQuerySetMixin, models.QuerySet[Any]):
    """A QuerySet whose bulk writes are refused, since they would leave no trail."""

    def slugged(self, text: str) -> Self:
        """Keep the row of this slug, in any case; what cannot be a slug is not looked for."""
        slug = text.strip().casefold()
        return self.filter(slug=slug) if re.fullmatch(SLUG_PATTERN, slug) else self.none()


class TimeStamped(models.Model):
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True


class Revised(TimeStamped):
    """A row with a counter of its writes: the ETag, and what a lost race is told by."""

    revision = models.PositiveIntegerField(_("revision"), default=0, editable=False)

    # Columns that are measured and not decided: written apart, told by no revision.
    measured: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True


class Letters(models.Func):
    """A text by the numbers of its characters, so that every database sorts it alike."""

    template = "%(expressions)s"
    arity = 1
    output_field = models.TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template='(%(expressions)s) COLLATE "C"', **context
        )


# What the trail leaves out: bookkeeping that moves with every write.
BOOKKEEPING = ("created_at", "updated_at", "revision")


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


class SlugTextField(models.CharField):  # type: ignore[type-arg]
    """The name in addresses: lower case letters, digits, dot, underscore and hyphen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value if value is None else value.strip()

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        RegexValidator(
            rf"^{SLUG_PATTERN}\Z",
            _("Use lower case letters, digits, dots, underscores and hyphens."),
        )(value)
        if value in RESERVED_SLUGS or is_uuid(value):
            raise ValidationError(_("This name is reserved. Choose another."))
