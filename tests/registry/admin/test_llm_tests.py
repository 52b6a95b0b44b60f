"""One model is tested from its page, and the page shows how that goes."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.choices import LLMType, ProbeCode, Stage
from registry.errors import BrokerUnavailableError
from registry.models import ConnectionTest, Heartbeat, Job, LLMModel
from registry.services import connection_tests
from tests.factories import make_llm, make_test, make_user
from tests.registry.admin.tested import ASKED, RUN, ask, has, live
from tests.registry.admin.visits import Visitor, of

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(make_user(staff=True, permissions=RUN))


# Asking
# ----------------------------------------------------------------------------
def test_opening_the_dialog_asks_for_nothing(visitor: Visitor) -> None:
    llm = make_llm(name="Heron", probe_max_tokens=64)

    visitor.open(of(llm, "run_test"))

    assert "These checks are not billed" in visitor.text
    assert "Heron" in visitor.text
    assert "billed by the provider: about 64 tokens" in visitor.text
    (switch,) = [node for node in visitor.page.find("input") if node.get("name") == "inference"]
    assert "checked" not in switch.attributes
    assert not Job.objects.exists()


def test_a_vector_is_said_to_cost_a_few_tokens(visitor: Visitor) -> None:
    visitor.open(of(make_llm(LLMType.EMBEDDING), "run_test"))

    assert "one short vector (billed by the provider: a few tokens)" in visitor.text


@pytest.mark.parametrize("inference", [False, True])
def test_the_button_asks_for_a_test_in_the_visitors_name(inference: bool, visitor: Visitor) -> None:
    llm = make_llm()

    answer = ask(visitor, llm, inference=inference)

    test = ConnectionTest.objects.get()
    assert (test.llm, test.inference) == (llm, inference)
    assert test.job.requested_by == visitor.user
    assert test.job.source == "admin"
    assert answer["Location"] == f"{of(llm)}?test={test.pk}#tests"


def test_a_second_click_gets_the_test_that_waits(visitor: Visitor) -> None:
    llm = make_llm()
    ask(visitor, llm)

    ask(visitor, llm, inference=True)

    test = ConnectionTest.objects.get()
    assert test.inference
    visitor.open(of(llm))
    assert "A test was waiting already; this is the one." in visitor.text


def test_two_tests_by_hand_keep_a_pause_that_the_page_tells(visitor: Visitor) -> None:
    llm = make_llm()
    make_test(llm, code=ProbeCode.OK)

    ask(visitor, llm)

    assert ConnectionTest.objects.newest_first()[0].job.not_before > timezone.now()
    assert "keep a pause between them" in visitor.open(of(llm)).text


def test_the_dialog_leads_to_the_tab_and_reloads_it_there(visitor: Visitor) -> None:
    """Another part of the very address that a browser shows would load nothing."""
    llm = make_llm()
    htmx = {"HX-Request": "true"}

    first = ask(visitor, llm, headers=htmx | {"HX-Current-URL": f"http://testserver{of(llm)}"})
    target = first["HX-Redirect"]
    again = ask(visitor, llm, headers=htmx | {"HX-Current-URL": f"http://testserver{target}"})

    assert target.endswith("#tests")
    assert again["HX-Refresh"] == "true"
    assert "HX-Redirect" not in again


def test_a_broker_that_does_not_answer_is_said_and_the_test_is_kept(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = make_llm()
    test = make_test(llm)

    def refuse(*_args: object, **_options: object) -> None:
        raise BrokerUnavailableError(job=str(test.job_id))

    monkeypatch.setattr(connection_tests, "request_test", refuse)

    assert ask(visitor, llm)["Location"].endswith("#tests")
    text = visitor.open(of(llm)).text
    assert "as soon as the message broker answers again" in text


def test_a_model_that_is_gone_cannot_be_tested(visitor: Visitor) -> None:
    llm = make_llm()
    url = of(llm, "run_test")
    LLMModel.objects.get(pk=llm.pk).delete()

    assert visitor.client.post(url, ASKED).status_code == 404


# Rights
# ----------------------------------------------------------------------------
@pytest.mark.invariant("A8")
def test_a_reader_sees_the_tests_and_has_no_button() -> None:
    test = make_test(code=ProbeCode.BAD_KEY, stage=Stage.AUTH)
    assert test.llm is not None
    reader = Visitor(make_user(staff=True, groups=["readers"]))

    page = reader.open(of(test.llm)).page

    assert "The provider refuses the key." in page.text()
    assert of(test.llm, "run_test") not in reader.html
    assert "test-unsaved" not in reader.html
    assert ask(reader, test.llm).status_code == 403
    assert ConnectionTest.objects.count() == 1


@pytest.mark.invariant("A8")
@pytest.mark.parametrize("missing", RUN)
def test_each_right_is_needed_to_run_a_test(missing: str) -> None:
    llm = make_llm()
    rights = [right for right in RUN if right != missing]
    visitor = Visitor(make_user(staff=True, permissions=rights))

    assert ask(visitor, llm).status_code == 403
    assert not Job.objects.exists()


@pytest.mark.invariant("A8")
def test_without_the_right_to_see_tests_there_is_no_tab() -> None:
    test = make_test(code=ProbeCode.BAD_KEY, stage=Stage.AUTH, said="secret words")
    assert test.llm is not None
    stranger = Visitor(make_user(staff=True, permissions=["llmmodel.view"]))

    stranger.open(of(test.llm))

    assert "secret words" not in stranger.html
    assert not has(stranger.page, "test")
    assert live(stranger, test).status_code == 403
    url = reverse("admin:registry_llmmodel_tests", args=[test.llm.pk])
    assert stranger.client.get(url).status_code == 403


@pytest.mark.invariant("X4")
def test_the_page_costs_the_same_however_many_tests_there_were(visitor: Visitor) -> None:
    llm = make_llm()
    counts = []
    for number in (2, 12):
        for _ in range(number):
            make_test(llm, code=ProbeCode.OK)
        Heartbeat.objects.all().delete()
        visitor.open(of(llm))
        with CaptureQueriesContext(database) as queries:
            visitor.open(of(llm))
        counts.append(len(queries))

    assert counts[0] == counts[1]
