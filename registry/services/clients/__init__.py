"""Clients: which models they serve and when they run out, for code in this project."""

from __future__ import annotations

from registry.services.clients.answers import (
    Listed,
    Offers,
    available,
    available_entry,
    client_info,
    client_models,
    count,
    first_available,
    holders_of,
    info,
    last_updated,
    of_provider,
    offered,
    providers,
    supports,
)
from registry.services.clients.infos import Held, ignored_words, read_infos
from registry.services.clients.marks import (
    clear_after_test,
    clear_ended,
    clear_quota,
    mark_quota,
    resume,
    suspend,
)
from registry.services.clients.registering import (
    Registration,
    expire_stale,
    note_seen,
    register,
    unregister,
)
from registry.services.clients.states import Holder, is_listed, published_limits, shared_info

__all__ = [
    "Held",
    "Holder",
    "Listed",
    "Offers",
    "Registration",
    "available",
    "available_entry",
    "clear_after_test",
    "clear_ended",
    "clear_quota",
    "client_info",
    "client_models",
    "count",
    "expire_stale",
    "first_available",
    "holders_of",
    "ignored_words",
    "info",
    "is_listed",
    "last_updated",
    "mark_quota",
    "note_seen",
    "of_provider",
    "offered",
    "providers",
    "published_limits",
    "read_infos",
    "register",
    "resume",
    "shared_info",
    "supports",
    "suspend",
    "unregister",
]
