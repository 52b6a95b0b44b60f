"""Who can do what, and what follows from limits and prices."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.services import selection
from tests.factories import make_platform, make_route
from tests.registry.services.selection.catalogues import make

pytestmark = pytest.mark.django_db


def test_the_matrix_has_what_follows_from_limits_and_prices() -> None:
    make("free", price="0", output="0", context_window=128_000, can=["tools"])
    make("half", price="0", output="1", context_window=127_999, cannot=["tools"])
    make_route(make("down", can=["tools"]), make_platform(status="deprecated"))

    assert selection.capability_matrix() == {
        "128k_context": ["free"],
        "free_tier": ["free"],
        "tools": ["free"],
    }


def test_a_row_tells_true_false_and_unknown_apart(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    full = make("full", price="0", output="0", context_window=128_000, can=["tools"])
    priced = make("priced", price="0", output="1", context_window=4_096, cannot=["tools"])
    silent = make("silent", price="0")

    with django_assert_num_queries(1):
        rows = selection.capability_rows([silent, full, priced])

    assert rows == [
        {},
        {"tools": True, "128k_context": True, "free_tier": True},
        {"tools": False, "128k_context": False, "free_tier": False},
    ]
