"""What lists show by what clients hold, and which of it is first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from registry.choices import HolderState, LLMStatus
from registry.errors import NoneListedError, NoneReadyError
from registry.services import clients
from tests.factories import make_client, make_llm, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def listed(**options: Any) -> list[str]:
    return [entry["id"] for entry in clients.available("openai", **options)]


def test_the_newest_comes_first_and_without_a_moment_the_ids() -> None:
    make_client("c1", {"id": "old", "created": 10}, "b", {"id": "new", "created": 20})
    make_client("c2", {"id": "a", "created": -1}, {"id": "also-new", "created": 20})

    assert listed() == ["also-new", "new", "old", "a", "b"]
    assert clients.first_available() == "also-new"


def test_the_moment_of_a_model_is_that_of_its_latest_registration() -> None:
    make_client("c1", {"id": "m", "created": 30})
    make_client("c2", {"id": "m", "created": 10}, {"id": "n", "created": 20})
    assert (listed(), clients.first_available()) == (["n", "m"], "n")

    clients.suspend("c2", "m")
    assert (listed(), clients.first_available()) == (["n", "m"], "n")

    clients.register("c2", "", [{"id": "n", "created": 20}])
    assert (listed(), clients.first_available()) == (["m", "n"], "m")


def test_the_first_is_chosen_on_records_so_that_every_format_has_one() -> None:
    make_client("c1", {"id": "m", "name": "models/m", "created": 5})

    assert clients.available("gemini") == [{"name": "models/m"}]
    assert clients.first_available() == "m"


def test_nothing_listed_and_nothing_ready_are_told_apart() -> None:
    with pytest.raises(NoneListedError):
        clients.first_available()
    make_client("c1", "a", "b")
    clients.suspend("c1", "a", "manual")
    clients.mark_quota("c1", "b", now=NOON)

    with pytest.raises(NoneReadyError):
        clients.first_available(now=NOON)
    assert clients.first_available(now=NOON + 300 * SECOND) == "b"
    clients.suspend("c1", "b", "manual")
    with pytest.raises(NoneListedError):
        clients.first_available(now=NOON)


def test_status_adds_the_state_and_the_earliest_end() -> None:
    make_client("c1", "cooling", "ready", "asleep")
    make_client("c2", "cooling")
    clients.mark_quota("c1", "cooling", retry_after=60, now=NOON)
    clients.mark_quota("c2", "cooling", retry_after=30, now=NOON)
    clients.suspend("c1", "asleep", "quota")

    found = {one["id"]: one for one in clients.available("", status=True, now=NOON)}

    assert [(one["state"], one["until"]) for one in found.values()] == [
        (HolderState.COOLING, None),
        (HolderState.COOLING, NOON + 30 * SECOND),
        (HolderState.READY, None),
    ]
    assert list(found) == ["asleep", "cooling", "ready"]
    assert "state" not in clients.available("", now=NOON)[0]


def test_of_one_provider_only_its_clients_count_for_state_and_description() -> None:
    make_client("c1", {"id": "m", "version": "1"}, "own", provider="Acme")
    make_client("c2", {"id": "m", "version": "2"}, provider="other")
    make_client("c3", "unnamed")
    clients.suspend("c2", "m", "manual")

    assert listed(provider=" ACME ") == ["m", "own"]
    assert listed(provider="other") == []
    assert listed(provider="") == []
    assert clients.available("openai", provider="acme")[0]["version"] == "1"
    assert clients.available("openai")[0]["version"] == "2"
    assert clients.info("m", " Acme ") == {"id": "m", "version": "1"}
    assert clients.info("m", "nobody") is None
    assert clients.info("m", "") is None


def test_one_entry_is_that_of_the_list() -> None:
    make_client("c1", {"id": "m", "name": "models/m"}, "off")
    clients.suspend("c1", "off")

    assert [clients.available_entry("gemini", " m ")] == clients.available("gemini")
    assert clients.available_entry("gemini", "off") is None
    assert clients.available_entry("gemini", "M") is None


# The catalogue
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("statuses", "hides"),
    [
        ([LLMStatus.INACTIVE], True),
        ([LLMStatus.DEPRECATED, LLMStatus.INACTIVE], True),
        ([LLMStatus.INACTIVE, LLMStatus.ACTIVE], False),
        ([LLMStatus.BETA], False),
    ],
)
def test_an_id_that_the_catalogue_has_taken_out_of_use_is_not_listed(
    statuses: list[LLMStatus], hides: bool
) -> None:
    make_client("c1", {"id": "m", "created": 9}, "n")
    for status in statuses:
        make_llm(model_id="m", status=status)

    assert ("m" not in listed()) is hides
    assert (clients.first_available() == "n") is hides
    assert (clients.available_entry("", "m") is None) is hides
    assert clients.count("m") == 1  # what is held is held
    assert clients.offered().hidden == ({"m"} if hides else set())


def test_a_users_own_model_hides_nothing() -> None:
    make_client("c1", "m")
    make_llm(model_id="m", status=LLMStatus.INACTIVE, owner=make_user())

    assert listed() == ["m"]


def test_where_all_that_is_ready_is_out_of_use_nothing_is_listed() -> None:
    make_client("c1", "m")
    make_llm(model_id="m", status=LLMStatus.INACTIVE)

    with pytest.raises(NoneListedError):
        clients.first_available()
