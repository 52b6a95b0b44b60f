"""The driver of availability.json: every case is a list of steps on an empty registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cases import case_files
from tests.cases.availability_procedures import PROCEDURES, TOLD
from tests.cases.availability_steps import DEEDS, DO, QUESTIONS, SEE, carry_out, words
from tests.clock import Clock

FILE = case_files.read("availability.json")
CASE_KEYS = {"bug", "id", "level", "note", "refs", "steps", "title"}
PROCEDURE_KEYS = {"bug", "expect", "given", "id", "level", "note", "refs", "title", "when"}


def by_id(entries: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(entry, id=entry["id"], marks=marks(entry)) for entry in entries]


def marks(entry: dict[str, Any]) -> list[pytest.MarkDecorator]:
    """Return the mark of a procedure that has to end in time."""
    return [pytest.mark.timed] if entry.get("expect") == TOLD else []


@pytest.mark.django_db
@pytest.mark.parametrize("case", by_id(FILE["cases"]))
def test_case(case: dict[str, Any]) -> None:
    assert set(case) <= CASE_KEYS, f"unknown words among {list(case)}"

    clock = Clock()
    for step in case["steps"]:
        carry_out(clock, step)


# One after the other: some start processes.
@pytest.mark.xdist_group("processes")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("procedure", by_id(FILE["procedures"]))
def test_procedure(procedure: dict[str, Any], tmp_path: Path) -> None:
    assert set(procedure) <= PROCEDURE_KEYS, f"unknown words among {list(procedure)}"
    assert procedure["id"] in PROCEDURES, f"unknown procedure: {procedure['id']}"

    PROCEDURES[procedure["id"]](procedure, tmp_path)


# The driver itself
# ----------------------------------------------------------------------------
def test_every_deed_is_known() -> None:
    assert set(FILE["vocabulary"]["do"]) <= set(DO)
    assert set(FILE["do"]) <= set(DO)
    assert set(DO) == set(DEEDS)


def test_every_question_is_known() -> None:
    assert set(FILE["vocabulary"]["see"]) <= set(SEE)
    assert set(FILE["see"]) <= set(SEE)
    assert set(SEE) == set(QUESTIONS)


def test_every_word_of_a_step_is_known() -> None:
    known = {word for verb in DO for word in words({"do": verb})}
    known |= {word for verb in SEE for word in words({"see": verb})}

    assert set(FILE["vocabulary"]["step keys"]) <= known


@pytest.mark.parametrize("step", [{"do": "juggle"}, {"see": "juggle", "is": 1}, {"juggle": 1}])
def test_an_unknown_step_fails_by_its_name(step: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match=r"juggle|None"):
        carry_out(Clock(), step)


@pytest.mark.parametrize(
    "step",
    [
        {"do": "unregister", "client": "c1", "colour": "blue"},
        {"see": "count", "model": "m", "is": 0, "colour": "blue"},
    ],
)
def test_an_unknown_word_fails_by_its_name(step: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="colour"):
        carry_out(Clock(), step)


@pytest.mark.django_db
@pytest.mark.parametrize("question", ["listed", "by_provider"])
def test_a_model_listed_twice_or_missing_is_seen(question: str) -> None:
    asked = {"listed": {"handler": "openai"}, "by_provider": {"provider": "openai"}}[question]
    step = {"do": "register", "client": "c1", "provider": "openai", "models": [{"id": "m"}]}
    carry_out(Clock(), step)

    for wrong in ([], ["m", "m"], ["m", "n"]):
        with pytest.raises(AssertionError):
            carry_out(Clock(), {"see": question, "is": wrong} | asked)
