from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from registry.errors import TooManyAttemptsError
from registry.models import Attempt
from registry.services.throttling import forget, forget_ended, take
from tests.threads import errors, together

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def take_at(seconds: float, bucket: str = "login:ada", limit: int = 3) -> None:
    take(bucket, limit=limit, seconds=60, now=NOON + timedelta(seconds=seconds))


@pytest.mark.django_db
def test_up_to_the_limit_is_free_and_beyond_is_refused() -> None:
    for second in (0, 1, 2):
        take_at(second)

    with pytest.raises(TooManyAttemptsError) as refused:
        take_at(20.5)

    assert refused.value.retry_after == 40
    assert refused.value.status == 429


@pytest.mark.django_db
def test_a_window_begins_with_its_first_attempt_and_ends_for_good() -> None:
    for second in (0, 30, 59):
        take_at(second)
    with pytest.raises(TooManyAttemptsError) as refused:
        take_at(59.9)
    assert refused.value.retry_after == 1

    take_at(60)

    assert Attempt.objects.get().count == 1
    assert Attempt.objects.get().ends_at == NOON + timedelta(seconds=120)


@pytest.mark.django_db
def test_refused_attempts_do_not_lengthen_the_window() -> None:
    for second in (0, 1, 2):
        take_at(second)
    for second in (3, 30, 59):
        with pytest.raises(TooManyAttemptsError):
            take_at(second)

    take_at(60)


@pytest.mark.django_db
def test_each_bucket_counts_for_itself() -> None:
    for bucket in ("login:ada", "login:bob", "login:Ada"):
        take_at(0, bucket, limit=1)

    with pytest.raises(TooManyAttemptsError):
        take_at(1, "login:bob", limit=1)


@pytest.mark.django_db
def test_a_right_password_begins_anew() -> None:
    take_at(0, limit=1)
    forget("login:bob")
    with pytest.raises(TooManyAttemptsError):
        take_at(1, limit=1)

    forget("login:ada")

    take_at(2, limit=1)


@pytest.mark.parametrize("bucket", ["login:Correct-Horse-9", "x" * 5000, "a\x00b"])
@pytest.mark.django_db
def test_what_somebody_typed_is_not_stored(bucket: str) -> None:
    take_at(0, bucket)

    stored = Attempt.objects.get().bucket
    assert len(stored) == 64
    assert bucket[:5] not in stored


@pytest.mark.django_db
def test_ended_windows_are_forgotten() -> None:
    take_at(0, "one")
    take_at(30, "two")

    assert forget_ended(now=NOON + timedelta(seconds=60)) == 1
    assert forget_ended(now=NOON + timedelta(seconds=60)) == 0
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize("is_repeat", [False, True], ids=["first window", "ended window"])
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_counted_one_by_one(is_repeat: bool) -> None:
    """A window that has ended is opened anew by one of them only."""
    if is_repeat:
        take_at(-600, limit=10)

    results = together([lambda: take_at(0, limit=10)] * 50)

    assert len(errors(results)) == 40
    assert {type(error) for error in errors(results)} == {TooManyAttemptsError}
    assert Attempt.objects.get().count == 50
