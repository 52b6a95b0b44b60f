"""What can be asked about clients: from one look, the same whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.choices import HolderState
from registry.services import clients
from tests.factories import make_client

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_what_was_seen_holds_until_the_first_window_ends() -> None:
    make_client("c1", "a", "b")
    make_client("c2", "a")
    assert clients.offered(NOON).ends_at is None
    clients.mark_quota("c1", "a", retry_after=60, now=NOON)
    clients.mark_quota("c2", "a", retry_after=20, now=NOON)
    clients.mark_quota("c1", "b", retry_after=10, now=NOON)
    clients.suspend("c1", "b", "manual")  # so that its window ends nothing

    offers = clients.offered(NOON)

    assert (offers.at, offers.ends_at) == (NOON, NOON + 20 * SECOND)
    assert [one.client_id for one in offers.by_model["a"]] == ["c1", "c2"]
    assert offers.by_model["b"][0].state == HolderState.OFF
    assert clients.offered(NOON + 20 * SECOND).ends_at == NOON + 60 * SECOND


def test_who_holds_a_model_stands_by_client_id_with_all_that_is_known() -> None:
    make_client("c2", "other", {"id": "m", "version": "2"}, "m", provider="acme", now=NOON)
    make_client("c1", "m")
    clients.suspend("c2", "m", "manual", now=NOON + SECOND)

    first, second = clients.holders_of(" m ", NOON)

    assert (first.client_id, first.state, first.position, first.seats) == (
        *("c1", HolderState.READY, 0, 1),
    )
    assert (second.client_id, second.provider, second.model_id) == ("c2", "acme", "m")
    assert (second.seats, second.position) == (2, 1)
    assert (second.state, second.until, second.reason) == (HolderState.OFF, None, "manual")
    assert (second.info, second.changed_at) == ({"id": "m", "version": "2"}, NOON + SECOND)
    assert second.turn < first.turn
    assert clients.holders_of("M") == []


# One client
# ----------------------------------------------------------------------------
def test_a_clients_models_are_its_own_and_in_its_order() -> None:
    make_client("c1", {"id": "b", "version": "own"}, "a", "b")
    make_client("c2", {"id": "b", "version": "later"})

    assert clients.client_models(" c1 ") == [{"id": "b", "version": "own"}, {"id": "a"}]
    assert clients.client_info("c1", " b ") == {"id": "b", "version": "own"}
    assert clients.client_info("c1", "c") is None
    assert clients.client_info("ghost", "b") is None
    assert clients.client_models("ghost") is None
    assert clients.client_models("C1") is None


@pytest.mark.parametrize(
    ("client", "model", "answer"),
    [
        ("c1", "GPT-Straße", True),
        (" c1 ", "\tgpt-STRASSE ", True),
        ("C1", "GPT-Straße", False),
        ("c1", "gpt", False),
        ("c1", " ", False),
        ("", "GPT-Straße", False),
        ("ghost", "GPT-Straße", False),
        ("c1", "GPT-Straße\0", False),
    ],
)
def test_support_is_asked_in_any_case_of_a_client_named_exactly(
    client: str, model: str, answer: bool
) -> None:
    make_client("c1", "other", "GPT-Straße")
    clients.suspend("c1", "GPT-Straße")

    assert clients.supports(client, model) is answer


def test_the_last_update_is_nobodys_for_an_unknown_model() -> None:
    make_client("c1", "m", now=NOON)
    make_client("c2", "m", now=NOON + SECOND)

    assert clients.last_updated(" m ") == NOON + SECOND
    assert clients.last_updated("n") is None


@pytest.mark.parametrize(
    "ask",
    [
        clients.count,
        clients.providers,
        clients.info,
        clients.last_updated,
        clients.client_models,
        lambda text: clients.available_entry("", text),
        lambda text: clients.client_info("c1", text),
        lambda text: clients.available("", provider=text),
    ],
)
@pytest.mark.parametrize("text", ["", "  ", "m\0", "\ud800", "x" * 10_000])
def test_a_question_for_what_cannot_be_has_an_empty_answer(
    ask: Callable[[str], object], text: str
) -> None:
    make_client("c1", "m")

    assert not ask(text)


# Copies, and what an answer costs
# ----------------------------------------------------------------------------
ANSWERS: dict[str, Callable[[], Any]] = {
    "holders_of": lambda: clients.holders_of("m0", NOON),
    "count": lambda: clients.count("m0", NOON),
    "providers": lambda: clients.providers("m0", NOON),
    "info": lambda: clients.info("m0", now=NOON),
    "last_updated": lambda: clients.last_updated("m0"),
    "client_models": lambda: clients.client_models("c0"),
    "client_info": lambda: clients.client_info("c0", "m0"),
    "supports": lambda: clients.supports("c0", "m0"),
    "available": lambda: clients.available("openai", status=True, now=NOON),
    "available of a provider": lambda: clients.available("", provider="acme", now=NOON),
    "available_entry": lambda: clients.available_entry("openai", "m0", now=NOON),
    "first_available": lambda: clients.first_available(now=NOON),
    "offered": lambda: clients.offered(NOON),
}


@pytest.mark.parametrize("ask", ANSWERS.values(), ids=ANSWERS)
def test_every_answer_is_one_query_whatever_the_number_of_clients_and_models(
    ask: Callable[[], Any],
) -> None:
    sizes = []
    for number in range(8):
        make_client(f"c{number}", *(f"m{place}" for place in range(number * 4 + 1)))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ask()
        sizes.append(len(queries))

    assert sizes == [1] * 8


@pytest.mark.parametrize("name", ["info", "client_models", "client_info", "available"])
def test_whoever_changes_an_answer_changes_nobody_elses(name: str) -> None:
    levels = {"levels": ["low"]}
    make_client("c0", {"id": "m0", "supported_parameters": ["top_p"], "thinking": levels})
    found, wanted = ANSWERS[name](), ANSWERS[name]()

    (one,) = found if isinstance(found, list) else (found,)
    one["supported_parameters"][0] = "changed"
    if "thinking" in one:
        one["thinking"]["levels"][0] = "changed"

    assert ANSWERS[name]() == wanted != found
