from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from registry.admin.price_chart import charts
from registry.choices import PriceUnit
from registry.services.price_ledger import Step

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def step(unit: str, days_ago: float, usd: str | None) -> Step:
    amount = None if usd is None else Decimal(usd)
    return Step(unit, NOW - timedelta(days=days_ago), amount)


def drawn(*steps: Step) -> list[dict[str, Any]]:
    return [json.loads(chart["data"]) for chart in charts(steps, NOW)]


def test_without_a_price_there_is_no_chart() -> None:
    assert drawn() == []


def test_a_price_stands_until_the_next_one() -> None:
    (chart,) = drawn(step("input", 3, "2"), step("input", 1, "1.5"))

    assert chart["labels"] == ["2026-06-27", "2026-06-28", "2026-06-29", "2026-06-30"]
    (line,) = chart["datasets"]
    assert line["data"] == [2, 2, 1.5, 1.5]
    assert line["stepped"] is True
    assert line["pointRadius"] == [3, 0, 3, 0]


def test_every_unit_has_a_line_of_its_own_and_its_own_dashes() -> None:
    (tokens, image, request) = drawn(*(step(unit, 2, "1") for unit in PriceUnit.values))
    dashes = [(line["borderColor"], str(line["borderDash"])) for line in tokens["datasets"]]

    assert len(set(dashes)) == len(PriceUnit) - 2
    assert [line["label"] for line in (*image["datasets"], *request["datasets"])] == [
        "Image",
        "Request",
    ]


def test_a_withdrawn_price_leaves_a_gap_and_no_zero() -> None:
    (chart,) = drawn(step("input", 2, "2"), step("input", 1, None))

    assert chart["datasets"][0]["data"] == [2, None, None]


def test_what_is_coming_is_drawn_as_well() -> None:
    (chart,) = drawn(step("input", 1, "2"), step("input", -2, "3"))

    assert chart["labels"][-1] == "2026-07-02"
    assert chart["datasets"][0]["data"] == [2, 2, 2, 3]


def test_the_first_price_of_today_is_drawn_as_a_point() -> None:
    (chart,) = drawn(step("input", 0, "2"))

    assert chart["labels"] == ["2026-06-29", "2026-06-30"]
    assert chart["datasets"][0]["data"] == [None, 2]
    assert chart["datasets"][0]["pointRadius"] == [0, 3]


def test_of_a_day_its_last_price_is_drawn() -> None:
    (chart,) = drawn(step("input", 0.1, "2"), step("input", 0, "5"))

    assert chart["datasets"][0]["data"] == [None, 5]


def test_a_long_history_stays_small_and_ends_today() -> None:
    (chart,) = drawn(*(step("input", days, str(days + 1)) for days in range(5_000)))

    assert len(chart["labels"]) <= 181
    assert chart["labels"][-1] == "2026-06-30"
    assert chart["datasets"][0]["data"][-1] == 1
