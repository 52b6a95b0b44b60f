"""What calls are made of: the credential in its header, and ids in paths."""

from __future__ import annotations

from urllib.parse import quote

from registry.dialects.base import Target
from registry.outbound.calls import Credential

# Lists of models may be long: some hosts tell all they know of each.
LIST_BYTES = 4 * 1024 * 1024
# The longest page that the paging APIs give.
PAGE_SIZE = 1000


def credential(target: Target, header: str, prefix: str = "") -> Credential | None:
    return Credential(header, target.key, prefix) if target.key else None


def bearer(target: Target) -> Credential | None:
    return credential(target, "Authorization", "Bearer ")


def quoted(text: str) -> str:
    """Return `text` as one segment of a path: a slash in a model's id leads nowhere else."""
    return quote(text, safe=":", errors="replace")
