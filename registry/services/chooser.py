"""The lists that applications choose a model from, as prepared bytes."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from registry import provider_rules
from registry.choices import LLMType
from registry.models import LLMModel, ModelCapability
from registry.services.revision import current_revision
from registry.services.touched import patched, touched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from registry.models.llm import LLMQuerySet

_COLUMNS = ("pk", "slug", "name", "provider__slug", "model_id", "description", "is_default")


# A row as JSON, behind what it is sorted by.
_Row = tuple[bool, str, str, bytes]


@dataclass(frozen=True)
class _Prepared:
    """One type's list as it was at a revision: each row as JSON, and the whole answer."""

    revision: int
    by_pk: dict[UUID, _Row]
    rows: tuple[bytes, ...]
    whole: bytes


_prepared: dict[str, _Prepared] = {}
_building = Lock()


def chooser_list(
    llm_type: str, *, page: int = 1, page_size: int | None = None
) -> tuple[int, bytes]:
    """Return the revision and the JSON of one type's active shared models.

    The default comes first, then names. All rows, unless `page_size` is given. One query when
    nothing has changed since the last call in this process.
    """
    ready = _ready(llm_type, current_revision())
    if page_size is None:
        return ready.revision, ready.whole
    chosen = ready.rows[(page - 1) * page_size : page * page_size]
    return ready.revision, _content(len(ready.rows), chosen)


def available() -> tuple[int, bytes]:
    """Return the revision and the JSON of the three lists in one answer."""
    revision = current_revision()
    ready = {llm_type: _ready(llm_type, revision) for llm_type in LLMType.values}
    count = sum(len(prepared.rows) for prepared in ready.values())
    lists = [
        b'"%s_models": [%s]' % (llm_type.encode(), b", ".join(prepared.rows))
        for llm_type, prepared in ready.items()
    ]
    oldest = min(prepared.revision for prepared in ready.values())
    return oldest, b'{"count": %d, %s}' % (count, b", ".join(lists))


def forget() -> None:
    """Forget what this process has prepared."""
    _prepared.clear()


def _ready(llm_type: str, revision: int) -> _Prepared:
    """Return the list prepared at the present revision, which the caller has just read.

    One thread prepares, the others wait for it: together they would take its time and memory
    each. The revision is read before the rows, so an answer is never older than it claims.
    """
    known = _prepared.get(llm_type)
    if known is not None and known.revision == revision:
        return known
    with _building:
        revision = current_revision()
        known = _prepared.get(llm_type)
        if known is None or known.revision != revision:
            known = _prepared[llm_type] = _prepare(llm_type, revision, known)
        return known


def _prepare(llm_type: str, revision: int, known: _Prepared | None) -> _Prepared:
    """Read the list; of one that is known only what has been touched since, where that is told."""
    llms = LLMModel.objects.shared().active().of_type(llm_type)
    told = None if known is None else touched(known.revision, revision)
    if known is None or told is None:
        by_pk = _rows(llms, llm_type)
    elif told:
        by_pk = patched(known.by_pk, told, _rows(llms.filter(pk__in=told), llm_type))
    else:
        return replace(known, revision=revision)
    # Sorted here, so that every database agrees on the order of letters.
    rows = tuple(row[-1] for row in sorted(by_pk.values()))
    return _Prepared(revision, by_pk, rows, _content(len(rows), rows))


def _content(count: int, rows: Sequence[bytes]) -> bytes:
    return b'{"count": %d, "results": [%s]}' % (count, b", ".join(rows))


def _rows(llms: LLMQuerySet, llm_type: str) -> dict[UUID, _Row]:
    """Return the rows by model, read as plain values: ten times faster than instances."""
    parameters = provider_rules.PARAMETERS[llm_type]
    capabilities, tags = _capabilities(llms), _tags(llms)
    found = {}
    for (
        pk,
        slug,
        name,
        provider,
        model_id,
        description,
        is_default,
        *values,
    ) in llms.order_by().values_list(*_COLUMNS, *parameters):
        row = {
            "id": str(pk),
            "slug": slug,
            "type": llm_type,
            "name": name,
            "provider": provider,
            "model_id": model_id,
            "description": description,
            "is_default": is_default,
            "config": {
                parameter: None if value == "" else value
                for parameter, value in zip(parameters, values, strict=True)
            },
            "capabilities": capabilities.get(pk, {}),
            "tags": tags.get(pk, []),
        }
        text = json.dumps(row, ensure_ascii=False).encode()
        found[pk] = (not is_default, name.casefold(), slug, text)
    return found


def _capabilities(llms: LLMQuerySet) -> dict[UUID, dict[str, bool]]:
    found: dict[UUID, dict[str, bool]] = defaultdict(dict)
    links = ModelCapability.objects.filter(llm__in=llms.order_by())
    for pk, name, supported in links.values_list("llm_id", "capability__name", "supported"):
        found[pk][name] = supported
    return found


def _tags(llms: LLMQuerySet) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    links = LLMModel.tags.through._default_manager.filter(llmmodel__in=llms.order_by())
    named = links.order_by("tag__folded").values_list("llmmodel_id", "tag__name")
    for pk, name in named:
        found[pk].append(name)
    return found
