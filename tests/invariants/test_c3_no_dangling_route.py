"""C3 for routes: who adds one while its model, platform or connection is being deleted.

Each gets what he wanted or learns why not; nobody is told of a broken database.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model

from registry.errors import RegistryError
from registry.models import Connection, LLMModel, Platform, Route
from registry.services.connections import delete_connection
from registry.services.deletion import delete_llm
from registry.services.platforms import delete_platform
from registry.services.routes import save_route
from tests.factories import make_connection, make_llm, make_platform, make_provider
from tests.threads import errors, together

ROUNDS = 30
REFUSALS = (RegistryError, ValidationError)
DELETIONS: dict[type[Model], Callable[..., None]] = {
    LLMModel: delete_llm,
    Platform: delete_platform,
    Connection: delete_connection,
}


@pytest.mark.invariant("C3")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", DELETIONS, ids=lambda table: str(table.__name__))
def test_a_route_never_leads_to_what_is_gone(
    table: type[Model], figure: Callable[..., None]
) -> None:
    provider = make_provider()
    added = 0

    for _number in range(ROUNDS):
        llm, platform = make_llm(provider=provider), make_platform()
        account = make_connection(provider)
        route = Route(llm=llm, platform=platform, connection=account)
        (doomed,) = (row for row in (llm, platform, account) if isinstance(row, table))
        steps: list[Callable[[], object]] = [
            partial(save_route, route),
            partial(DELETIONS[table], doomed),
        ]
        refused = errors(together(steps))
        assert all(isinstance(error, REFUSALS) for error in refused), refused
        connection.check_constraints()
        stays = table._default_manager.filter(pk=doomed.pk).exists()
        is_there = Route.objects.filter(pk=route.pk).exists()
        assert stays or not is_there
        added += is_there

    figure(rounds=ROUNDS, added=added, dangling=0)
