"""The driver of selection.json: every case is one question to the selection service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from audit import context
from registry.errors import RegistryError
from registry.models import Route
from registry.services import selection
from registry.services.routes import set_priority
from tests.cases import case_files, selection_catalogue
from tests.cases.selection_questions import QUESTIONS, WORDS, ask, exact, fallback_chain

FILE = case_files.read("selection.json")
# What other issues build: their cases are deselected by op, and listed at the end of the run.
LATER_OPS = {
    **dict.fromkeys(("discover", "env_discover", "ollama_tags"), "discovery"),
    **dict.fromkeys(("merge_layers", "ollama_show"), "layers and resolvers"),
    "spending": "usage and spending",
}
LATER_PROCEDURES = {
    **dict.fromkeys(("SE-P01", "SE-P02", "SE-P03", "SE-P04"), "discovery"),
    "SE-P05": "the price sync",
    "SE-P06": "health checks by schedule",
    "SE-P07": "performance from use",
    **dict.fromkeys(("SE-P11", "SE-P12"), "snapshots"),
}
CASE_KEYS = {
    *("args", "bug", "expect", "id", "level", "note", "op"),
    *("other_rankings", "refs", "title", "upstream"),
}

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def catalogue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Load the catalogue once for all questions; every test's own writes end with it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with context.use(source="system"):
            selection_catalogue.load(FILE)
        yield
        transaction.set_rollback(True)


def marked(entry: dict[str, Any], later: str | None) -> Any:
    marks = [] if later is None else [pytest.mark.later(later)]
    return pytest.param(entry, id=entry["id"], marks=marks)


@pytest.mark.parametrize(
    "case", [marked(entry, LATER_OPS.get(entry["op"])) for entry in FILE["cases"]]
)
def test_case(case: dict[str, Any], catalogue: None) -> None:
    assert set(case) <= CASE_KEYS, f"unknown words among {list(case)}"

    try:
        answer = ask(case["op"], case["args"])
    except RegistryError as error:
        answer = {"error": error.code}

    assert exact(answer) == exact(case.get("expect"))


# Procedures
# ----------------------------------------------------------------------------
def unknown_argument(procedure: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        selection.find_best(requires_tools=True, cost_tier="cheap")

    assert "cost_tier" in refused.value.message_dict


def changed_priority(procedure: dict[str, Any]) -> None:
    for name, priority in (("gpt-4o@openrouter", 1), ("gpt-4o@direct", 3)):
        set_priority(Route.objects.get(slug=name), priority)

    best = selection.best_route(procedure["given"]["model"])

    assert best is not None
    assert best.slug == procedure["expect"]["best_route"]
    assert fallback_chain(procedure["given"]) == procedure["expect"]["fallback_chain"]


def refused_priority(procedure: dict[str, Any]) -> None:
    before = fallback_chain(procedure["given"])

    with pytest.raises(ValidationError) as refused:
        set_priority(Route.objects.get(slug="gpt-4o@direct"), 0)

    assert "priority" in refused.value.message_dict
    assert fallback_chain(procedure["given"]) == before


PROCEDURES: dict[str, Callable[[dict[str, Any]], None]] = {
    "SE-P08": unknown_argument,
    "SE-P09": changed_priority,
    "SE-P10": refused_priority,
}


@pytest.mark.parametrize(
    "procedure",
    [marked(entry, LATER_PROCEDURES.get(entry["id"])) for entry in FILE["procedures"]],
)
def test_procedure(procedure: dict[str, Any], catalogue: None) -> None:
    assert procedure["id"] in PROCEDURES, f"unknown procedure: {procedure['id']}"

    PROCEDURES[procedure["id"]](procedure)


# The driver itself
# ----------------------------------------------------------------------------
def test_every_op_is_known_or_of_a_later_issue() -> None:
    assert set(FILE["vocabulary"]["op"]) <= {*QUESTIONS, *LATER_OPS}


def test_every_word_of_a_case_is_known() -> None:
    assert set(FILE["vocabulary"]["case keys"]) <= CASE_KEYS


@pytest.mark.parametrize("op", ["find_best", "query"])
def test_every_condition_is_one_that_the_service_knows(op: str) -> None:
    known = selection.Requirements.words()

    for word in FILE["vocabulary"]["args"][op]:
        assert word in known or word.startswith("requires_"), word


@pytest.mark.parametrize("op", WORDS)
def test_every_argument_is_one_that_the_driver_asks_with(op: str) -> None:
    assert set(FILE["vocabulary"]["args"][op]) <= WORDS[op]


@pytest.mark.parametrize("op", QUESTIONS)
def test_an_unknown_argument_fails_by_its_name(op: str) -> None:
    with pytest.raises((AssertionError, ValidationError), match="colour"):
        ask(op, {"colour": "blue"})


def test_an_unknown_op_fails_by_its_name() -> None:
    with pytest.raises(AssertionError, match="juggle"):
        ask("juggle", {})
