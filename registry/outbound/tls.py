"""The trust of the outbound door: one context for the process, and no way to switch it off."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from functools import cache

# OpenSSL's numbers for what is wrong with a certificate.
_WORDS = {10: "expired", 18: "self_signed", 62: "wrong_name", 64: "wrong_name"}


class _Context(ssl.SSLContext):
    """Knows its protocol from the start.

    The engine sets it again before every handshake, which OpenSSL does not survive while another
    thread begins one from the same context.
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Leave it as it is."""


def make_context() -> ssl.SSLContext:
    """Return a context that demands a valid certificate of the right name, by the system's trust.

    Not `ssl.create_default_context`: that one writes session keys to the file SSLKEYLOGFILE.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    ssl.SSLContext.set_alpn_protocols(context, ["http/1.1"])
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context


@cache
def context() -> ssl.SSLContext:
    return make_context()


def word_for(error: ssl.SSLError) -> str:
    """Return our word for what failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _WORDS.get(error.verify_code, "untrusted")
    return "failed"
