"""The ids in the addresses of clients: any text, with slashes too."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter

from registry.services.clients.registering import RESERVED_SEGMENTS

CONVERTER = "client"
_OTHER = rf"(?!(?:{'|'.join(sorted(RESERVED_SEGMENTS))})(?:/|$))[^/]*"


class ClientIdConverter(StringConverter):
    """A client's id: it ends before the first reserved word, so that a model's id may have one.

    `clients/c1/models/models/gem-x/quota` is about `models/gem-x` at `c1`.
    """

    regex = rf"{_OTHER}(?:/{_OTHER})*?"


register_converter(ClientIdConverter, CONVERTER)
