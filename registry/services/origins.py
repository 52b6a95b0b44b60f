"""Where a key may be sent: addresses in one spelling, and those that are never dialled.

Saving never resolves a name; the outbound door judges what a name resolves to at each call.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.outbound import addresses
from registry.outbound.addresses import DEFAULT_PORTS

LONGEST_HOST = 253  # characters; no name server knows a longer name


def normalise(url: str) -> str:
    """Return `url` in its one spelling: lower-case host in ASCII, no default port or last slash.

    Raises ValidationError for anything but a plain http or https address, for user names in
    it, for numbers that resolvers read as addresses (`0x7f.1`), and for link-local and cloud
    metadata addresses.
    """
    text = url.strip()
    if not text:
        return ""
    if (
        any(character.isspace() or not character.isprintable() for character in text)
        or "\\" in text
    ):
        raise ValidationError(_("An address has no blanks or backslashes in it."))
    parts = _split(text)
    host = _host(parts)
    port = _port(parts)
    if port == DEFAULT_PORTS[parts.scheme]:
        netloc = addresses.bracketed(host)
    else:
        netloc = addresses.pair(host, port)
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))


def origin_of(url: str) -> str:
    """Return scheme, host and port of a normalised address, always with the port."""
    if not url:
        return ""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{addresses.pair(host, port)}"


def is_blocked(url: str) -> bool:
    """Whether the address is private by its text and not allowed by REGISTRY_PRIVATE_HOSTS."""
    if not url or allowance(url) in settings.REGISTRY_PRIVATE_HOSTS:
        return False
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not addresses.is_public(ipaddress.ip_address(host))
    except ValueError:
        return False


def allowance(url: str) -> str:
    """Return the host:port that REGISTRY_PRIVATE_HOSTS would have to name."""
    return origin_of(url).partition("://")[2]


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValidationError(_("This is not an address.")) from None
    if parts.scheme not in DEFAULT_PORTS:
        raise ValidationError(_("An address begins with http:// or https://."))
    if "[" in parts.netloc and not addresses.BRACKETED.fullmatch(parts.netloc):
        raise ValidationError(_("This is not an address."))
    if "@" in parts.netloc:
        raise ValidationError(_("An address must not contain a user name or password."))
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValidationError(_("Leave out what follows ? or # in the address."))
    return parts


def _port(parts: SplitResult) -> int:
    try:
        port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValidationError(_("The port must be a number from 1 to 65535."))
    return port


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return _literal(host)
    if addresses.NUMERIC_HOST.fullmatch(host):
        return _literal(host)
    try:
        ascii_host = host.encode("idna").decode().lower()
    except UnicodeError:
        raise ValidationError(_("This host name is not valid.")) from None
    if addresses.NUMERIC_HOST.fullmatch(ascii_host):
        return _literal(ascii_host)
    labels = ascii_host.split(".")
    if len(ascii_host) > LONGEST_HOST or not all(map(addresses.LABEL.fullmatch, labels)):
        raise ValidationError(_("This host name is not valid."))
    if ascii_host in addresses.METADATA_NAMES:
        raise ValidationError(_("Cloud metadata addresses are never called."))
    return ascii_host


def _literal(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValidationError(_("Write an IP address in its usual form.")) from None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise ValidationError(_("An address with a zone is never called."))
    if addresses.is_internal(address):
        raise ValidationError(_("Link-local and cloud metadata addresses are never called."))
    if addresses.is_no_host(address):
        raise ValidationError(_("This is not the address of a host."))
    return str(address)
