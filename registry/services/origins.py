"""Where a key may be sent: addresses in one spelling, and those that are never dialled.

Saving never resolves a name; the outbound door judges what a name resolves to at each call.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

DEFAULT_PORTS = {"http": 80, "https": 443}

# Cloud metadata: reading it hands out the machine's own credentials.
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata", "instance-data"})
_METADATA_ADDRESSES = frozenset(
    {
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    }
)
# Python's own flags call these global, in some versions: IETF protocol assignments, the
# relays of 6to4, documentation. No IPv6 host outside 2000::/3 is public.
_NEVER_PUBLIC = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
_NAT64 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # bits 64 to 95, before the IPv4 address

_BRACKETED = re.compile(r"\[[^\[\]]*:[^\[\]]*\](:[0-9]*)?")
_NUMERIC_HOST = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


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
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))


def origin_of(url: str) -> str:
    """Return scheme, host and port of a normalised address, always with the port."""
    if not url:
        return ""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_blocked(url: str) -> bool:
    """Whether the address is private by its text and not allowed by REGISTRY_PRIVATE_HOSTS."""
    if not url or allowance(url) in settings.REGISTRY_PRIVATE_HOSTS:
        return False
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not _is_public(_unwrap(ipaddress.ip_address(host)))
    except ValueError:
        return False


def allowance(url: str) -> str:
    """Return the host:port that REGISTRY_PRIVATE_HOSTS would have to name."""
    return origin_of(url).partition("://")[2]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_IPV6:
        return False
    if any(address in network for network in _NEVER_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValidationError(_("This is not an address.")) from None
    if parts.scheme not in DEFAULT_PORTS:
        raise ValidationError(_("An address begins with http:// or https://."))
    if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
        raise ValidationError(_("This is not an address."))
    if "@" in parts.netloc:
        raise ValidationError(_("An address must not contain a user name or password."))
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValidationError(_("Leave out what follows ? or # in the address."))
    return parts


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValidationError(_("The port must be a number from 1 to 65535."))
    return port


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return _literal(host)
    if _NUMERIC_HOST.fullmatch(host):
        return _literal(host)
    try:
        ascii_host = host.encode("idna").decode().lower()
    except UnicodeError:
        raise ValidationError(_("This host name is not valid.")) from None
    if _NUMERIC_HOST.fullmatch(ascii_host):
        return _literal(ascii_host)
    if not all(_LABEL.fullmatch(label) for label in ascii_host.split(".")):
        raise ValidationError(_("This host name is not valid."))
    if ascii_host in _METADATA_NAMES:
        raise ValidationError(_("Cloud metadata addresses are never called."))
    return ascii_host


def _literal(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValidationError(_("Write an IP address in its usual form.")) from None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise ValidationError(_("An address with a zone is never called."))
    inner = _unwrap(address)
    if inner.is_link_local or str(inner) in _METADATA_ADDRESSES:
        raise ValidationError(_("Link-local and cloud metadata addresses are never called."))
    if inner.is_unspecified or inner.is_multicast:
        raise ValidationError(_("This is not the address of a host."))
    return str(address)


def _unwrap(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 one carries (mapped, NAT64, 6to4, ISATAP ...)."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    number = int(address)
    carries = (
        1 < number < 1 << 32
        or any(address in network for network in _NAT64)
        or (number >> 32) & 0xFFFFFFFF in _ISATAP
    )
    return ipaddress.IPv4Address(number & 0xFFFFFFFF) if carries else address
