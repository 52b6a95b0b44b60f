"""What an application asks for, checked field by field."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.choices import LLMType, Objective, QualityTier
from registry.services.costs import MOST_TOKENS, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MOST_RESULTS = 100
LONGEST_NAME = 200  # characters
MOST_NAMES = 50
MOST_USD = Decimal(1_000_000)
_FINEST_USD = Decimal("0.000000001")
MOST_SPEED = 1_000_000  # tokens per second
# Other words for the same question.
_OTHER_WORDS = {
    "max_cost_per_1m_input": "max_input_cost",
    "max_cost_per_1m_output": "max_output_cost",
}
_REQUIRES = "requires_"
_LISTS = (list, tuple, set, frozenset)
# Capabilities by another name.
SYNONYMS = {"function_calling": "tools"}


@dataclass(frozen=True)
class Requirements:
    """What a model must be, and the request that it is wanted for.

    `requires`, `optional` and `excluded` name capabilities. Limits are inclusive: tokens, US
    dollars per 1,000,000 tokens at list price, output tokens per second. None and an empty
    text ask for nothing. `min_output` is an answer's length that the model must allow;
    `prompt_tokens` and `output_tokens` are the request that costs are told for.

    Raises ValidationError naming each wrong field.
    """

    type: str = LLMType.GENERATION.value
    requires: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    min_context: int | None = None
    max_context: int | None = None
    min_output: int | None = None
    max_input_cost: Decimal | None = None
    max_output_cost: Decimal | None = None
    min_speed_tps: float | None = None
    quality_tier: str | None = None
    provider: str | None = None
    platform: str | None = None
    family: str | None = None
    tags: tuple[str, ...] = ()
    prompt_tokens: int = 1000
    output_tokens: int = 500
    objective: str = Objective.BEST.value
    limit: int = 10

    def __post_init__(self) -> None:
        problems: dict[str, Any] = {}
        for field in fields(self):
            try:
                value = _CHECKS[field.name](getattr(self, field.name))
            except ValidationError as error:
                problems[field.name] = error.messages
            else:
                object.__setattr__(self, field.name, value)
        if problems:
            raise ValidationError(problems)

    @classmethod
    def of(cls, **conditions: Any) -> Requirements:
        """Return the requirements in other words, too: requires_tools=True, max_cost_per_1m_input.

        A word that nobody knows is refused: without it the answer would be to another question.
        """
        known = cls.words()
        found: dict[str, Any] = {}
        named: list[str] = []
        wrong: dict[str, Any] = {}
        for word, value in conditions.items():
            if word in known:
                found[_OTHER_WORDS.get(word, word)] = value
            elif not word.startswith(_REQUIRES):
                wrong[word] = _("There is no such requirement.")
            elif value is True:
                named.append(word.removeprefix(_REQUIRES))
            elif value not in (False, None):
                wrong[word] = _("Say true or false.")
        if wrong:
            raise ValidationError(wrong)
        given = found.get("requires", ())
        if isinstance(given, _LISTS):  # anything else is refused by its name
            found["requires"] = (*given, *named)
        return cls(**found)

    @classmethod
    def words(cls) -> set[str]:
        """Return the names by which `of` knows the requirements, beside requires_X."""
        return {field.name for field in fields(cls)} | set(_OTHER_WORDS)

    @property
    def usage(self) -> Usage:
        return Usage(self.prompt_tokens, self.output_tokens)


def known_name(capability: str) -> str:
    """Return the vocabulary's name of a capability."""
    name = capability.strip().casefold()
    return SYNONYMS.get(name, name)


def is_storable(text: str) -> bool:
    """Whether a database compares with it: it has no NUL, and no half of a surrogate pair."""
    return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)


# The checks of single values
# ----------------------------------------------------------------------------
def _names(value: Any, known_as: Callable[[str], str] = str.strip) -> tuple[str, ...]:
    if not isinstance(value, _LISTS):
        raise ValidationError(_("Give a list of names."))
    if len(value) > MOST_NAMES:
        raise ValidationError(_("Give at most %(most)s names.") % {"most": MOST_NAMES})
    return tuple(dict.fromkeys(known_as(_text(name)) for name in value))


def _capabilities(value: Any) -> tuple[str, ...]:
    return _names(value, known_name)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValidationError(_("Give a name."))
    if len(value) > LONGEST_NAME or not is_storable(value):
        raise ValidationError(_("This is no name."))
    return value


def _optional_text(value: Any) -> str | None:
    return None if value in (None, "") else _text(value).strip()


def _among(choices: Iterable[str], *, is_optional: bool = False) -> Callable[[Any], str | None]:
    known = list(choices)

    def check(value: Any) -> str | None:
        if is_optional and value in (None, "", "any"):
            return None
        if not isinstance(value, str) or value not in known:
            raise ValidationError(_("Choose one of: %s.") % ", ".join(known))
        return str(value)

    return check


def _whole(minimum: int, maximum: int, *, is_optional: bool = False) -> Callable[[Any], int | None]:
    def check(value: Any) -> int | None:
        if is_optional and value is None:
            return None
        if type(value) is not int or not minimum <= value <= maximum:
            bounds = {"minimum": minimum, "maximum": maximum}
            raise ValidationError(_("Enter a whole number, %(minimum)s to %(maximum)s.") % bounds)
        return value

    return check


def _usd(value: Any) -> Decimal | None:
    """A limit that is finer than prices can be lets the same prices through as the one below."""
    if value is None:
        return None
    try:
        amount = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MOST_USD:
        raise ValidationError(_("Enter US dollars per 1,000,000 tokens, 0 to 1,000,000."))
    return amount.quantize(_FINEST_USD, ROUND_FLOOR)


def _speed(value: Any) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 <= value <= MOST_SPEED:
        raise ValidationError(_("Enter output tokens per second, 0 to 1,000,000."))
    return float(value)


_tokens = _whole(0, MOST_TOKENS)
_some_tokens = _whole(0, MOST_TOKENS, is_optional=True)
_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "type": _among(LLMType.values),
    **dict.fromkeys(("requires", "optional", "excluded"), _capabilities),
    **dict.fromkeys(("min_context", "max_context", "min_output"), _some_tokens),
    **dict.fromkeys(("max_input_cost", "max_output_cost"), _usd),
    "min_speed_tps": _speed,
    "quality_tier": _among(QualityTier.values, is_optional=True),
    **dict.fromkeys(("provider", "platform", "family"), _optional_text),
    "tags": _names,
    **dict.fromkeys(("prompt_tokens", "output_tokens"), _tokens),
    "objective": _among(Objective.values),
    "limit": _whole(1, MOST_RESULTS),
}
