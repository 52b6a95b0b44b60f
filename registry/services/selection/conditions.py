"""What requirements demand of a model, as conditions in SQL with a code and words each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from registry.choices import LLMStatus
from registry.models import Capability, LLMModel, ModelCapability, Platform, Provider, Route
from registry.services.llm_links import fold
from registry.services.selection.requirements import known_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.models.llm import LLMQuerySet
    from registry.services.selection.requirements import Requirements

SELECTABLE = (LLMStatus.ACTIVE, LLMStatus.BETA)
NOTHING = Q(pk__in=[])
# Looked up where it is asked, that is of few: PostgreSQL would read all routes for an EXISTS.
_ANY_ROUTE = Subquery(Route.objects.filter(llm=OuterRef("pk")).order_by().values("pk")[:1])
HAS_ROUTES = Q(IsNull(_ANY_ROUTE, False))
HAS_USABLE_ROUTE = Q(Exists(Route.objects.usable().filter(llm=OuterRef("pk"))))


@dataclass(frozen=True)
class Condition:
    """One demand: `holds` in SQL, and what a model that fails it is told.

    Where `unknown` holds nobody knows whether it does; that is told apart.
    """

    code: str
    holds: Q
    message: Any
    unknown: Q = NOTHING
    unknown_code: str = ""
    unknown_message: Any = ""


def selectable() -> list[Condition]:
    """Active or beta, and reached over a usable route; without any route by its own endpoint."""
    return [
        Condition("status", Q(status__in=SELECTABLE), _("It is neither active nor beta.")),
        Condition(
            "no_usable_route", HAS_USABLE_ROUTE | ~HAS_ROUTES, _("None of its routes is usable.")
        ),
    ]


def conditions_of(wanted: Requirements) -> list[Condition]:
    """Return every condition but the type's and the request's size."""
    return [
        *selectable(),
        *capabilities_of(wanted),
        *_limits(wanted),
        *_prices(wanted),
        *_names(wanted),
    ]


def fits(prompt_tokens: int, output_tokens: int) -> list[Condition]:
    """Demand that a request of this size fits, where the limits are known."""
    together = prompt_tokens + output_tokens
    return [
        Condition(
            "output_too_long",
            Q(max_output_tokens__isnull=True) | Q(max_output_tokens__gte=output_tokens),
            _("The answer would be longer than its maximum output."),
        ),
        Condition(
            "request_too_long",
            Q(context_window__isnull=True) | Q(context_window__gte=together),
            _("Question and answer would not fit its context window."),
        ),
    ]


def kept_capabilities(llm: LLMModel) -> Q:
    """Keep the models that have every capability that is known to be true of `llm`."""
    true = llm.capabilities.filter(supported=True).values_list("capability_id", flat=True)
    kept = Q()
    for capability_id in true:
        kept &= Q(_has(capability_id))
    return kept


def choose(rows: LLMQuerySet, conditions: Iterable[Condition]) -> LLMQuerySet:
    """Keep the rows that meet all conditions."""
    for condition in conditions:
        rows = rows.filter(condition.holds)
    return rows


def candidates(llm_type: str) -> LLMQuerySet:
    """Return the models that are asked about: shared ones of the type."""
    rows: LLMQuerySet = LLMModel.objects.shared()
    return rows.of_type(llm_type) if llm_type else rows


def unknown_capabilities(names: Iterable[str]) -> list[str]:
    """Return the names that are not in the vocabulary, nor another word for one that is."""
    vocabulary = set(Capability.objects.values_list("name", flat=True))
    return [name for name in names if known_name(name) not in vocabulary]


def capability_ids(names: Iterable[str]) -> dict[str, int]:
    wanted = list(names)
    rows = Capability.objects.filter(name__in=wanted) if wanted else Capability.objects.none()
    return dict(rows.values_list("name", "pk"))


def routes_for(wanted: Requirements) -> Q:
    """Keep the routes over which a model that was found by platform or provider is offered."""
    asked = Q()
    if wanted.platform is not None:
        asked &= Q(platform__in=Platform.objects.slugged(wanted.platform).values("pk"))
    if wanted.provider is not None:
        made = Q(llm__provider__in=Provider.objects.named(wanted.provider).values("pk"))
        asked &= made | Q(platform__in=Platform.objects.slugged(wanted.provider).values("pk"))
    return asked


def held(capability_id: int | None) -> Exists | Q:
    return NOTHING if capability_id is None else _has(capability_id)


# One kind of demand each
# ----------------------------------------------------------------------------
def _has(capability_id: int) -> Exists:
    rows = ModelCapability.objects.filter(llm=OuterRef("pk"), supported=True)
    return Exists(rows.filter(capability=capability_id))


def _is_unsaid(capability_id: int | None) -> Q:
    """Whether nobody knows if a model has the capability."""
    rows = ModelCapability.objects.filter(llm=OuterRef("pk"), capability=capability_id)
    return ~NOTHING if capability_id is None else ~Q(Exists(rows))


def capabilities_of(wanted: Requirements) -> Iterator[Condition]:
    ids = capability_ids((*wanted.requires, *wanted.excluded))
    for name in wanted.requires:
        yield Condition(
            f"capability_missing:{name}",
            Q(held(ids.get(name))),
            _("It does not have: %s.") % name,
            _is_unsaid(ids.get(name)),
            f"capability_unknown:{name}",
            _("It is not known whether it has: %s.") % name,
        )
    for name in wanted.excluded:
        message = _("It has what is excluded: %s.") % name
        yield Condition(f"capability_excluded:{name}", ~Q(held(ids.get(name))), message)


def _limits(wanted: Requirements) -> Iterator[Condition]:
    if wanted.min_context is not None:
        yield Condition(
            "context_too_small",
            Q(context_window__gte=wanted.min_context),
            _("Its context window is too small."),
            Q(context_window__isnull=True),
            "context_unknown",
            _("Its context window is not known."),
        )
    if wanted.max_context is not None:
        holds = Q(context_window__isnull=True) | Q(context_window__lte=wanted.max_context)
        yield Condition("context_too_large", holds, _("Its context window is larger than allowed."))
    if wanted.min_output is not None:
        yield Condition(
            "output_too_small",
            Q(max_output_tokens__gte=wanted.min_output),
            _("Its maximum output is too small."),
            Q(max_output_tokens__isnull=True),
            "output_unknown",
            _("Its maximum output is not known."),
        )
    if wanted.min_speed_tps is not None:
        yield Condition(
            "too_slow",
            Q(tokens_per_second__gte=wanted.min_speed_tps),
            _("It is too slow."),
            Q(tokens_per_second__isnull=True),
            "speed_unknown",
            _("Its speed is not known."),
        )


def _prices(wanted: Requirements) -> Iterator[Condition]:
    if wanted.max_input_cost is not None:
        yield Condition(
            "input_too_dear",
            Q(input_cost__lte=wanted.max_input_cost),
            _("Its input price is too high."),
            Q(input_cost__isnull=True),
            "input_price_unknown",
            _("Its input price is not known."),
        )
    if wanted.max_output_cost is not None:
        yield Condition(
            "output_too_dear",
            Q(output_cost__lte=wanted.max_output_cost),
            _("Its output price is too high."),
            Q(output_cost__isnull=True),
            "output_price_unknown",
            _("Its output price is not known."),
        )


def _names(wanted: Requirements) -> Iterator[Condition]:
    if wanted.quality_tier is not None:
        holds = Q(quality_tier=wanted.quality_tier)
        yield Condition("other_tier", holds, _("It is of another quality tier."))
    if wanted.provider is not None:
        message = _("It is neither made nor served by this provider.")
        yield Condition("other_provider", of_provider(wanted.provider), message)
    if wanted.platform is not None:
        message = _("This platform does not serve it over a usable route.")
        yield Condition("other_platform", served_over(wanted.platform), message)
    if wanted.family is not None:
        holds = _spelt("family", wanted.family)
        yield Condition("other_family", holds, _("It is of another family."))
    for tag in wanted.tags:
        links = LLMModel.tags.through._default_manager.filter(llmmodel=OuterRef("pk"))
        holds = Q(Exists(links.filter(tag__folded=fold(tag))))
        yield Condition(f"tag_missing:{tag}", holds, _("It lacks the tag: %s.") % tag)


def _spelt(column: str, text: str) -> Q:
    """Compare in any case where every database does so alike, that is in plain ASCII."""
    return Q(**{f"{column}__iexact" if text.isascii() else column: text})


def of_provider(name: str) -> Q:
    """A provider in a question is the maker, or a platform that serves the model."""
    maker = Provider.objects.named(name).values_list("pk", flat=True).first()
    made = NOTHING if maker is None else Q(provider=maker)
    return made | served_over(name)


def served_over(name: str) -> Q:
    """A model is served by a platform if it has a usable route there."""
    platform = Platform.objects.slugged(name).values_list("pk", flat=True).first()
    if platform is None:
        return NOTHING
    routes = Route.objects.usable().filter(llm=OuterRef("pk"), platform=platform)
    return Q(Exists(routes))


def is_contradictory(wanted: Requirements) -> list[str]:
    """Return the capabilities that are demanded and excluded at once: nothing has them so."""
    return sorted(set(wanted.requires) & set(wanted.excluded))
