"""The same change on many models or routes: first what it would do, then doing it row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.errors import RegistryError
from registry.services.deletion import delete_llm
from registry.services.dependents import dependents_of
from registry.services.llm_links import fold
from registry.services.llms import save_llm
from registry.services.routes import set_status as set_route_status
from registry.services.statuses import set_status
from registry.types import LLMChange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from registry.models import Connection, LLMModel, Route

R = TypeVar("R")


@dataclass
class Outcome:
    """Which rows a bulk action changes, leaves as they are, and refuses with the reason."""

    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def status(llms: Iterable[LLMModel], value: str, *, preview: bool = False) -> Outcome:
    """Set the status; a default refuses to leave `active`."""

    def change(llm: LLMModel) -> None:
        if preview and llm.is_default:
            raise ValidationError(_("is the default of its type"))
        if not preview:
            set_status(llm, value)

    return _each(llms, change, lambda llm: llm.status == value)


def tag(llms: Iterable[LLMModel], name: str, *, preview: bool = False) -> Outcome:
    """Add one tag to each model, whatever tags it has."""

    def change(llm: LLMModel) -> None:
        if not preview:
            names = [*(tag.name for tag in llm.tags.all()), name]
            save_llm(llm, LLMChange(fields=frozenset(), tags=names))

    return _each(llms, change, lambda llm: fold(name) in [tag.folded for tag in llm.tags.all()])


def attach(llms: Iterable[LLMModel], connection: Connection, *, preview: bool = False) -> Outcome:
    """Attach one connection; models of another provider refuse."""

    def change(llm: LLMModel) -> None:
        if llm.provider_id != connection.provider_id:
            raise ValidationError(_("belongs to another provider than the connection"))
        if not preview:
            save_llm(llm, LLMChange(fields=frozenset(), connection=connection))

    return _each(llms, change, lambda llm: llm.connection_id == connection.pk)


def delete(llms: Iterable[LLMModel], *, preview: bool = False) -> Outcome:
    """Delete the models that nothing uses; the others refuse by naming what does."""

    def change(llm: LLMModel) -> None:
        if not preview:
            delete_llm(llm)
            return
        dependents = dependents_of(llm)
        if dependents.blocks:
            raise ValidationError(_dependents_text(dependents.knowledge_bases, llm.is_default))

    return _each(llms, change, lambda llm: False)


def route_status(routes: Iterable[Route], value: str, *, preview: bool = False) -> Outcome:
    """Set the status of routes."""

    def change(route: Route) -> None:
        if not preview:
            set_route_status(route, value)

    return _each(routes, change, lambda route: route.status == value)


def _each(rows: Iterable[R], change: Callable[[R], None], is_there: Callable[[R], bool]) -> Outcome:
    outcome = Outcome()
    for row in rows:
        label = str(row)
        if is_there(row):
            outcome.unchanged.append(label)
            continue
        try:
            change(row)
        except ValidationError as error:
            outcome.refused[label] = "; ".join(error.messages)
        except RegistryError as error:
            outcome.refused[label] = _reason(error)
        else:
            outcome.changed.append(label)
    return outcome


def _reason(error: RegistryError) -> str:
    extra: dict[str, Any] = error.extra
    if "knowledge_bases" in extra:
        return _dependents_text(extra["knowledge_bases"], bool(extra.get("is_default")))
    return str(error.message)


def _dependents_text(bases: list[str], is_default: bool) -> str:
    texts = [_("used by %s") % ", ".join(bases)] if bases else []
    return "; ".join([*texts, *([_("is the default of its type")] if is_default else [])])
