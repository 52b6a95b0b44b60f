"""What asking costs: queries that do not grow, and requests that are counted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from roles.services.catalogs import save_entry
from tests.factories import make_user
from tests.registry.api.client import Api
from tests.roles.api.callers import MY, own_api, resolve_path
from tests.roles.factories import fill, make_host, make_local, provider_of

pytestmark = pytest.mark.django_db
PATHS = ("connections", "models", "models?tag=fast", "models?resolved=1", "registry", "tests")


@pytest.fixture
def person() -> User:
    return make_user("bo")


def cost(api: Api, path: str) -> int:
    api.get(path)  # notes the token's use
    with CaptureQueriesContext(connection) as queries:
        answer = api.get(path)
    assert answer.status_code == 200, answer.content
    return len(queries)


def grow(person: User, rows: int) -> None:
    for _number in range(rows):
        llm = make_local(person, make_host(person), tags=["fast"])
        fill(person, llm, role=f"role{_number}")


@pytest.mark.parametrize("path", PATHS)
def test_a_list_costs_as_many_queries_at_30_rows_as_at_3(person: User, path: str) -> None:
    api = own_api(person)
    grow(person, 3)
    few = cost(api, f"{MY}/{path}")
    grow(person, 27)

    assert cost(api, f"{MY}/{path}") == few <= 14


def test_a_catalogue_costs_as_many_queries_whatever_was_added(person: User) -> None:
    provider_of("gemini")
    api = own_api(person)
    few = cost(api, f"{MY}/catalog/google")
    for number in range(30):
        save_entry(person, "google", model_id=f"m{number}")

    assert cost(api, f"{MY}/catalog/google") == few


def test_resolving_counts_as_a_read(person: User, settings: Any) -> None:
    settings.REGISTRY_READS_PER_MINUTE = 3
    settings.REGISTRY_WRITES_PER_MINUTE = 1
    api = own_api(person)

    statuses = [api.post(resolve_path("chat"), {}).status_code for _time in range(4)]

    assert statuses == [200, 200, 200, 429]


def test_writes_of_ones_own_are_counted(person: User, settings: Any) -> None:
    settings.REGISTRY_WRITES_PER_MINUTE = 2
    api = own_api(person)

    answers = [api.put("/api/v1/roles/chat/primary", {"model": None}) for _time in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Retry-After" in answers[-1].headers
