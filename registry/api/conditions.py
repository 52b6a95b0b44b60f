"""ETag, If-Match and If-None-Match: an entity's tag is its revision in quotes."""

from __future__ import annotations

from django.utils.http import parse_etags
from rest_framework.request import Request

from registry.errors import StaleRevisionError
from registry.models.base import Revised


def tag_of(revision: object) -> str:
    return f'"{revision}"'


def is_known(header: str | None, tag: str) -> bool:
    """Say whether If-None-Match names `tag`, strong or weakened by a proxy that compresses."""
    if header is None or header == tag:
        return header is not None
    return any(known in ("*", tag, f"W/{tag}") for known in parse_etags(header))


def expected_revision(request: Request, row: Revised) -> int | None:
    """Return the revision that the requester has seen; None without If-Match, or with `*`.

    The service compares again under the lock. Raises StaleRevisionError when If-Match names
    other revisions than the row's present one.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    if tag_of(row.revision) not in parse_etags(header):
        raise StaleRevisionError(revision=row.revision)
    return row.revision
