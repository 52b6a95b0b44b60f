"""What was measured of a model, beside what a person decided: ok, degraded, down, unknown."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from audit import context, tracking
from registry.choices import Health, ProbeCode, Stage
from registry.models import Connection, ConnectionTest, HealthChange, LLMModel, Provider
from registry.services.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

# What a code says of a model. Where nothing could be measured, nothing is known: that a model
# cannot be tested is no failure of it.
_STATES: dict[str, Health] = {
    **dict.fromkeys((ProbeCode.OK, ProbeCode.OK_TRUNCATED), Health.OK),
    **dict.fromkeys(
        (
            *(ProbeCode.DEGRADED, ProbeCode.DIMENSION_MISMATCH, ProbeCode.BAD_PARAMETER),
            *(ProbeCode.RATE_LIMITED, ProbeCode.OVERLOADED),
        ),
        Health.DEGRADED,
    ),
    **dict.fromkeys(
        (
            *(ProbeCode.UNREACHABLE, ProbeCode.TLS, ProbeCode.TIMEOUT, ProbeCode.BAD_KEY),
            *(ProbeCode.FORBIDDEN, ProbeCode.NO_CREDIT, ProbeCode.MODEL_MISSING),
            *(ProbeCode.DEPLOYMENT_MISSING, ProbeCode.WRONG_OPERATION, ProbeCode.SERVER_ERROR),
            *(ProbeCode.BAD_SHAPE, ProbeCode.REDIRECTED, ProbeCode.TOO_LARGE),
            ProbeCode.ENCODING_REFUSED,
        ),
        Health.DOWN,
    ),
    **dict.fromkeys(
        (
            *(ProbeCode.ADDRESS_REFUSED, ProbeCode.ADDRESS_BLOCKED, ProbeCode.NEEDS_KEY),
            *(ProbeCode.CREDENTIAL_UNREADABLE, ProbeCode.CANNOT_TEST),
        ),
        Health.UNKNOWN,
    ),
}

# What of a connection decides how a call over it ends.
_CALLED = ("pk", "kind", "host_type", "api_url", "origin", "api_key")


def state_of(code: str) -> Health:
    return _STATES[code]


def note(
    tested: LLMModel,
    *,
    code: str,
    stage: str,
    proved: frozenset[str],
    test_id: UUID,
    at: datetime,
) -> None:
    """Move the model's health to what a test found, and its timeline where that is a change.

    `tested` is the model as it was when the test began: if it, its connection or its provider's
    address has been changed since, the finding is about something that is no more. Good news
    counts only as far as it goes: a test that asked for no inference does not end a failure of
    inference, and one that could not prove the model's stage proves nothing.

    To be called in the transaction that stores the test. The model's revision does not move.
    """
    rows = tracking.unaudited(LLMModel.objects.filter(pk=tested.pk))
    llm = rows.select_for_update().only("health", "revision").first()
    if llm is None or llm.revision != tested.revision or _has_moved(tested):
        return
    rows.update(tested_at=at)
    state = state_of(code)
    if state is Health.UNKNOWN and Stage.REACH in proved:  # nothing was learned of the model
        return
    if state is Health.OK and not _is_proved(tested.pk, llm.health, proved, test_id):
        return
    if state == llm.health:
        return
    rows.update(health=state, health_since=at)
    change = HealthChange(llm_id=tested.pk, state=state, code=code, stage=stage, at=at)
    change.found_by, change.actor_id = test_id, _person_id()
    change.save()


def hold_models_of(connection: Connection) -> list[UUID]:
    """Lock the models that call over `connection`, before it is locked itself: as a test does."""
    rows = LLMModel.objects.select_for_update(no_key=True).filter(connection=connection.pk)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def calls_differ(before: Connection | None, after: Connection | None) -> bool:
    """Whether what was found over one connection says nothing about calls over the other."""
    if before is None or after is None:
        return before is not after
    return any(getattr(before, name) != getattr(after, name) for name in _CALLED)


def forget(llm_ids: Iterable[UUID]) -> None:
    """Let the health be unknown: what was measured was another address, key or model."""
    rows = tracking.unaudited(LLMModel.objects.filter(pk__in=list(llm_ids)))
    known = list(rows.exclude(health=Health.UNKNOWN).values_list("pk", flat=True))
    if not known:
        return
    now = database_now()
    rows.filter(pk__in=known).update(health=Health.UNKNOWN, health_since=now)
    HealthChange.objects.bulk_create(
        HealthChange(llm_id=pk, state=Health.UNKNOWN, actor_id=_person_id(), at=now) for pk in known
    )


def _has_moved(tested: LLMModel) -> bool:
    """Whether a model's connection or provider has been changed since they were read."""
    used, asked = tested.connection, tested.provider
    if used is not None:
        rows = Connection.objects.filter(pk=used.pk, revision=used.revision)
        if not rows.exists():
            return True
    same = {"dialect": asked.dialect, "direct_api_url": asked.direct_api_url}
    return not Provider.objects.filter(pk=asked.pk, **same).exists()


def _person_id() -> int | None:
    asked = context.current()
    return asked.person_id if asked else None


def _is_proved(llm_id: UUID, health: str, proved: frozenset[str], test_id: UUID) -> bool:
    if Stage.INFERENCE in proved:
        return True
    if Stage.MODEL not in proved:
        return False
    if health in (Health.OK, Health.UNKNOWN):
        return True
    # The call and not the stage counts: no credit is a matter of the login, which only inference
    # shows; and a second failure is no change of the timeline.
    tests = ConnectionTest.objects.filter(llm_id=llm_id, billed_calls__gt=0).exclude(code="")
    last = tests.exclude(pk=test_id).newest_first().values_list("code", flat=True).first()
    if last is not None:
        return state_of(last) is Health.OK
    change = HealthChange.objects.filter(llm_id=llm_id).first()  # it outlives the tests
    return change is None or change.stage != Stage.INFERENCE
