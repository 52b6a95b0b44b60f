"""A host whose unbilled check is broken tells nothing without a request, neither good nor bad."""

from __future__ import annotations

import pytest

from registry.choices import Dialect, Health, ProbeCode
from registry.models import ConnectionTest, HealthChange, LLMModel
from registry.outbound.calls import Answer, Call
from registry.services import verdicts, workers
from registry.services.connection_tests import request_test
from tests.factories import make_llm, make_provider
from tests.outbound import answer, far_side

GOOD = {"choices": [{"message": {"content": "pong"}, "finish_reason": "stop"}]}
BROKEN = [answer(b"<html>", content_type="text/html"), answer({"error": "x"}, status=500)]


def ask(monkeypatch: pytest.MonkeyPatch, listed: Answer, *, inference: bool) -> ConnectionTest:
    def far(call: Call) -> Answer:
        return listed if call.method == "GET" else answer(GOOD)

    far_side(monkeypatch, far)
    llm = LLMModel.objects.first() or make_llm(
        provider=make_provider(dialect=Dialect.OPENAI_COMPATIBLE), model_id="m"
    )
    test = request_test(llm, inference=inference).test
    workers.work(test.job_id)
    return ConnectionTest.objects.get(pk=test.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("listed", BROKEN, ids=["a web page", "a server error"])
def test_a_broken_list_is_no_success_without_a_request(
    monkeypatch: pytest.MonkeyPatch, listed: Answer
) -> None:
    test = ask(monkeypatch, listed, inference=False)

    assert (test.code, test.success) == (ProbeCode.CANNOT_TEST, False)
    assert [stage["code"] for stage in test.stages] == ["ok", "cannot_test", "skipped", "skipped"]
    assert "ask it for a short answer" in str(verdicts.words_of(test))


@pytest.mark.django_db
@pytest.mark.parametrize("listed", BROKEN, ids=["a web page", "a server error"])
def test_a_broken_list_does_not_matter_where_the_model_answers(
    monkeypatch: pytest.MonkeyPatch, listed: Answer
) -> None:
    test = ask(monkeypatch, listed, inference=True)

    assert (test.code, test.success) == (ProbeCode.OK, True)


@pytest.mark.django_db
def test_a_broken_list_does_not_move_the_health_that_an_answer_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(monkeypatch, BROKEN[0], inference=True)
    ask(monkeypatch, BROKEN[0], inference=False)

    assert LLMModel.objects.get().health == Health.OK
    assert HealthChange.objects.count() == 1


@pytest.mark.django_db
def test_a_list_that_is_not_there_leaves_that_something_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test = ask(monkeypatch, answer(b"404 page not found", status=404), inference=False)

    assert test.code == ProbeCode.OK
    assert "Something answers" in str(verdicts.words_of(test))
    assert LLMModel.objects.get().health == Health.UNKNOWN
