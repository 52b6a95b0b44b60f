"""Which model?: what is required, the ranked answer, and why the others are not in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin import money, results
from registry.admin.which_model_form import (
    CAPABILITIES,
    LIMITS,
    OTHERS,
    PRICES,
    REQUEST,
    WhichModelForm,
)
from registry.services import selection

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.models import LLMModel
    from registry.services.selection import Ranked, Recommendation, Rejected, Requirements

NEAREST = 20  # rejected models that are named with every reason

# The part of a reason's code before the colon -> what would let more models in.
_LOOSEN: dict[str, Any] = {
    "status": gettext_lazy("Activate models that may be used."),
    "no_usable_route": gettext_lazy("Activate a route of theirs, or its platform."),
    "capability_missing": gettext_lazy("Make it nice to have."),
    "capability_unknown": gettext_lazy(
        "Make it nice to have, or note on the models' pages which of them have it."
    ),
    "capability_excluded": gettext_lazy("Allow it."),
    "context_too_small": gettext_lazy("Ask for a smaller context."),
    "context_unknown": gettext_lazy("Enter the context windows of the models."),
    "context_too_large": gettext_lazy("Allow a larger context."),
    "output_too_small": gettext_lazy("Ask for a shorter output."),
    "output_unknown": gettext_lazy("Enter the maximum output of the models."),
    "output_too_long": gettext_lazy("Expect a shorter answer."),
    "request_too_long": gettext_lazy("Expect a shorter question or answer."),
    "input_too_dear": gettext_lazy("Allow a higher input price."),
    "input_price_unknown": gettext_lazy("Enter the unknown prices."),
    "output_too_dear": gettext_lazy("Allow a higher output price."),
    "output_price_unknown": gettext_lazy("Enter the unknown prices."),
    "price_unknown": gettext_lazy("Enter the unknown prices, or do not ask for the cheapest."),
    "too_slow": gettext_lazy("Ask for less speed."),
    "speed_unknown": gettext_lazy("Enter the speeds of the models."),
    "other_tier": gettext_lazy("Allow any quality tier."),
    "other_provider": gettext_lazy("Allow every provider."),
    "other_platform": gettext_lazy("Allow every platform."),
    "other_family": gettext_lazy("Allow every family."),
    "tag_missing": gettext_lazy("Ask for fewer tags."),
}


@dataclass(frozen=True)
class AnswerRow:
    """One model of the answer, as the table says it."""

    place: int
    ranked: Ranked
    words: dict[str, str]

    @property
    def llm(self) -> LLMModel:
        return self.ranked.llm

    @property
    def page(self) -> str:
        return _page(self.llm)

    @property
    def prices(self) -> str:
        return f"{money.usd(self.llm.input_cost)} / {money.usd(self.llm.output_cost)}"

    @property
    def cost(self) -> str:
        return money.usd(self.ranked.cost.total if self.ranked.cost else None)

    @property
    def route_page(self) -> str:
        route = self.ranked.route
        return "" if route is None else reverse("admin:registry_route_change", args=[route.pk])

    @property
    def context(self) -> str:
        return _counted(self.llm.context_window, _("%s tokens"))

    @property
    def speed(self) -> str:
        return _counted(self.llm.tokens_per_second, _("%s tokens/s"))

    @property
    def optional(self) -> str:
        return ", ".join(self.words.get(name, name) for name in self.ranked.optional)

    @property
    def health(self) -> str:
        return results.health_badge(self.llm)


@dataclass(frozen=True)
class ReasonGroup:
    """One reason, and how many models it rejects."""

    code: str
    message: str
    count: int

    @property
    def advice(self) -> str:
        return str(_LOOSEN.get(self.code.partition(":")[0], ""))


def show(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    may_price = request.user.has_perm("registry.view_price")
    form = WhichModelForm(request.GET, may_price=may_price)
    wanted = form.requirements()
    context |= {
        "media": form.media,
        "form": form,
        "sections": [
            [form[name] for name in names if name in form.fields]
            for names in (REQUEST, (*LIMITS, *PRICES), OTHERS)
        ],
        "boxes": [form[name] for name in CAPABILITIES],
        "is_more_open": _is_open(form, (*LIMITS, *PRICES, *OTHERS)),
        "may_price": may_price,
        "may_route": request.user.has_perm("registry.view_route"),
        "models_url": reverse("admin:registry_llmmodel_changelist"),
    }
    if wanted is not None:
        context |= _answer(wanted, form.words)
    return TemplateResponse(request, "admin/choosing/which_model.html", context)


def _is_open(form: WhichModelForm, names: tuple[str, ...]) -> bool:
    return any(form[name].errors or form[name].value() for name in names if name in form.fields)


def _answer(wanted: Requirements, words: dict[str, str]) -> dict[str, Any]:
    found = selection.recommend(wanted)
    groups = _groups(found)
    contradictory = selection.is_contradictory(wanted)
    return {
        "is_answered": True,
        "found": found,
        "answer": [
            AnswerRow(place, ranked, words) for place, ranked in enumerate(found.results, start=1)
        ],
        "shows_optional": bool(wanted.optional),
        "groups": groups,
        "worst": groups[0] if groups else None,
        "nearest": [_rejected(one) for one in found.rejected[:NEAREST]],
        "contradictory": ", ".join(words.get(name, name) for name in contradictory),
        "request_text": _("%(prompt)s tokens asked, %(output)s answered")
        % {
            "prompt": results.grouped(wanted.prompt_tokens),
            "output": results.grouped(wanted.output_tokens),
        },
    }


def _groups(found: Recommendation) -> list[ReasonGroup]:
    """Return the reasons, the one first that rejects most."""
    counts = sorted(found.reason_counts.items(), key=lambda item: (-item[1], item[0]))
    return [ReasonGroup(code, found.reason_texts[code], count) for code, count in counts]


def _rejected(one: Rejected) -> dict[str, Any]:
    return {"llm": one.llm, "page": _page(one.llm), "reasons": one.reasons}


def _counted(number: float | None, text: str) -> str:
    if number is None:
        return _("unknown")
    places = 0 if number == int(number) else 1
    return text % number_format(number, decimal_pos=places, force_grouping=True)


def _page(llm: LLMModel) -> str:
    return reverse("admin:registry_llmmodel_change", args=[llm.pk])
