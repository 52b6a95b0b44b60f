"""Lists of the catalogue: sorted by a word, filtered by names, numbers and prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from registry.api import parameters
from registry.api.listing import Filter, Listing, Rows
from registry.api.parameters import BadValueError, choice
from registry.models import Platform, Provider
from registry.services import selection

PAGED = frozenset({"page", "page_size"})


@dataclass(frozen=True)
class SortedListing(Listing):
    """A list with `sort` in place of `ordering`: a word, and what it means to the database."""

    sorts: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def parameters(self) -> frozenset[str]:
        return PAGED | set(self.filters) | ({"sort"} if self.sorts else set())

    def choose(self, rows: Rows, params: QueryDict) -> Rows:
        rows = super().choose(rows, params)
        if "sort" not in params:
            return rows
        try:
            asked = choice(params.get("sort", ""), self.sorts)
        except BadValueError as error:
            raise ValidationError({"sort": [str(error)]}) from error
        return rows.order_by(*self.sorts[asked], self.tie)


def offered_by(rows: Rows, value: str) -> Rows:
    """Keep the models that a provider of this name makes, or a platform of this slug serves."""
    if not (Provider.objects.named(value).exists() or Platform.objects.slugged(value).exists()):
        raise BadValueError(_("There is nothing of this name."))
    return rows.filter(selection.of_provider(value))


def served_by(rows: Rows, value: str) -> Rows:
    """Keep the models that have a usable route over the platform of this slug."""
    if not Platform.objects.slugged(value).exists():
        raise BadValueError(_("There is nothing of this name."))
    return rows.filter(selection.served_over(value))


def at_least(column: str, read: Callable[[str], Any] = parameters.count) -> Filter:
    """Filter by a least value; a row of which it is not known is left out."""
    return lambda rows, value: rows.filter(**{f"{column}__gte": read(value)})


def at_most(
    column: str, read: Callable[[str], Any] = parameters.count, *, passes_unknown: bool = False
) -> Filter:
    """Filter by a largest value, inclusive."""

    def narrow(rows: Rows, value: str) -> Rows:
        wanted = Q(**{f"{column}__lte": read(value)})
        return rows.filter(wanted | Q(**{f"{column}__isnull": True}) if passes_unknown else wanted)

    return narrow


def also_as(name: str, narrow: Filter) -> dict[str, Filter]:
    """Return a filter under its name and as an id: `provider`, `provider_id`."""
    return {name: narrow, f"{name}_id": narrow}
