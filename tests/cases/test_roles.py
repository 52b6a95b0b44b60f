"""The driver of roles.json: every case is one user's files, settings, and a list of steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.cases import case_files, roles_people
from tests.cases.roles_deeds import DEEDS
from tests.cases.roles_people import World, prepare
from tests.cases.roles_questions import QUESTIONS
from tests.cases.roles_steps import DO, SEE, STEP_WORDS, carry_out, fits

FILE = case_files.read("roles.json")
CASE_KEYS = {"bug", "given", "id", "level", "note", "refs", "steps", "title"}


def by_id(entries: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(entry, id=entry["id"]) for entry in entries]


@pytest.mark.django_db
@pytest.mark.parametrize("case", by_id(FILE["cases"]))
def test_case(case: dict[str, Any], tmp_path: Path, settings: Settings) -> None:
    assert set(case) <= CASE_KEYS, f"unknown words among {list(case)}"

    world = prepare(case["given"], tmp_path, settings)
    for step in case["steps"]:
        carry_out(world, step)

    assert world.has_originals


# The driver itself
# ----------------------------------------------------------------------------
def test_every_deed_is_known() -> None:
    assert set(FILE["vocabulary"]["do"]) <= set(DO)
    assert set(FILE["do"]) <= set(DO)
    assert set(DO) == set(DEEDS)


def test_every_question_is_known() -> None:
    told = {word for words in FILE["see"] for word in words.split(" / ")}

    assert set(FILE["vocabulary"]["see"]) <= set(SEE)
    assert told <= {*SEE, "*_count"}
    assert set(SEE) == set(QUESTIONS)


def test_every_given_word_is_known() -> None:
    told = {word for words in FILE["given"] for word in words.split(" / ")}

    assert all(map(roles_people.is_known, FILE["vocabulary"]["given"]))
    assert all(map(roles_people.is_known, told))


def test_every_word_of_the_settings_is_known() -> None:
    told = FILE["given"]["env"]

    assert all(word in told for word in roles_people.ENV)


def test_every_word_of_a_step_is_known() -> None:
    assert set(FILE["vocabulary"]["step keys"]) == STEP_WORDS


@pytest.fixture
def world(db: None, tmp_path: Path, settings: Settings) -> World:
    return prepare({}, tmp_path, settings)


@pytest.mark.parametrize(
    "step", [{"do": "juggle"}, {"see": "juggle", "is": 1}, {"juggle": 1}, {"see": "models"}]
)
def test_an_unknown_step_fails_by_its_name(world: World, step: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match=r"juggle|None|says what is right"):
        carry_out(world, step)


@pytest.mark.parametrize(
    "step",
    [
        {"do": "remove_model", "args": {"model_id": "m", "colour": "blue"}},
        {"see": "slots", "args": {"role": "chat", "colour": "blue"}, "is": {}},
        {"see": "models", "is": [], "colour": "blue"},
        {"see": "models", "is": [], "as": "colour"},
    ],
)
def test_an_unknown_word_fails_by_its_name(world: World, step: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="colour"):
        carry_out(world, step)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given", [{"colour": {}}, {"env": {"colour": "blue"}}, {"user_a": {"colour": {}}}]
)
def test_an_unknown_given_value_fails_by_its_name(
    given: dict[str, Any], tmp_path: Path, settings: Settings
) -> None:
    with pytest.raises(AssertionError, match="colour"):
        prepare(given, tmp_path, settings)


def test_a_wrong_answer_is_seen(world: World) -> None:
    args = {"role": "chat"}
    wrong: list[tuple[str, Any]] = [
        ("role", {"id": "gemini_cli"}),
        ("role", {"id": None}),
        ("role", None),
        ("slots", {"primary": "claude_cli"}),
    ]

    for question, value in wrong:
        with pytest.raises(AssertionError):
            carry_out(world, {"see": question, "args": args, "is": value})
    with pytest.raises(AssertionError):
        carry_out(world, {"see": "persisted", "is": True})


def test_maps_are_compared_by_the_keys_given(world: World) -> None:
    found: dict[str, Any] = {"id": "m1", "tags": [], "account_id": None, "host_type": ""}

    assert fits(world, {"id": "m1", "account_id": None, "api_key": None}, found, partly=True)
    assert fits(world, {"id": "$any", "tags": []}, found, partly=True)
    assert not fits(world, {"id": None}, found, partly=True)
    assert not fits(world, {"tags": None}, found, partly=True)
    assert not fits(world, {"id": "m1"}, found)
    assert not fits(world, [{"id": "m1"}], [found, found], partly=True)


def test_a_made_id_keeps_its_word(world: World) -> None:
    assert fits(world, "$new", "x1")
    assert fits(world, ["$new"], ["x1"])
    assert not fits(world, "$new", "x2")
    assert not fits(world, "$new2", "x1")
    assert not fits(world, "$new2", None)
    assert fits(world, {"primary": "$new2"}, {"primary": "x2"})
