"""Which models a provider is offered with: the server's short list, and what a person adds.

A catalogue fills forms. Nothing in it is a model until somebody registers it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.choices import LLMType
from registry.errors import GoneError
from registry.services.known_models import known_models
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, refresh, store
from registry.types import Change
from roles.models import CatalogEntry
from roles.services.configuration import tokens_of
from roles.services.provider_names import find_provider, provider_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from registry.models import Provider

_NOTHING_NAMED = Change(frozenset())
# Model ids with their windows in thousands of tokens: as far as the commands and older
# applications go, which is less than some of these models could do.
_SERVER: dict[str, dict[str, int]] = {
    "anthropic": {
        "claude-opus-4-7": 200,
        "claude-sonnet-4-6": 200,
        "claude-haiku-4-5-20251001": 200,
    },
    "gemini": {
        "gemini-2.5-pro": 1000,
        "gemini-2.5-flash": 1000,
        "gemini-2.5-flash-lite": 1000,
        "gemini-3.1-pro-preview": 1000,
        "gemini-3-flash-preview": 1000,
        "gemini-3.1-flash-lite-preview": 1000,
    },
}
_SYNONYMS = {"google": "gemini"}


def catalog(provider: str, user: User | None = None) -> list[dict[str, Any]]:
    """Return the entries of a provider, the server's first, then the user's, oldest first.

    An entry of the user's takes the place of the server's of the same model. Of a provider that
    is not known there is nothing. The list is the caller's own.
    """
    word = provider.strip().casefold()
    row = find_provider(word)
    slug = row.slug if row is not None else _SYNONYMS.get(word, word)
    found = {entry["id"]: entry for entry in _server_entries(slug)}
    if user is not None and row is not None:
        found |= {entry.model_id: _facts(entry) for entry in _own(user, row)}
    return list(found.values())


def save_entry(
    user: User,
    provider: str,
    *,
    model_id: str,
    label: str = "",
    context_k: int = 0,
    change: Change = _NOTHING_NAMED,
) -> CatalogEntry:
    """Add a model to the user's catalogue, or change what it says of one that is there.

    A blank label is the model's id; 0 thousands of tokens are an unknown window. Raises
    ValidationError on `provider`, `model_id`, `label` or `context_k`, and StaleRevisionError.
    """
    row = CatalogEntry(owner=user, provider=provider_named(provider), model_id=model_id.strip())
    row.label = label.strip() or row.model_id
    row.context_window = tokens_of(context_k)
    problems = Problems()
    if not row.model_id:
        raise ValidationError({"model_id": [_("A model needs a name.")]})
    with problems.gather(context_window="context_k"):
        row.clean_fields()
    problems.finish()
    with catalogue_write("catalog_entry_created", row) as running:
        stored = _own(user, row.provider).filter(model_id=row.model_id).first()
        if stored is not None:
            running.rename("catalog_entry_updated")
            row.pk, row._state.adding = stored.pk, False
            fields = frozenset({"label", "context_window"})
            stored = refresh(row, Change(fields, change.expected_revision))
        store(row, stored)
    return row


def remove_entry(user: User, provider: str, model_id: str, change: Change = _NOTHING_NAMED) -> bool:
    """Take an entry of the user's own away; return whether there was one.

    Raises StaleRevisionError.
    """
    maker = find_provider(provider)
    if maker is None or "\0" in model_id:
        return False
    row: CatalogEntry | None = _own(user, maker).filter(model_id=model_id.strip()).first()
    if row is None:
        return False
    with catalogue_write("catalog_entry_deleted", row):
        try:
            refresh(row, Change(frozenset(), change.expected_revision))
        except GoneError:
            return False
        row.delete()
    return True


def _own(user: User, provider: Provider) -> Any:
    return CatalogEntry.objects.filter(owner=user.pk, provider=provider)


def _server_entries(slug: str) -> Iterable[dict[str, Any]]:
    known = {
        row.model_id: row
        for row in known_models()
        if row.provider == slug and row.type == LLMType.GENERATION
    }
    for model_id, context_k in _SERVER.get(slug, {}).items():
        row = known.get(model_id)
        yield {
            "id": model_id,
            "label": row.name if row is not None else model_id,
            "context_k": context_k,
            "retires_on": row.deprecation_date if row is not None else None,
            "is_own": False,
        }


def _facts(entry: CatalogEntry) -> dict[str, Any]:
    return {
        "id": entry.model_id,
        "label": entry.label,
        "context_k": (entry.context_window or 0) // 1000,
        "retires_on": None,
        "is_own": True,
    }
