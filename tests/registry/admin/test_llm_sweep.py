"""Many models are tested at once, after a preview, with a page that shows how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.tracking import unaudited
from registry.admin.llm_sweeps import NAMED
from registry.choices import LLMType, ProbeCode
from registry.models import Connection, ConnectionTest, Job, LLMModel, Sweep
from registry.services import workers
from tests.factories import end_test, make_connection, make_llm, make_test, make_user
from tests.providers import carry_out, provider, refused
from tests.registry.admin.tested import RUN, has, marked
from tests.registry.admin.visits import LIST, Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(make_user(staff=True, permissions=RUN))


def run(visitor: Visitor, *llms: LLMModel, url: str = LIST, **data: Any) -> Visitor:
    sent = {"action": "check_selected", "index": "0"} | data
    if llms:
        sent["_selected_action"] = [str(llm.pk) for llm in llms]
    return visitor.post(url, sent)


def page_of(sweep: Sweep) -> str:
    return reverse("admin:registry_llmmodel_sweep", args=[sweep.pk])


def state(visitor: Visitor, sweep: Sweep, seen: str = "") -> Any:
    headers = {"HX-Request": "true"}
    return visitor.client.get(page_of(sweep), {"seen": seen} if seen else {}, headers=headers)


def news(visitor: Visitor, sweep: Sweep) -> str:
    """Return what the page would say that it has seen."""
    address = marked(visitor.open(page_of(sweep)).page, "sweep").get("hx-get")
    return address.partition("seen=")[2]


# Before
# ----------------------------------------------------------------------------
def test_the_preview_says_how_many_and_asks_for_none(visitor: Visitor) -> None:
    llms = [make_llm(name=f"Model {letter}") for letter in "AB"]
    make_llm(name="Left out")

    run(visitor, *llms)

    assert "2 models are selected." in visitor.text
    assert "Will be tested : 2" in visitor.text.replace("Will be tested:", "Will be tested :")
    assert "Model A" in visitor.text
    assert "Left out" not in visitor.text
    assert "These checks are not billed." in visitor.text
    assert "up to 2 calls of about 16 tokens each" in visitor.text
    (switch,) = [node for node in visitor.page.find("input") if node.get("name") == "inference"]
    assert "checked" not in switch.attributes
    assert not Job.objects.exists()


def test_a_long_preview_names_some_and_counts_the_rest(visitor: Visitor) -> None:
    shared = make_connection()
    fill(NAMED + 2, shared)

    run(visitor, *LLMModel.objects.all())

    assert "and 2 more" in visitor.text


def test_a_get_starts_nothing(visitor: Visitor) -> None:
    make_llm()

    visitor.open(LIST, action="check_selected", confirm="yes")

    assert not Job.objects.exists()


# The tests
# ----------------------------------------------------------------------------
@pytest.mark.parametrize("inference", [False, True])
def test_confirming_asks_for_each_and_leads_to_the_progress(
    inference: bool, visitor: Visitor
) -> None:
    llms = [make_llm() for _ in range(3)]
    more = {"inference": "on"} if inference else {}

    run(visitor, *llms[:2], confirm="yes", **more)

    sweep = Sweep.objects.get()
    assert visitor.answer.request["PATH_INFO"] == page_of(sweep)
    assert {test.llm for test in sweep.tests.all()} == set(llms[:2])
    assert {test.inference for test in ConnectionTest.objects.all()} == {inference}
    assert sweep.requested_by == visitor.user
    assert "0 of 2 tested" in visitor.text


def test_all_filtered_rows_are_tested_whatever_the_page_shows(visitor: Visitor) -> None:
    vectors = make_llm(LLMType.EMBEDDING)
    make_llm()

    run(visitor, url=f"{LIST}?type=embedding", select_across="1", _selected_action="")
    assert "1 model is selected." in visitor.text
    run(
        visitor,
        url=f"{LIST}?type=embedding",
        select_across="1",
        _selected_action="",
        confirm="yes",
    )

    assert [test.llm for test in Sweep.objects.get().tests.all()] == [vectors]


def test_a_model_that_waits_already_is_not_asked_twice(visitor: Visitor) -> None:
    waiting = make_test()
    assert waiting.llm is not None

    run(visitor, waiting.llm, confirm="yes")

    assert list(Sweep.objects.get().tests.all()) == [waiting]


def test_progress_counts_results_in_words_and_names_who_failed(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider(monkeypatch, models=refused(401, "No."))
    good, bad = make_llm(name="Good"), make_llm(name="Bad")
    run(visitor, good, bad, confirm="yes")
    sweep = Sweep.objects.get()
    for test in sweep.tests.all():
        if test.llm == bad:
            carry_out(test)

    visitor.open(page_of(sweep))

    assert "1 of 2 tested" in visitor.text
    assert "1 does not" in visitor.text
    assert marked(visitor.page, "sweep").get("data-sweep") == "running"
    (code,) = visitor.page.having("data-code")
    assert "Key refused" in code.text()
    failures = marked(visitor.page, "failures")
    assert "The provider refuses the key." in failures.text()
    assert "Replace the key." in failures.text()
    assert f"{LIST}{bad.pk}/change/#tests" in [node.get("href") for node in failures.find("a")]


def test_a_finished_run_says_so_and_asks_no_more(visitor: Visitor) -> None:
    test = make_test()
    assert test.llm is not None
    run(visitor, test.llm, confirm="yes")
    sweep = Sweep.objects.get()
    end_test(test, ProbeCode.OK)

    answer = state(visitor, sweep)

    text = answer.content.decode()
    assert "Finished" in text
    assert "Every model answers." in text
    assert "hx-get" not in text
    assert "<html" not in text


def test_a_page_without_news_gets_nothing(visitor: Visitor) -> None:
    llm = make_llm()
    run(visitor, llm, confirm="yes")
    sweep = Sweep.objects.get()
    seen = news(visitor, sweep)

    assert state(visitor, sweep, seen).status_code == 204

    end_test(sweep.tests.get(), ProbeCode.OK)
    assert state(visitor, sweep, seen).status_code == 200


def test_without_a_worker_the_page_says_what_to_start(visitor: Visitor) -> None:
    run(visitor, make_llm(), confirm="yes")
    assert "manage.py worker --beat" in marked(visitor.page, "no-worker").text()

    workers.sweep()

    assert not has(visitor.open(page_of(Sweep.objects.get())).page, "no-worker")


def test_models_deleted_meanwhile_leave_a_page_that_says_so(visitor: Visitor) -> None:
    llm = make_llm()
    run(visitor, llm, confirm="yes")
    LLMModel.objects.get(pk=llm.pk).delete()

    assert "have been deleted" in visitor.open(page_of(Sweep.objects.get())).text


def test_all_tests_of_a_run_are_a_filtered_list(visitor: Visitor) -> None:
    make_test()
    run(visitor, make_llm(name="Of the run"), confirm="yes")

    sweep = Sweep.objects.get()
    visitor.open(f"/admin/registry/connectiontest/?sweeps={sweep.pk}")

    assert "1 connection test" in visitor.text
    assert "Of the run" in visitor.text


# Rights, and size
# ----------------------------------------------------------------------------
@pytest.mark.invariant("A8")
def test_who_may_not_test_is_not_offered_it() -> None:
    llm = make_llm()
    reader = Visitor(make_user(staff=True, groups=["readers"]))

    assert "check_selected" not in reader.open(LIST).html
    run(reader, llm, confirm="yes")

    assert not Job.objects.exists()


@pytest.mark.invariant("A8")
@pytest.mark.parametrize("right", ["connectiontest.view", "llmmodel.view"])
def test_the_progress_is_for_those_who_may_see_tests(right: str, visitor: Visitor) -> None:
    run(visitor, make_llm(), confirm="yes")
    stranger = Visitor(make_user(staff=True, permissions=[right]))

    assert stranger.client.get(page_of(Sweep.objects.get())).status_code == 403


def test_a_run_that_nobody_knows_is_not_found(visitor: Visitor) -> None:
    url = reverse("admin:registry_llmmodel_sweep", args=[uuid4()])

    assert visitor.client.get(url).status_code == 404
    assert visitor.client.get(f"{LIST}sweeps/no-id/").status_code in (302, 404)


@pytest.mark.invariant("X4")
def test_no_row_is_asked_anything_of_its_own(visitor: Visitor, figure: Callable[..., None]) -> None:
    shared = make_connection()
    counts = []
    for number in (20, 180):
        fill(number, shared)
        with CaptureQueriesContext(database) as queries:
            run(visitor, url=LIST, select_across="1", _selected_action="", confirm="yes")
        counts.append(len(queries))
        Job.objects.all().delete()

    # A database takes only so many values in one statement; a query a row would be 160 more.
    assert counts[1] - counts[0] <= 10
    figure(models=200, queries=counts[1])


def fill(number: int, shared: Connection) -> None:
    start = LLMModel.objects.count()
    unaudited(LLMModel.objects.all()).bulk_create(
        LLMModel(
            name=f"Model {place:04}",
            model_id=f"model-{place:04}",
            slug=f"model-{place:04}",
            type=LLMType.GENERATION,
            provider=shared.provider,
            connection=shared,
        )
        for place in range(start, start + number)
    )
