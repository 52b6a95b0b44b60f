"""Which addresses are public, which are private, and which are never called."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}

# Cloud metadata: reading it hands out the machine's own credentials.
METADATA_NAMES = frozenset({"metadata.google.internal", "metadata", "instance-data"})
_METADATA_ADDRESSES = frozenset(
    {
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:42::42",
        "fd00:c1::a9fe:a9fe",
        "fd00:ec2::23",
        "fd00:ec2::254",
        "fd20:ce::254",
    }
)
# Python's own flags call these global, in some versions: IETF protocol assignments, the
# relays of 6to4, documentation. No IPv6 host outside 2000::/3 is public.
_NEVER_PUBLIC = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # bits 64 to 95, before the IPv4 address

# What stays as it is written in a path and a query.
_IN_TARGET = "".join(map(chr, range(0x21, 0x7F)))

BRACKETED = re.compile(r"\[[^\[\]]*:[^\[\]]*\](:[0-9]*)?")
# What resolvers take for an address, whatever way the numbers are written.
NUMERIC_HOST = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*", re.IGNORECASE)
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


@dataclass(frozen=True)
class Place:
    """A URL taken apart. `host` is a name, or an IP address in its usual form, no brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def allowance(self) -> str:
        """The host:port that REGISTRY_PRIVATE_HOSTS would have to name."""
        return pair(self.host, self.port)

    @property
    def host_header(self) -> str:
        return bracketed(self.host) if self.port == DEFAULT_PORTS[self.scheme] else self.allowance


def place(url: str) -> Place:
    """Take apart a URL that is about to be called.

    Raises ValueError for what is no plain http or https URL, for what two parsers might read
    differently, and for the names of cloud metadata. Only its path and query may be other than
    ASCII; they are escaped.
    """
    if not url.isprintable() or any(sign in url for sign in " \\#"):
        raise ValueError("not a plain URL")
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc:
        raise ValueError("not a plain http or https URL")
    if "[" in parts.netloc and not BRACKETED.fullmatch(parts.netloc):
        raise ValueError("not a host")
    port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    if port == 0:
        raise ValueError("not a port")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, _host(parts.hostname or ""), port, quote(target, safe=_IN_TARGET))


def _host(host: str) -> str:
    if ":" in host or NUMERIC_HOST.fullmatch(host):
        address = ipaddress.ip_address(host)
        if _has_zone(address):
            raise ValueError("an address with a zone")
        return str(address)
    if host in METADATA_NAMES or not all(LABEL.fullmatch(label) for label in host.split(".")):
        raise ValueError("not a host")
    return host


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def pair(host: str, port: int) -> str:
    return f"{bracketed(host)}:{port}"


def is_internal(address: Address) -> bool:
    """Whether it is link-local, cloud metadata, or a form of such an address."""
    return any(
        reading.is_link_local or str(reading) in _METADATA_ADDRESSES or _has_zone(reading)
        for reading in _readings(address)
    )


def is_no_host(address: Address) -> bool:
    """Whether it is the address of no single host: unspecified or multicast, in any form."""
    return any(reading.is_unspecified or reading.is_multicast for reading in _readings(address))


def is_never_called(address: Address) -> bool:
    """Whether no setting allows it."""
    return is_internal(address) or is_no_host(address)


def is_public(address: Address) -> bool:
    """Whether it is the address of a host in the internet, in every way of reading it."""
    translated = _translated(address)
    return _is_global(translated) and all(_is_global(inner) for inner in _carried(translated))


def _is_global(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        # 6to4 was translated before; Teredo and the like are told by `is_global`.
        if address not in _PUBLIC_IPV6:
            return False
    if any(address in network for network in _NEVER_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def _has_zone(address: Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None


def _readings(address: Address) -> list[Address]:
    return [address, _translated(address), *_carried(address)]


def _translated(address: Address) -> Address:
    """Return the IPv4 address that a packet to an IPv6 one reaches, else `address` itself.

    These are the mapped and compatible forms, NAT64 and 6to4.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    number = int(address)
    is_translated = 1 < number < 1 << 32 or address in _NAT64
    return ipaddress.IPv4Address(number & 0xFFFFFFFF) if is_translated else address


def _carried(address: Address) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an IPv6 one may lead to beside its own way.

    A tunnel's end (ISATAP, Teredo) or a network's own NAT64 knows where it leads; we do not.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return []
    if address.teredo is not None:
        return [address.teredo[1]]
    number = int(address)
    carries = (number >> 32) & 0xFFFFFFFF in _ISATAP or address in _LOCAL_NAT64
    return [ipaddress.IPv4Address(number & 0xFFFFFFFF)] if carries else []
