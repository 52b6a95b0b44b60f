from __future__ import annotations

import time

import pytest
from django.db import transaction

from registry.services.setting_up import alone
from tests.threads import errors, together

SECONDS = 0.3


def hold(spans: list[tuple[float, float]]) -> None:
    with alone():
        began = time.monotonic()
        time.sleep(SECONDS)
        spans.append((began, time.monotonic()))


@pytest.mark.django_db(transaction=True)
def test_one_process_at_a_time_brings_the_database_up() -> None:
    spans: list[tuple[float, float]] = []

    results = together([lambda: hold(spans)] * 3)

    assert errors(results) == []
    starts, ends = zip(*sorted(spans), strict=True)
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


@pytest.mark.django_db(transaction=True)
def test_what_fails_on_the_way_lets_the_next_one_in() -> None:
    with pytest.raises(RuntimeError), transaction.atomic(), alone():
        raise RuntimeError

    spans: list[tuple[float, float]] = []
    hold(spans)

    assert len(spans) == 1
