"""Where a call over a route goes: the first address that is set, from the route outwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.models import Route
from registry.services.call_targets import CallTarget, call_target
from registry.services.platforms import save_platform
from registry.services.providers import save_provider
from registry.services.routes import save_route
from registry.types import LLMChange
from tests.factories import (
    API_KEY,
    make_connection,
    make_llm,
    make_platform,
    make_provider,
    make_route,
)

pytestmark = pytest.mark.django_db

OVERRIDE = "https://edge.example/v1"
OWN = "https://route.example/v1"
HOST = "https://host.example/v1"
PLATFORM = "https://platform.example/v1"
PROVIDER = "https://provider.example/v1"


def route_of(**connection: Any) -> Route:
    """Return a route on whose every step an address is set; `connection` is the model's."""
    provider = make_provider(direct_api_url=PROVIDER)
    theirs = make_connection(provider, **{"api_url": HOST} | connection)
    llm = make_llm(provider=provider, model_id="fast-1", change=LLMChange(connection=theirs))
    own = make_connection(provider, api_url=OWN)
    platform = make_platform(base_url=PLATFORM)
    return make_route(llm, platform, endpoint_override=OVERRIDE, connection=own)


def test_the_first_address_that_is_set_is_called() -> None:
    route = route_of()
    called = [call_target(route).endpoint]

    route.endpoint_override = ""
    called.append(call_target(save_route(route)).endpoint)
    route.connection = None
    called.append(call_target(save_route(route)).endpoint)
    route.llm.connection = None
    called.append(call_target(route).endpoint)
    route.platform.base_url = ""
    save_platform(route.platform)
    called.append(call_target(route).endpoint)
    route.provider.direct_api_url = ""
    save_provider(route.provider)
    called.append(call_target(route).endpoint)

    assert called == [OVERRIDE, OWN, HOST, PLATFORM, PROVIDER, ""]


@pytest.mark.parametrize(
    "connection",
    [{"api_url": ""}, {"kind": "cli", "api_url": "", "api_key": ""}],
    ids=["relies on its provider", "a command line"],
)
def test_a_connection_without_an_address_of_its_own_leaves_the_platforms(
    connection: dict[str, Any],
) -> None:
    route = route_of(**connection)
    route.endpoint_override, route.connection = "", None

    assert call_target(save_route(route)).endpoint == PLATFORM


def test_the_platforms_name_of_the_model_is_sent() -> None:
    route = route_of()
    assert call_target(route) == CallTarget(OVERRIDE, "fast-1")

    route.model_string_override = "vendor/Fast-1:free"

    assert call_target(save_route(route)).model_string == "vendor/Fast-1:free"


def test_rows_that_were_read_along_ask_nothing_more() -> None:
    route_of()
    (route,) = Route.objects.with_links()

    with CaptureQueriesContext(database) as captured:
        call_target(route)

    assert len(captured) == 0


def test_a_key_is_no_part_of_it() -> None:
    assert API_KEY not in repr(call_target(route_of()))
