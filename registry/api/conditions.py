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
    return expected(request, row.revision)


def expected(request: Request, present: int) -> int | None:
    """Do the same by the present revision of something that is no row."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    if tag_of(present) not in parse_etags(header):
        raise StaleRevisionError(revision=present)
    return present
