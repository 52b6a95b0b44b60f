"""Every address, verb and actor is declared in a table, and the table is what happens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.registry.api import matrix_file
from tests.registry.api.access import VERBS, make_actors, make_world, observe
from tests.registry.api.matrix_file import Matrix

LOGIN = "admin/login/"
# What anyone may see: whether the service runs, where to log in, and what that page needs.
OPEN = {
    "livez": {"GET", "HEAD"},
    "readyz": {"GET", "HEAD"},
    LOGIN: {"GET", "HEAD", "OPTIONS", "POST", "PUT"},
}
READS = {"GET", "HEAD", "OPTIONS"}


def cells(matrix: Matrix) -> dict[tuple[str, str, str], int]:
    """Return the status by route, verb and actor."""
    actors, _committed = matrix_file.read()
    return {
        (route, verb, actor): int(status)
        for route, verbs in matrix.items()
        for verb, statuses in verbs.items()
        for actor, status in zip(actors, statuses.split(), strict=True)
    }


@pytest.mark.invariant("A1")
@pytest.mark.django_db
def test_every_cell_is_as_declared(figure: Callable[..., None]) -> None:
    routes, actors = make_world(), make_actors()

    observed = observe(routes, actors)

    if matrix_file.is_written:
        matrix_file.write(list(actors), observed)
    declared_actors, declared = matrix_file.read()
    undeclared = sorted(set(observed) - set(declared))
    assert undeclared == [], "new addresses: review them, then run write_matrix"
    assert sorted(set(declared) - set(observed)) == []
    assert declared_actors == list(actors)
    found, wanted = cells(observed), cells(declared)
    different = {cell: (wanted[cell], found[cell]) for cell in found if found[cell] != wanted[cell]}
    assert different == {}, "(declared, observed)"
    figure(routes=len(observed), cells=len(found))


@pytest.mark.invariant("A1")
def test_the_table_has_every_verb_and_seven_actors() -> None:
    actors, declared = matrix_file.read()

    assert len(actors) == 7
    assert {tuple(verbs) for verbs in declared.values()} == {VERBS}


@pytest.mark.invariant("A1")
def test_nothing_is_an_error_of_ours() -> None:
    _actors, declared = matrix_file.read()

    assert [cell for cell, status in cells(declared).items() if status >= 500] == []


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ["anonymous", "wrong token"])
def test_without_a_login_only_the_open_addresses_answer(actor: str) -> None:
    _actors, declared = matrix_file.read()
    answered: dict[str, set[str]] = {}

    for (route, verb, who), status in cells(declared).items():
        if who == actor and status < 300:
            answered.setdefault(route, set()).add(verb)

    assert answered == OPEN


@pytest.mark.invariant("A1")
@pytest.mark.parametrize("actor", ["user", "staff without rights"])
def test_without_rights_nobody_gets_into_the_staff_api(actor: str) -> None:
    _actors, declared = matrix_file.read()
    staff = {
        cell: status
        for cell, status in cells(declared).items()
        if cell[0].startswith("api/v1/admin/") and cell[2] == actor
    }

    assert staff
    assert set(staff.values()) == {403}


@pytest.mark.invariant("A1")
def test_a_reading_token_changes_nothing() -> None:
    _actors, declared = matrix_file.read()
    written = {
        cell
        for cell, status in cells(declared).items()
        if cell[2] == "reader's token" and cell[1] not in READS and status < 300
        # The form is shown again: an empty name and password are none.
        if cell[0] != LOGIN
    }

    assert written == set()


@pytest.mark.invariant("A1")
def test_head_is_answered_as_get_is() -> None:
    _actors, declared = matrix_file.read()

    different = [route for route, verbs in declared.items() if verbs["GET"] != verbs["HEAD"]]
    # Who is logged in is sent on from there, by GET only.
    assert different == [LOGIN]


@pytest.mark.invariant("A1")
def test_no_address_takes_trace() -> None:
    _actors, declared = matrix_file.read()
    traced = {
        cell: status
        for cell, status in cells(declared).items()
        if cell[1] == "TRACE" and status < 300 and cell[0].startswith("api/")
    }

    assert traced == {}
