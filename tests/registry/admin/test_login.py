from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client

from audit.models import LogEntry
from tests.factories import make_user
from tests.threads import together
from tests.trail import payload, written

LOGIN = "/admin/login/"
PASSWORD = "quite-Long-77-words"


def log_in(name: str, password: str, client: Client | None = None, **headers: str) -> Any:
    body = {"username": name, "password": password, "next": "/admin/"}
    return (client or Client()).post(LOGIN, body, headers=headers)


@pytest.mark.django_db
def test_a_login_and_a_logout_are_on_the_trail() -> None:
    user = make_user("anna", staff=True, password=PASSWORD)
    client = Client()

    with written() as events:
        assert log_in("anna", PASSWORD, client).status_code == 302
        client.post("/admin/logout/")

    assert events.names == ["login", "logout"]
    assert {(entry.actor, entry.source, entry.object_pk) for entry in events} == {
        (user, "admin", str(user.pk))
    }


@pytest.mark.django_db
def test_a_wrong_password_is_told_of_the_account_it_was_tried_on() -> None:
    user = make_user("anna", staff=True, password=PASSWORD)

    with written() as events:
        assert log_in("anna", "wrong").status_code == 200

    assert events.names == ["login_failed"]
    assert events.only.object_pk == str(user.pk)
    assert events.only.actor is None


@pytest.mark.django_db
def test_an_unknown_name_is_never_stored() -> None:
    with written() as events:
        log_in("my-secret-password", "x")

    assert events.names == ["login_failed"]
    stored = " ".join(map(str, LogEntry.objects.values_list().iterator()))
    assert "my-secret-password" not in stored
    assert payload(events.only) == {}


@pytest.mark.django_db
def test_all_who_may_not_come_in_read_the_same() -> None:
    make_user("anna", staff=True, password=PASSWORD)
    make_user("ben", password=PASSWORD)
    make_user("carl", staff=True, password=PASSWORD)
    carl = make_user("dora", staff=True, password=PASSWORD)
    carl.is_active = False
    carl.save()

    answers = {
        name: log_in(name, password).context["form"].non_field_errors()
        for name, password in (
            ("anna", "wrong"),
            ("ben", PASSWORD),
            ("dora", PASSWORD),
            ("nobody", "x"),
        )
    }

    assert len({str(errors) for errors in answers.values()}) == 1


@pytest.mark.invariant("A7")
@pytest.mark.django_db(transaction=True)
def test_ten_passwords_are_looked_at_however_many_are_tried(figure: Callable[..., None]) -> None:
    make_user("anna", staff=True, password=PASSWORD)
    make_user("ben", staff=True, password=PASSWORD)
    threads, each = 10, 12

    def many(first: int) -> list[int]:
        return [
            log_in("anna", "wrong", X_Forwarded_For=f"192.0.2.{first + number}").status_code
            for number in range(each)
        ]

    found = together([partial(many, thread * each) for thread in range(threads)])

    statuses = Counter(status for some in found if isinstance(some, list) for status in some)
    assert statuses.total() == threads * each
    assert statuses[200] == 10
    assert statuses[429] == threads * each - 10
    assert log_in("ben", PASSWORD).status_code == 302
    assert log_in("anna", PASSWORD).status_code == 429
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=15, seconds=1)):
        assert log_in("anna", PASSWORD).status_code == 302
    figure(tried=threads * each, evaluated=statuses[200])


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", ["anna", "ANNA", " anna ", "\uff41nna"])
def test_another_spelling_of_the_name_counts_with_it(spelling: str) -> None:
    make_user("anna", staff=True, password=PASSWORD)
    for _attempt in range(10):
        log_in("anna", "wrong")

    assert log_in(spelling, PASSWORD).status_code == 429


@pytest.mark.django_db
def test_the_locked_page_says_when_to_try_again() -> None:
    for _attempt in range(10):
        log_in("anna", "wrong")

    with written() as events:
        answer = log_in("anna", "wrong")

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert "Too many attempts" in answer.content.decode()
    assert 'id="locked"' in answer.content.decode()
    assert events == []  # nothing was evaluated


@pytest.mark.django_db
def test_another_address_is_not_locked_out() -> None:
    make_user("anna", staff=True, password=PASSWORD)
    for _attempt in range(11):
        log_in("anna", "wrong")

    assert log_in("anna", PASSWORD, Client(REMOTE_ADDR="198.51.100.7")).status_code == 302


@pytest.mark.django_db
def test_the_right_password_begins_the_count_anew() -> None:
    make_user("anna", staff=True, password=PASSWORD)
    for _round in range(3):
        for _attempt in range(9):
            assert log_in("anna", "wrong").status_code == 200
        assert log_in("anna", PASSWORD).status_code == 302


@pytest.mark.invariant("A7")
@pytest.mark.django_db
def test_all_addresses_of_one_ipv6_network_count_together() -> None:
    make_user("anna", staff=True, password=PASSWORD)
    statuses = [
        log_in("anna", "wrong", Client(REMOTE_ADDR=f"2001:db8::{number:x}")).status_code
        for number in range(1, 13)
    ]

    assert statuses == [200] * 10 + [429] * 2
    assert log_in("anna", PASSWORD, Client(REMOTE_ADDR="2001:db8:0:1::1")).status_code == 302


@pytest.mark.invariant("A7")
@pytest.mark.django_db
def test_guessing_from_ever_new_addresses_ends_too() -> None:
    """Ten networks may use up their attempts; then the account is locked for everybody."""
    make_user("anna", staff=True, password=PASSWORD)
    make_user("ben", staff=True, password=PASSWORD)
    statuses = Counter(
        log_in("anna", "wrong", Client(REMOTE_ADDR=f"198.51.100.{number}")).status_code
        for number in range(120)
    )

    assert statuses == {200: 100, 429: 20}
    assert log_in("ben", PASSWORD, Client(REMOTE_ADDR="198.51.100.1")).status_code == 302
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=15, seconds=1)):
        assert log_in("anna", PASSWORD).status_code == 302
