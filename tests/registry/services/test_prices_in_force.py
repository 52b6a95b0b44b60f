from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import LLMModel, Route
from registry.services import prices, workers
from registry.services.revision import current_revision
from tests.factories import make_llm, make_platform, make_price, make_route
from tests.registry.services.ledger import in_force, usd
from tests.trail import written

pytestmark = pytest.mark.django_db

NOTHING: frozenset[str] = frozenset()
HOUR = timedelta(hours=1)


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(name="GPT-4o", slug="gpt-4o")


@pytest.fixture
def route(llm: LLMModel) -> Route:
    return make_route(llm, make_platform("azure"))


def test_a_price_to_come_waits_for_its_moment(llm: LLMModel) -> None:
    begins = timezone.now() + HOUR
    prices.append(llm, usd(input="2"))
    (row,) = prices.append(llm, usd(input="3"), valid_from=begins)

    assert in_force(llm) == ("2", None, False)
    assert prices.apply_due(begins - timedelta(seconds=1)) == 0
    assert in_force(llm) == ("2", None, False)

    assert prices.apply_due(begins) == 1
    row.refresh_from_db()
    assert (in_force(llm), row.is_applied) == (("3", None, False), True)


def test_applying_twice_does_no_more(llm: LLMModel) -> None:
    begins = timezone.now() + HOUR
    prices.append(llm, usd(input="3"), valid_from=begins)
    prices.apply_due(begins)
    llm.refresh_from_db()
    before = (llm.revision, current_revision())

    assert prices.apply_due(begins + HOUR) == 0

    llm.refresh_from_db()
    assert (llm.revision, current_revision()) == before


def test_a_price_that_begins_moves_the_revisions_and_writes_no_event(
    llm: LLMModel, route: Route
) -> None:
    begins = timezone.now() + HOUR
    prices.append(llm, usd(input="3"), valid_from=begins)
    prices.append(llm, usd(input="4"), route=route, valid_from=begins)
    llm.refresh_from_db()
    before = (llm.revision, route.revision, current_revision())

    with written() as found:
        assert prices.apply_due(begins) == 1

    llm.refresh_from_db()
    route.refresh_from_db()
    after = (llm.revision, route.revision, current_revision())
    assert (found, after) == ([], tuple(number + 1 for number in before))


def test_the_sweep_brings_prices_into_force(llm: LLMModel) -> None:
    begins = timezone.now() + HOUR
    prices.append(llm, usd(input="3"), valid_from=begins)

    assert "priced" not in workers.sweep()
    assert workers.sweep(begins)["priced"] == 1
    assert in_force(llm) == ("3", None, False)


def test_a_sweep_that_failed_half_way_is_made_up_for(
    llm: LLMModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = timezone.now() + HOUR
    prices.append(llm, usd(input="3"), valid_from=begins)
    with monkeypatch.context() as broken:
        broken.setattr(prices, "_ROWS_AT_ONCE", -1)  # bulk_update refuses this
        with pytest.raises(ValueError, match="Batch size"):
            prices.apply_due(begins)
    assert in_force(llm) == (None, None, False)

    assert prices.apply_due(begins) == 1
    assert in_force(llm) == ("3", None, False)


def test_a_late_word_about_the_past_changes_the_past_only(llm: LLMModel) -> None:
    now = timezone.now()
    prices.append(llm, usd(input="3"), valid_from=now - HOUR)
    prices.append(llm, usd(input="2"), valid_from=now - 2 * HOUR)

    assert in_force(llm) == ("3", None, False)


def test_many_models_take_as_many_queries_as_one(route: Route) -> None:
    llms = [make_llm() for _ in range(12)]
    for number, llm in enumerate(llms):
        make_price(llm, str(number), valid_from=timezone.now() + HOUR)
    later = timezone.now() + 2 * HOUR
    with CaptureQueriesContext(connection) as few:
        prices.apply([llms[0].pk], later)

    with CaptureQueriesContext(connection) as many:
        prices.apply([llm.pk for llm in llms[1:]], later)

    assert len(many) == len(few)
    assert [in_force(llm)[0] for llm in llms] == [str(number) for number in range(12)]
