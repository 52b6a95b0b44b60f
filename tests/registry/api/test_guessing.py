"""Wrong tokens: how many are looked at, what is stored, what an answer gives away."""

from __future__ import annotations

import random
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.apps import apps

from registry.models import ApiToken
from registry.services.tokens import PREFIX, find_token
from tests.factories import make_token, make_user
from tests.registry.api.client import MODELS, Api, at_once

CHOOSER = "/api/v1/models/generation"
META_CHARACTERS = ["'", "' OR '1'='1", '"', ";--", "%", "_%", "\\", "$1", "{0}", "\x7f", "*"]


def guess(path: str, number: int) -> int:
    """Try one wrong token; every guess claims to come from elsewhere."""
    caller = Api(Authorization=f"Bearer {PREFIX}guess{number}")
    return int(caller.get(path, X_Forwarded_For=f"192.0.2.{number % 250}").status_code)


@pytest.mark.invariant("A7")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [MODELS, CHOOSER])
def test_one_address_gets_ten_answers_a_minute(path: str, figure: Callable[..., None]) -> None:
    _token, text = make_token(make_user())
    threads, each = 10, 12

    def many(first: int) -> list[int]:
        return [guess(path, first + number) for number in range(each)]

    found = at_once([partial(many, thread * each) for thread in range(threads)])

    statuses = Counter(status for some in found for status in some)
    assert set(statuses) == {401, 429}
    assert statuses[401] <= 10
    # Who has a right token is not locked out by others behind the same address.
    assert Api(Authorization=f"Bearer {text}").get(CHOOSER).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        assert guess(path, 0) == 401
    figure(guesses=threads * each, evaluated=statuses[401])


@pytest.mark.invariant("A7")
@pytest.mark.django_db
def test_a_refused_guess_says_when_to_come_back() -> None:
    for number in range(10):
        assert guess(MODELS, number) == 401

    answer = Api(Authorization="Bearer reg_eleventh").get(MODELS)

    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "throttled"
    assert 0 < int(answer.headers["Retry-After"]) <= 60


@pytest.mark.django_db
def test_another_address_is_not_affected() -> None:
    for number in range(12):
        guess(MODELS, number)
    elsewhere = Api(Authorization="Bearer reg_x")
    elsewhere.client.defaults["REMOTE_ADDR"] = "198.51.100.7"

    assert elsewhere.get(MODELS).status_code == 401


@pytest.mark.django_db
def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    statuses = []
    for number in range(12):
        caller = Api(Authorization="Bearer reg_x")
        caller.client.defaults["REMOTE_ADDR"] = f"2001:db8:0:1::{number:x}"
        statuses.append(caller.get(MODELS).status_code)

    assert statuses == [401] * 10 + [429] * 2


@pytest.mark.invariant("S11")
@pytest.mark.django_db
def test_no_table_holds_a_token_or_a_piece_of_it(figure: Callable[..., None]) -> None:
    user = make_user(staff=True)
    texts = [make_token(user, application=f"app {number}")[1] for number in range(20)]

    cells = [
        str(value)
        for model in apps.get_models()
        for row in model._default_manager.values_list()
        for value in row
    ]

    dump = "\n".join(cells)
    pieces = {
        text.removeprefix(PREFIX)[start : start + 8]
        for text in texts
        for start in range(len(text) - len(PREFIX) - 8)
    }
    assert not [piece for piece in pieces if piece in dump]
    assert ApiToken.objects.count() == len(texts)
    figure(tokens=len(texts), cells=len(cells), hits=0)


@pytest.mark.invariant("S11")
@pytest.mark.django_db
def test_a_thousand_wrong_tokens_are_never_an_error_of_ours(figure: Callable[..., None]) -> None:
    _token, text = make_token(make_user())
    caller = Api()
    statuses: Counter[int] = Counter()

    for number in range(1000):
        character = META_CHARACTERS[number % len(META_CHARACTERS)]
        cut = number % len(text)
        wrong = text[:cut] + character + text[cut + 1 :]
        answer = caller.get(CHOOSER, Authorization=f"Bearer {wrong}")
        statuses[answer.status_code] += 1

    assert set(statuses) == {401, 429}
    figure(tried=1000, answered_401=statuses[401], answered_429=statuses[429])


def seconds_of(text: str) -> float:
    started = time.perf_counter()
    assert find_token(text) is None
    return time.perf_counter() - started


def new_piece() -> str:
    """Return four characters that no token has."""
    return "!" + secrets.token_urlsafe(9)[:3]


def chance_of_difference(left: list[float], right: list[float]) -> float:
    """Return how often shuffled samples differ as much as these: a permutation test."""
    chance = random.Random(11)  # noqa: S311  # shuffles samples
    observed = abs(statistics.median(left) - statistics.median(right))
    pool, size, rounds = [*left, *right], len(left), 300
    larger = 0
    for _ in range(rounds):
        chance.shuffle(pool)
        medians = statistics.median(pool[:size]), statistics.median(pool[size:])
        larger += abs(medians[0] - medians[1]) >= observed
    return (larger + 1) / (rounds + 1)


@pytest.mark.invariant("S11")
@pytest.mark.django_db
def test_time_does_not_tell_how_much_of_a_token_is_right(figure: Callable[..., None]) -> None:
    _token, text = make_token(make_user())
    chances = []
    # A busy machine may differ once by accident, but not three times in a row.
    for _attempt in range(3):
        # Every guess is another one: a digest has its own place in the index, and its own time.
        samples: dict[str, list[float]] = {"near": [], "far": []}
        for number in range(500):
            guesses = {"near": text[:-4] + new_piece(), "far": PREFIX + new_piece() + text[8:]}
            for kind in sorted(guesses, reverse=number % 2 == 0):
                samples[kind].append(seconds_of(guesses[kind]))
        chances.append(chance_of_difference(samples["near"], samples["far"]))
        if chances[-1] > 0.01:
            break

    assert chances[-1] > 0.01
    figure(look_ups=1000 * len(chances), p=round(chances[-1], 3))
