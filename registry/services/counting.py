"""How many rows lead to another, beside it in the same query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from django.db.models import QuerySet


def number_of(rows: QuerySet[Any], link: str) -> Coalesce:
    """Count those of `rows` whose `link` is the row.

    Two joined counts would multiply each other.
    """
    of_one = rows.filter(**{link: OuterRef("pk")}).order_by().values(link)
    return Coalesce(Subquery(of_one.annotate(number=Count("pk")).values("number")), 0)
