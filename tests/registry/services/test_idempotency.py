from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from registry.errors import IdempotencyConflictError
from registry.models import IdempotentRequest, Tag
from registry.services.idempotency import Answer, forget_expired, once
from tests.threads import errors, together

_names = count(1)


def make_tag() -> Answer:
    """Be the effect: each run makes one more tag."""
    name = f"tag{next(_names)}"
    Tag.objects.create(name=name, folded=name)
    return Answer(201, f'{{"name": "{name}"}}', f"/tags/{name}")


def post(
    key: str = "k1", who: str = "7", target: str = "POST /tags", body: bytes = b"{}"
) -> Answer:
    return once(who=who, key=key, target=target, body=body, run=make_tag)


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_has_no_effect() -> None:
    first = post()

    assert post() == first
    assert first.status == 201
    assert Tag.objects.count() == 1


@pytest.mark.parametrize("other", [{"key": "k2"}, {"who": "8"}])
@pytest.mark.django_db
def test_another_key_or_user_is_another_request(other: dict[str, str]) -> None:
    post()

    post(key=other.get("key", "k1"), who=other.get("who", "7"))

    assert Tag.objects.count() == 2


@pytest.mark.django_db
def test_a_key_is_for_one_request_only() -> None:
    post()

    with pytest.raises(IdempotencyConflictError) as refused:
        post(body=b'{"other": 1}')
    with pytest.raises(IdempotencyConflictError):
        post(target="POST /others")

    assert refused.value.status == 422
    assert Tag.objects.count() == 1


@pytest.mark.django_db
def test_a_failed_request_keeps_nothing() -> None:
    def fail() -> Answer:
        make_tag()
        raise ValidationError("no")

    with pytest.raises(ValidationError):
        once(who="7", key="k1", target="POST /tags", body=b"{}", run=fail)

    assert not Tag.objects.exists()
    assert not IdempotentRequest.objects.exists()
    post()
    assert Tag.objects.count() == 1


@pytest.mark.django_db
def test_a_crash_before_the_commit_leaves_neither_effect_nor_answer() -> None:
    def crash() -> Answer:
        make_tag()
        raise SystemExit(9)

    with pytest.raises(SystemExit):
        once(who="7", key="k1", target="POST /tags", body=b"{}", run=crash)

    assert not Tag.objects.exists()
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db
def test_the_body_is_not_stored() -> None:
    post(body=b'{"api_key": "sk-secret-in-a-body"}')

    row = IdempotentRequest.objects.get()
    assert "sk-secret" not in f"{vars(row)}"
    assert str(row) == "POST /tags k1"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"\x00" * 10])
@pytest.mark.django_db
def test_any_bytes_are_a_body(body: bytes) -> None:
    assert post(body=body) == post(body=body)


@pytest.mark.django_db
def test_a_key_is_remembered_for_its_hours(settings: Settings) -> None:
    settings.REGISTRY_IDEMPOTENCY_HOURS = 24
    post()
    soon, late = (timezone.now() + timedelta(hours=hours) for hours in (23.9, 24.1))

    def at(moment: datetime) -> None:
        once(who="7", key="k1", target="POST /tags", body=b"{}", run=make_tag, now=moment)

    at(soon)
    assert Tag.objects.count() == 1
    at(late)
    assert Tag.objects.count() == 2


@pytest.mark.django_db
def test_old_requests_are_forgotten() -> None:
    post()

    assert forget_expired() == 0
    assert forget_expired(now=timezone.now() + timedelta(hours=25)) == 1
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_are_one() -> None:
    results = together([post] * 10)

    assert errors(results) == []
    assert len(set(map(str, results))) == 1
    assert Tag.objects.count() == 1
