"""Searching the catalogue by a piece of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, When
from django.utils.translation import gettext_lazy as _

from registry.models import LLMAlias, LLMModel
from registry.services.llm_links import fold
from registry.services.selection import conditions
from registry.services.selection.ranking import rank
from registry.services.selection.requirements import is_storable

if TYPE_CHECKING:
    from registry.models.llm import LLMQuerySet

LONGEST_TEXT = 200  # characters


def search(text: str, llm_type: str = "") -> LLMQuerySet:
    """Return the shared models that the text names or is a piece of, of any status.

    First those whose id, slug or alias it is, then those that begin with it, then those that
    have it in name, id, slug, alias, family, tags or provider; each by rank. `%` and `_` are
    just characters. An empty text finds nothing. Raises ValidationError on `q`.
    """
    words = text.strip()
    if len(words) > LONGEST_TEXT or not is_storable(words):
        raise ValidationError({"q": _("Search for at most 200 characters.")})
    rows = conditions.candidates(llm_type).select_related("provider")
    if not words:
        return rows.none()
    aliases = LLMAlias.objects.filter(llm=OuterRef("pk"))
    tags = LLMModel.tags.through._default_manager.filter(llmmodel=OuterRef("pk"))
    folded = fold(words)
    exact = (
        Q(model_id__iexact=words) | Q(slug__iexact=words) | Q(Exists(aliases.filter(folded=folded)))
    )
    begins = (
        Q(name__istartswith=words)
        | Q(model_id__istartswith=words)
        | Q(slug__istartswith=words)
        | Q(Exists(aliases.filter(folded__startswith=folded)))
    )
    has = (
        *(Q(name__icontains=words), Q(model_id__icontains=words), Q(slug__icontains=words)),
        *(Q(family__icontains=words), Q(provider__slug__icontains=words)),
        *(Q(provider__name__icontains=words), Q(Exists(tags.filter(tag__folded__contains=folded)))),
        Q(Exists(aliases.filter(folded__contains=folded))),
    )
    anywhere = has[0]
    for one in has[1:]:
        anywhere |= one
    nearness = Case(
        When(exact, then=0), When(begins, then=1), default=2, output_field=IntegerField()
    )
    found: LLMQuerySet = rows.filter(anywhere).annotate(nearness=nearness)
    return found.order_by("nearness", *rank())
