"""Lists: which rows, in which order. Only what is declared can be filtered or ordered by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from registry.api.parameters import BadValueError, choice

Rows = QuerySet[Any]
Filter = Callable[[Rows, str], Rows]
PAGED = frozenset({"page", "page_size", "ordering"})


@dataclass(frozen=True)
class Listing:
    """What a list can be filtered and ordered by; `tie` makes every order a total one."""

    filters: Mapping[str, Filter] = field(default_factory=dict)
    orderings: Collection[str] = ("name",)
    tie: str = "pk"
    # Parameters that are comma-separated lists and may be long.
    long: Collection[str] = ()

    @property
    def parameters(self) -> frozenset[str]:
        return PAGED | set(self.filters)

    def choose(self, rows: Rows, params: QueryDict) -> Rows:
        """Return the rows that `params` ask for. Raises ValidationError by parameter."""
        problems: dict[str, list[str]] = {}
        for name, narrow in self.filters.items():
            if name in params:
                try:
                    rows = narrow(rows, params.get(name, ""))
                except BadValueError as error:
                    problems[name] = [str(error)]
        try:
            rows = self._order(rows, params.get("ordering"))
        except BadValueError as error:
            problems["ordering"] = [str(error)]
        if problems:
            raise ValidationError(problems)
        return rows

    def _order(self, rows: Rows, asked: str | None) -> Rows:
        if asked is None:
            return rows
        choices = [sign + name for name in self.orderings for sign in ("", "-")]
        return rows.order_by(choice(asked, choices), self.tie)


def among(column: str, values: Collection[str]) -> Filter:
    """Filter by one of a closed list."""

    def narrow(rows: Rows, value: str) -> Rows:
        return rows.filter(**{column: choice(value, values)})

    return narrow


def linked(column: str, find: Callable[[str], object | None]) -> Filter:
    """Filter by a row that is named; a name that nothing has is a mistake, not an empty list."""

    def narrow(rows: Rows, value: str) -> Rows:
        row = find(value)
        if row is None:
            raise BadValueError(_("There is nothing of this name."))
        return rows.filter(**{column: row})

    return narrow


def exactly(column: str) -> Filter:
    """Filter by a text that somebody chose; an unknown one finds nothing."""

    def narrow(rows: Rows, value: str) -> Rows:
        return rows.filter(**{column: value})

    return narrow


def search(*columns: str, related: Mapping[str, str] | None = None) -> Filter:
    """Filter by a piece of text in one of `columns`; % and _ are just characters.

    `related` maps a reverse link of the row to the column to look at there.
    """

    def narrow(rows: Rows, value: str) -> Rows:
        wanted = Q()
        for column in columns:
            wanted |= Q(**{f"{column}__icontains": value})
        for link, column in (related or {}).items():
            relation: Any = rows.model._meta.get_field(link)
            inner = relation.related_model._default_manager.filter(
                **{relation.field.name: OuterRef("pk"), f"{column}__icontains": value}
            )
            wanted |= Q(Exists(inner))
        return rows.filter(wanted)

    return narrow
