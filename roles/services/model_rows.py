"""One model with provider, connection and tags: for the first answer for a person's role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db import connection as database

from registry.models import Connection, LLMModel, Provider
from registry.provider_rules import ALL_PARAMETERS
from roles.services.made_once import MadeOnce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model, QuerySet

M = TypeVar("M", bound="Model")


def _columns(model: type[Model], *names: str) -> tuple[str, ...]:
    """Return the columns in the order in which instances are filled."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in names)


# All that an answer needs to know.
LLM_COLUMNS = _columns(
    LLMModel,
    *("id", "slug", "owner_id", "type", "provider_id", "name", "model_id", "status", "health"),
    *("connection_id", "transport", "connection_ref", *ALL_PARAMETERS),
)
PROVIDER_COLUMNS = _columns(Provider, "id", "slug", "dialect", "direct_api_url", "auth_required")
CONNECTION_COLUMNS = _columns(
    Connection,
    *("id", "owner_id", "provider_id", "slug", "kind", "host_type", "api_url", "origin"),
    *("api_key", "key_fingerprint", "key_changed_at", "private_to_id", "state"),
)
_PROVIDER_AT = len(LLM_COLUMNS)
_CONNECTION_AT = _PROVIDER_AT + len(PROVIDER_COLUMNS)
_TAG_AT = _CONNECTION_AT + len(CONNECTION_COLUMNS)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model with its provider and its connection, and the names of its tags."""

    llm: LLMModel
    tags: tuple[str, ...]


def _query(llm_id: UUID) -> QuerySet[LLMModel, Any]:
    columns = (
        *LLM_COLUMNS,
        *(f"provider__{name}" for name in PROVIDER_COLUMNS),
        *(f"connection__{name}" for name in CONNECTION_COLUMNS),
        "tags__name",
    )
    rows: Any = LLMModel.objects.filter(pk=llm_id).order_by().values_list(*columns)
    return rows  # type: ignore[no-any-return]


_one_model = MadeOnce(_query, UUID(int=1))


def read_model(llm_id: Any) -> ModelRow | None:
    """Return the model of an id in the database's own form; one query, a row for each tag."""
    rows = _one_model.rows(llm_id)
    if not rows:
        return None
    values = rows[0]
    llm = _instance(LLMModel, LLM_COLUMNS, values[:_PROVIDER_AT])
    llm.provider = _instance(Provider, PROVIDER_COLUMNS, values[_PROVIDER_AT:_CONNECTION_AT])
    if llm.connection_id is not None:
        columns = values[_CONNECTION_AT:_TAG_AT]
        llm.connection = _instance(Connection, CONNECTION_COLUMNS, columns)
    return ModelRow(llm, tuple(sorted(row[_TAG_AT] for row in rows if row[_TAG_AT] is not None)))


def _instance(model: type[M], columns: Sequence[str], values: Sequence[Any]) -> M:
    return model.from_db(database.alias, columns, values)
