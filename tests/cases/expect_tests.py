"""The expectations about what tests of connections found."""

from __future__ import annotations

from typing import Any

from tests.cases.expect_answers import MISSING, covers, listed_texts, look
from tests.cases.expect_trail import told
from tests.cases.run import Answer, Run

# The figures of a result stand one level down.
INNER = "details"


def result(run: Run, value: dict[str, Any]) -> None:
    """What every test found; or, by the names of fixtures, what the test of each found."""
    if set(value) <= set(run.world.ids):
        for name, expected in value.items():
            _compare(_result_of(run, name), expected)
        return
    for answer in _results(run):
        _compare(answer, value)


def result_present(run: Run, value: Any) -> None:
    for answer in _results(run):
        for name in listed_texts(value):
            assert _look(answer, name) not in (MISSING, None), f"{name}: {answer.text}"


def result_text_lacks(run: Run, value: Any) -> None:
    """Neither the result, nor an answer, a log line or an entry of the trail has the text."""
    for place in [*(answer.text for answer in _results(run)), *told(run)]:
        for text in listed_texts(value):
            assert text not in place, f"{text!r} is in {place[:2000]}"


def _results(run: Run) -> list[Answer]:
    assert run.results, f"nothing was tested: {run.texts()}"
    return run.results


def _result_of(run: Run, name: str) -> Answer:
    for answer in _results(run):
        if answer.json["model"] == run.world.ids[name]:
            return answer
    raise AssertionError(f"{name} was not tested")


def _compare(answer: Answer, value: dict[str, Any]) -> None:
    for name, expected in value.items():
        assert covers(_look(answer, name), expected), f"{name}: {answer.text}"


def _look(answer: Answer, name: str) -> Any:
    found = look(answer.json, name)
    return look(answer.json, f"{INNER}.{name}") if found is MISSING else found
