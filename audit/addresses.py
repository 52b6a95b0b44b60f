"""Whose address a request came from."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

_NETWORK_BITS = 64


def client_address(request: HttpRequest) -> str | None:
    """Return the caller's address, or None when there is none (a unix socket).

    X-Forwarded-For is read only when the connection comes from REGISTRY_TRUSTED_PROXIES: then
    the last address in it that is not itself a trusted proxy. Anyone else may write it freely.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    trusted = set(settings.REGISTRY_TRUSTED_PROXIES)
    if peer is None or peer not in trusted:
        return peer
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    for hop in reversed(hops):
        address = _address(hop.strip())
        if address is None:
            return peer
        if address not in trusted:
            return address
    return peer


def client_network(request: HttpRequest) -> str:
    """Return where a caller is counted: of an IPv6 address what one customer is given, a /64."""
    address = client_address(request)
    if address is None or ":" not in address:
        return address or "-"
    return str(ipaddress.ip_network(f"{address}/{_NETWORK_BITS}", strict=False))


def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A server that listens on IPv6 gives IPv4 callers this form: unread, all are of one network.
    return str(getattr(address, "ipv4_mapped", None) or address)
