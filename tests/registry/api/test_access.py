"""Every address, verb and actor is declared in a table, and the table is what happens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.provider import provider_behind_the_door
from tests.registry.api import matrix_file
from tests.registry.api.access import (
    ACTORS,
    VERBS,
    ask,
    every_row,
    make_actor,
    make_world,
    observe,
    undone,
)

LOGIN, OWN_LOGIN = "admin/login/", "my/login/"
# What anyone may see: whether the service runs, and the page to log in.
OPEN = {
    "livez": {"GET", "HEAD"},
    "readyz": {"GET", "HEAD"},
    LOGIN: {"GET", "HEAD", "OPTIONS", "POST", "PUT"},
    OWN_LOGIN: {"GET", "HEAD", "POST"},
}
READS = {"GET", "HEAD", "OPTIONS"}
STAFF_API = "api/v1/admin/"
CATALOGUE, REGISTRY = "api/v1/", "api/registry/"
# POSTs that only ask: tests/registry/api/catalogue proves that they change nothing.
QUESTIONS = ("/recommend", "/cost", "/resolve")
# What is a person's own needs a login and no right: tests/roles/api has who reaches what.
OWN = ("api/v1/my/", "api/v1/roles")


@pytest.mark.invariant("A1")
@pytest.mark.django_db
@pytest.mark.parametrize("actor", ACTORS)
def test_every_cell_is_as_declared(
    actor: str, monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    provider_behind_the_door(monkeypatch)
    observed = observe(make_actor(actor), make_world())

    if matrix_file.seen is not None:
        matrix_file.seen[actor] = observed
        return
    declared = matrix_file.read()[actor]
    assert sorted(set(observed) - set(declared)) == [], "review these, then run write_matrix"
    assert sorted(set(declared) - set(observed)) == [], "these are gone: run write_matrix"
    different = {
        cell: f"declared {declared[cell]}, observed {status}"
        for cell, status in observed.items()
        if status != declared[cell]
    }
    assert different == {}
    figure(actor=actor, cells=len(observed))


@pytest.mark.invariant("A1")
@pytest.mark.django_db
def test_a_look_calls_nobody_and_leaves_every_row_as_it_was(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    far = provider_behind_the_door(monkeypatch)
    actor, routes = make_actor("administrator"), make_world()
    before, wrong = every_row(), []

    for route in routes:
        for verb in sorted(READS):
            with undone(actor):
                ask(actor, verb, route.path)
                if far.calls or every_row() != before:
                    wrong.append((verb, route.pattern))
                    far.calls.clear()

    assert wrong == []
    figure(addresses=len(routes), looks=len(routes) * len(READS), changes=0)


@pytest.mark.invariant("A1")
def test_the_table_has_every_verb_and_seven_actors() -> None:
    columns = matrix_file.read()

    assert tuple(columns) == ACTORS
    assert len(ACTORS) == 7
    for column in columns.values():
        assert set(column) == {(route, verb) for route, _verb in column for verb in VERBS}


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ACTORS)
def test_nothing_is_an_error_of_ours(actor: str) -> None:
    column = matrix_file.read()[actor]

    assert [cell for cell, status in column.items() if status >= 500] == []


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ["anonymous", "wrong token"])
def test_without_a_login_only_the_open_addresses_answer(actor: str) -> None:
    answered: dict[str, set[str]] = {}

    for (route, verb), status in matrix_file.read()[actor].items():
        if status < 300:
            answered.setdefault(route, set()).add(verb)

    assert answered == OPEN


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ["user", "staff without rights"])
def test_without_rights_nobody_gets_into_the_staff_api(actor: str) -> None:
    column = matrix_file.read()[actor]

    statuses = {status for (route, _verb), status in column.items() if route.startswith(STAFF_API)}

    assert statuses == {403}


@pytest.mark.invariant("A1")
def test_both_mounts_of_the_catalogue_let_the_same_people_in() -> None:
    for actor, column in matrix_file.read().items():
        theirs = {
            (route.removeprefix(REGISTRY), verb): status
            for (route, verb), status in column.items()
            if route.startswith(REGISTRY)
        }
        ours = {(route, verb): column[f"{CATALOGUE}{route}", verb] for route, verb in theirs}
        assert ours == theirs, actor
        assert len(theirs) > len(VERBS)


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ["user", "staff without rights", "reader's token"])
def test_who_may_not_write_reads_the_catalogue_and_changes_nothing(actor: str) -> None:
    refused = {
        status
        for (route, verb), status in matrix_file.read()[actor].items()
        if route.startswith((REGISTRY, CATALOGUE)) and not route.startswith((STAFF_API, *OWN))
        if verb in {"POST", "PUT", "PATCH", "DELETE"} and not route.endswith(QUESTIONS)
    }

    assert refused <= {403, 405}


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ["user", "staff without rights", "administrator"])
def test_own_records_are_open_to_any_login_and_the_rows_of_others_are_not_there(
    actor: str,
) -> None:
    column = matrix_file.read()[actor]

    named = ("my/connections/<", "my/models/<", "my/tests/<")
    foreign = {
        status
        for (route, verb), status in column.items()
        if route.startswith(tuple(f"{CATALOGUE}{place}" for place in named)) and verb != "OPTIONS"
    }
    lists = {
        column[route, verb]
        for route, verb in column
        if route.startswith(OWN) and "<" not in route and verb == "GET"
    }

    assert foreign == {404, 405}
    assert lists == {200}


@pytest.mark.invariant("A1")
def test_a_reading_token_changes_nothing() -> None:
    column = matrix_file.read()["reader's token"]

    written = {
        (route, verb)
        for (route, verb), status in column.items()
        # The form to log in is shown again: an empty name and password are none.
        if verb not in READS and status < 300 and route not in (LOGIN, OWN_LOGIN)
        if not route.endswith(QUESTIONS)
    }

    assert written == set()


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ACTORS)
def test_head_is_answered_as_get_is(actor: str) -> None:
    column = matrix_file.read()[actor]

    different = {route for route, _verb in column if column[route, "GET"] != column[route, "HEAD"]}

    # Who is logged in is sent on from there, by GET only.
    assert different <= {LOGIN}


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ACTORS)
def test_the_api_takes_no_trace(actor: str) -> None:
    column = matrix_file.read()[actor]

    traced = {
        route
        for (route, verb), status in column.items()
        if verb == "TRACE" and route.startswith("api/") and status < 300
    }

    assert traced == set()
