"""The page of a model shows how its newest test goes, those before it, and its health."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from registry.admin.llm_tests import NAMED
from registry.choices import JobState, ProbeCode, Stage
from registry.models import ConnectionTest, Job
from registry.services import workers
from tests.factories import make_llm, make_test, make_user
from tests.registry.admin.tested import RUN, has, live, live_url, marked, stages
from tests.registry.admin.visits import Visitor, of

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(make_user(staff=True, permissions=RUN))


# Showing
# ----------------------------------------------------------------------------
def test_a_model_that_nobody_has_tested_says_how_to(visitor: Visitor) -> None:
    visitor.open(of(make_llm()))

    text = visitor.text
    assert "This model has not been tested yet. Press Test" in text
    assert "no test has measured this model" in text


def test_a_waiting_test_says_that_no_worker_answers_and_what_to_start(visitor: Visitor) -> None:
    test = make_test()
    assert test.llm is not None

    note = marked(visitor.open(of(test.llm)).page, "no-worker").text()
    assert "make run" in note
    assert "manage.py worker --beat" in note

    workers.sweep()
    assert not has(visitor.open(of(test.llm)).page, "no-worker")
    assert "Waiting for a worker." in visitor.text


def test_stages_show_as_they_end(visitor: Visitor) -> None:
    test = make_test(inference=True)
    Job.objects.filter(pk=test.job_id).update(
        state=JobState.RUNNING, token=test.pk, lease_until=timezone.now() + timedelta(minutes=1)
    )
    ConnectionTest.objects.filter(pk=test.pk).update(
        stages=[{"name": "reach", "code": "ok", "latency_ms": 1234, "load_ms": 900}]
    )

    page = visitor.open(reverse("admin:registry_connectiontest_live", args=[test.pk])).page

    shown = stages(page)
    assert shown["reach"].split() == (
        "check_circle Reach Answers · 1,234 ms The host loaded the model in 900 ms.".split()
    )
    assert "Running" in shown["auth"]
    assert "Waiting" in shown["model"]
    assert "Waiting" in shown["inference"]
    assert marked(page, "status").text() == "Running: Login"


def test_what_nobody_asked_for_is_called_so(visitor: Visitor) -> None:
    test = make_test(code=ProbeCode.BAD_KEY, stage=Stage.AUTH)
    assert test.llm is not None

    shown = stages(visitor.open(of(test.llm)).page)

    assert "Answers" in shown["reach"]
    assert "Key refused" in shown["auth"]
    assert "Not looked at" in shown["model"]
    assert "Not asked for" in shown["inference"]


def test_a_refusal_shows_the_status_of_the_answer(visitor: Visitor) -> None:
    failed = [{"name": "auth", "code": "forbidden", "latency_ms": 9, "status": 403}]
    test = make_test(code=ProbeCode.FORBIDDEN, stages=failed)
    assert test.llm is not None

    assert "HTTP 403" in stages(visitor.open(of(test.llm)).page)["auth"]


@pytest.mark.parametrize("code", ProbeCode.values)
def test_every_result_has_a_sentence_a_word_and_a_colour(code: str, visitor: Visitor) -> None:
    test = make_test(code=code, latency_ms=7, detail="max_tokens")
    assert test.llm is not None

    page = visitor.open(of(test.llm)).page

    assert marked(page, "code").get("data-code") == code
    assert marked(page, "words").text()
    assert str(ProbeCode(code).label) in page.text()


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ({}, "Nothing was billed."),
        ({"billed_calls": 1}, "1 billed call; the provider did not say how many tokens."),
        ({"billed_calls": 1, "prompt_tokens": 3}, "1 billed call: 3 tokens sent."),
        (
            {"billed_calls": 2, "prompt_tokens": 1200, "output_tokens": 16},
            "2 billed calls: 1,200 tokens sent, 16 tokens received.",
        ),
    ],
)
def test_what_a_test_cost_is_told(found: dict[str, Any], text: str, visitor: Visitor) -> None:
    test = make_test(code=ProbeCode.OK, inference=True, **found)
    assert test.llm is not None

    assert marked(visitor.open(of(test.llm)).page, "cost").text() == text


@pytest.mark.invariant("X1")
def test_the_providers_own_words_are_labelled_and_only_text(visitor: Visitor) -> None:
    said = '<script>alert(1)</script><img src=x onerror="alert(1)">'
    test = make_test(code=ProbeCode.BAD_KEY, stage=Stage.AUTH, said=said)
    assert test.llm is not None

    visitor.open(of(test.llm))

    assert marked(visitor.page, "said").text().startswith("The provider's own words <script>")
    assert "<script>alert" not in visitor.html
    assert "onerror=" not in visitor.html.replace("onerror=&quot;", "")


def test_the_newest_tests_are_listed_and_the_rest_is_a_link(visitor: Visitor) -> None:
    llm = make_llm()
    for _ in range(NAMED + 2):
        make_test(llm, code=ProbeCode.OK)

    page = visitor.open(of(llm)).page

    rows = [node for node in marked(page, "history").find("tr") if list(node.find("td"))]
    assert len(rows) == NAMED
    link = f"/admin/registry/connectiontest/?llm={llm.pk}"
    assert link in [node.get("href") for node in page.find("a")]
    assert f"{NAMED + 2} connection tests" in visitor.open(link).text


def test_the_timeline_says_what_came_when_and_why(visitor: Visitor) -> None:
    llm = make_llm()
    make_test(llm, code=ProbeCode.OK)
    make_test(llm, code=ProbeCode.BAD_KEY, stage=Stage.AUTH)

    visitor.open(of(llm))

    (timeline,) = [node for node in visitor.page.find("ol") if "timeline" in node.get("class")]
    first, second = (node.text() for node in timeline.find("li"))
    assert first.startswith("Down since just now Key refused, at the stage Login")
    assert second.startswith("OK since just now Answers")
    (badge,) = [node for node in visitor.page.find("span") if node.get("id") == "health-badge"]
    assert badge.text() == "Down since just now"


# News
# ----------------------------------------------------------------------------
def test_a_page_that_has_seen_it_all_gets_nothing(visitor: Visitor) -> None:
    test = make_test()
    panel = marked(visitor.open(live_url(test)).page, "test")
    seen = panel.get("hx-get").partition("seen=")[2]

    assert live(visitor, test, seen).status_code == 204

    workers.sweep()  # a worker is there now
    assert live(visitor, test, seen).status_code == 200


def test_the_end_of_a_test_is_told_once_and_asked_no_more(visitor: Visitor) -> None:
    test = make_test(code=ProbeCode.OK)

    answer = live(visitor, test)

    assert answer["HX-Trigger"] == "registry-tested"
    assert "hx-get" not in answer.content.decode()


def test_what_stands_below_the_panel_is_fetched_anew_at_the_end(visitor: Visitor) -> None:
    llm = make_llm()
    make_test(llm, code=ProbeCode.OK)

    page = visitor.open(reverse("admin:registry_llmmodel_tests", args=[llm.pk])).page

    (badge,) = page.having("hx-swap-oob")
    assert badge.text() == "OK since just now"
    assert list(marked(page, "history").find("a"))


def test_a_test_that_nobody_knows_is_not_found(visitor: Visitor) -> None:
    url = reverse("admin:registry_connectiontest_live", args=[uuid4()])

    assert visitor.client.get(url).status_code == 404


def test_a_page_whose_test_is_deleted_says_so_and_asks_no_more(visitor: Visitor) -> None:
    url = reverse("admin:registry_connectiontest_live", args=[uuid4()])

    answer = visitor.client.get(url, headers={"HX-Request": "true"})

    assert answer.status_code == 286
    assert "has been deleted meanwhile" in answer.content.decode()


def test_a_page_whose_login_has_ended_is_loaded_anew(visitor: Visitor) -> None:
    test = make_test()
    visitor.client.logout()

    answer = visitor.client.get(live_url(test), headers={"HX-Request": "true"})

    assert answer["HX-Refresh"] == "true"
    assert answer.content == b""
    assert visitor.client.get(live_url(test)).status_code == 302


def test_a_refused_call_is_not_called_billed(visitor: Visitor) -> None:
    test = make_test(code=ProbeCode.NO_CREDIT, inference=True, billed_calls=1)
    assert test.llm is not None

    told = marked(visitor.open(of(test.llm)).page, "cost").text()

    assert told == "1 call that the provider may have billed."
