"""The lists that applications choose a model from, as prepared bytes."""

from __future__ import annotations

import json
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from registry import provider_rules
from registry.choices import LLMType
from registry.models import LLMModel
from registry.services.revision import current_revision

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_MEMORY = 256  # prepared answers kept per process

_prepared: OrderedDict[tuple[Any, ...], tuple[int, bytes]] = OrderedDict()
_lock = Lock()


def chooser_list(
    llm_type: str, *, page: int = 1, page_size: int | None = None
) -> tuple[int, bytes]:
    """Return the revision and the JSON of one type's active shared models.

    The default comes first, then names. All rows, unless `page_size` is given. One query when
    nothing has changed since the last call in this process.
    """
    return _prepare(("list", llm_type, page, page_size), lambda: _list(llm_type, page, page_size))


def available() -> tuple[int, bytes]:
    """Return the revision and the JSON of the three lists in one answer."""
    return _prepare(("available",), _available)


def _prepare(name: tuple[Any, ...], build: Callable[[], Any]) -> tuple[int, bytes]:
    """Return prepared bytes as long as the revision they were made at is the present one.

    The revision is read before the rows, so an answer is never older than it claims.
    """
    revision = current_revision()
    with _lock:
        known = _prepared.get(name)
        if known is not None and known[0] == revision:
            _prepared.move_to_end(name)
            return known
    answer = (revision, json.dumps(build(), ensure_ascii=False).encode())
    with _lock:
        _prepared[name] = answer
        _prepared.move_to_end(name)
        while len(_prepared) > _LONGEST_MEMORY:
            _prepared.popitem(last=False)
    return answer


def _rows(llm_type: str) -> list[dict[str, Any]]:
    # Sorted here, so that every database agrees on the order of letters.
    llms = (
        LLMModel.objects.shared()
        .active()
        .of_type(llm_type)
        .select_related("provider")
        .prefetch_related("capabilities__capability", "tags")
    )
    ordered = sorted(llms, key=lambda llm: (not llm.is_default, llm.name.casefold(), llm.slug))
    return [_row(llm) for llm in ordered]


def _row(llm: LLMModel) -> dict[str, Any]:
    return {
        "id": str(llm.pk),
        "slug": llm.slug,
        "type": llm.type,
        "name": llm.name,
        "provider": llm.provider.slug,
        "model_id": llm.model_id,
        "description": llm.description,
        "is_default": llm.is_default,
        "config": {
            name: getattr(llm, name) if getattr(llm, name) != "" else None
            for name in provider_rules.PARAMETERS[llm.type]
        },
        "capabilities": {row.capability.name: row.supported for row in llm.capabilities.all()},
        "tags": [tag.name for tag in llm.tags.all()],
    }


def _list(llm_type: str, page: int, page_size: int | None) -> dict[str, Any]:
    rows = _rows(llm_type)
    count = len(rows)
    if page_size is not None:
        rows = rows[(page - 1) * page_size : page * page_size]
    return {"count": count, "results": rows}


def _available() -> dict[str, Any]:
    lists = {f"{llm_type}_models": _rows(llm_type) for llm_type in LLMType.values}
    return {"count": sum(map(len, lists.values())), **lists}
