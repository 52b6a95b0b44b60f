"""Field names and values of the trail as a person reads them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.stories import CHANGED

if TYPE_CHECKING:
    from django.db.models import Field, Model

NOTHING = "–"  # noqa: RUF001  # the dash that people read as "no value"
LONGEST = 60  # characters of a value inside a sentence
LONGEST_MESSAGE = 160  # of one that is a sentence itself
# A price as entries name it: its unit, the prompt from which on it counts, and its route.
_PRICE = re.compile(r"pricing\.(\w+)_cost(?:>=(\d+))?(?:@(.+))?")

# What stands in entries without being a column, and the columns whose own name says too little.
_NAMES: dict[str, Any] = {
    "added": gettext_lazy("added"),
    "aliases": gettext_lazy("other names"),
    "api_endpoint": gettext_lazy("address"),
    "api_key": gettext_lazy("key"),
    "attempt": gettext_lazy("attempt"),
    "capabilities": gettext_lazy("capability"),
    "changed": gettext_lazy("other seats"),
    "code": gettext_lazy("result"),
    "connections": gettext_lazy("connections"),
    "inference": gettext_lazy("with inference"),
    "is_default": gettext_lazy("default"),
    "knowledge_bases": gettext_lazy("knowledge bases"),
    "message": gettext_lazy("message"),
    "model": gettext_lazy("model"),
    "models": gettext_lazy("models"),
    "platforms": gettext_lazy("platforms"),
    "previous_default": gettext_lazy("default before"),
    "previous_default_id": gettext_lazy("id of the default before"),
    "reason": gettext_lazy("reason"),
    "reassigned_to": gettext_lazy("moved to"),
    "removed": gettext_lazy("removed"),
    "resumed": gettext_lazy("resumed"),
    "slots": gettext_lazy("emptied slots"),
    "success": gettext_lazy("success"),
    "test": gettext_lazy("id of the test"),
    "unsaved": gettext_lazy("not saved"),
}


def name_of(model: type[Model] | None, field: str) -> str:
    """Return the name of a field in words; `capabilities.vision` is "capability vision"."""
    if _PRICE.fullmatch(field):
        return _("price of %s") % priced(field)
    head, _dot, rest = field.partition(".")
    if rest:
        return f"{name_of(model, head)} {rest}"
    if head in _NAMES:
        return str(_NAMES[head])
    column = _column(model, head)
    return str(column.verbose_name) if column is not None else head.replace("_", " ")


def priced(field: str) -> str:
    """Return what a price is for; `pricing.input_cost@a@b` is "input over a@b"."""
    found = _PRICE.fullmatch(field)
    if found is None:
        return name_of(None, field)
    unit, tokens, route = found.groups()
    text = unit.replace("_", " ")
    if tokens:
        text = _("%(unit)s from %(tokens)s prompt tokens") % {
            "unit": text,
            "tokens": f"{int(tokens):,}",
        }
    return _("%(unit)s over %(route)s") % {"unit": text, "route": route} if route else text


def text_of(value: Any, model: type[Model] | None = None, field: str = "") -> str:
    """Return a stored value in words: a choice by its label, truth as yes or no."""
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(text_of(part) for part in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    column = _column(model, field)
    choices = dict(column.flatchoices) if column is not None else {}
    return str(choices.get(value, value))


def shorten(text: str, *, most: int = LONGEST) -> str:
    """Return `text` on one line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def before_and_after(
    change: Any, model: type[Model] | None = None, field: str = ""
) -> tuple[str, str]:
    """Return the two sides of one change.

    A secret has none. Related rows are stored as [names removed, names added] and told so.
    """
    if change == CHANGED or not isinstance(change, list) or len(change) != 2:  # noqa: PLR2004
        return "", _("changed")
    old, new = change
    if isinstance(old, list) or isinstance(new, list):
        removed = _("removed: %s") % text_of(old) if old else NOTHING
        added = _("added: %s") % text_of(new) if new else NOTHING
        return removed, added
    return text_of(old, model, field), text_of(new, model, field)


def _column(model: type[Model] | None, name: str) -> Field[Any, Any] | None:
    if model is None or not name:
        return None
    try:
        column = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return column if hasattr(column, "flatchoices") else None  # type: ignore[return-value]
