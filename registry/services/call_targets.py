"""Where a call over a route goes, and under which name: never with which key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.choices import ConnectionKind

if TYPE_CHECKING:
    from registry.models import Connection, Route


@dataclass(frozen=True)
class CallTarget:
    """An API's address, empty when nothing names one, and the model's name there."""

    endpoint: str
    model_string: str


def call_target(route: Route) -> CallTarget:
    """Return what a call over `route` needs; rows in memory will do.

    The address is the first one set: the route's own, its connection's, its model's
    connection's, the platform's, the provider's.
    """
    endpoint = (
        route.endpoint_override
        or _own_address(route.connection)
        or _own_address(route.llm.connection)
        or route.platform.base_url
        or route.provider.direct_api_url
    )
    return CallTarget(endpoint, route.model_string)


def _own_address(connection: Connection | None) -> str:
    """Return the address that a connection sets itself.

    One without is called at its provider's, which says nothing against the platform's.
    """
    if connection is None or connection.kind == ConnectionKind.CLI:
        return ""
    return str(connection.api_url)
