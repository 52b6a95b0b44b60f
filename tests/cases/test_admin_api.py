"""The driver of admin_api.json: the administration API, pages and commands, and the trail."""

from __future__ import annotations

import logging

import pytest
from pytest_django.fixtures import Settings

from tests.cases import case_files
from tests.cases.case_files import Case
from tests.cases.expect import check
from tests.cases.expect_state import snapshot
from tests.cases.given import prepare
from tests.cases.methods import carry_out
from tests.cases.run import Run
from tests.provider import provider_behind_the_door

FILE, EXTRA = "admin_api.json", "extra_admin_api.json"
# What other issues build: their cases are deselected by id, and listed at the end of the run.
LATER_AREAS = {
    "proxy": "the LiteLLM proxy",
}
# Cases of the level `may` that are not built.
NOT_BUILT: frozenset[str] = frozenset()


def waits_for(case: Case) -> str | None:
    """Return what a case waits for, or None if it has to hold now."""
    return LATER_AREAS.get(case.ac)


def parameter(case: Case) -> object:
    marks = [pytest.mark.django_db(transaction=case.is_parallel)]
    issue = waits_for(case)
    if issue is not None:
        marks.append(pytest.mark.later(issue))
    if case.level == "may" and case.id in NOT_BUILT:
        marks.append(pytest.mark.xfail(strict=True, reason="not built"))
    if "finishes_within_seconds" in case.expect:
        marks.append(pytest.mark.timed)
    return pytest.param(case, id=case.id, marks=marks)


CASES = [
    *case_files.cases_of(FILE),
    *case_files.extra_cases_of(EXTRA, fixtures_of=FILE),
]


@pytest.mark.parametrize("case", [parameter(case) for case in CASES])
def test_case(
    case: Case,
    settings: Settings,
    no_outbound: list[object],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = prepare(case, settings, provider_behind_the_door(monkeypatch))
    run = Run(world, case, no_outbound, before=snapshot(), before_tests=snapshot(tests=False))

    with caplog.at_level(logging.DEBUG):
        carry_out(run)
    run.logged = caplog.text

    check(run, world.resolve(case.expect))
