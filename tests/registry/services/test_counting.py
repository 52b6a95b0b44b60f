from __future__ import annotations

import pytest

from registry.models import LLMModel, Platform, Provider, Route
from registry.services.counting import number_of
from registry.services.platforms import save_platform
from tests.factories import make_llm, make_platform, make_provider, make_route

pytestmark = pytest.mark.django_db


def test_counts_of_two_links_do_not_multiply_each_other() -> None:
    hub, _empty = make_platform("hub"), make_platform("empty")
    save_platform(hub, providers=[make_provider(), make_provider()])
    for number in range(3):
        make_route(platform=hub, slug=f"r{number}")

    rows = Platform.objects.annotate(
        routes_over=number_of(Route.objects.all(), "platform"),
        providers_on=number_of(Provider.objects.all(), "platforms"),
    )

    found = {row.slug: (row.routes_over, row.providers_on) for row in rows}
    assert found == {"hub": (3, 2), "empty": (0, 0)}


def test_only_the_named_rows_count() -> None:
    llm = make_llm(status="inactive")
    make_llm(provider=llm.provider)

    (row,) = Provider.objects.annotate(on=number_of(LLMModel.objects.active(), "provider"))

    assert row.on == 1
