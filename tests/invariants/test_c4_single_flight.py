"""C4: however often people ask and messages come, a model is tested once at a time.

200 requests by five users, and two workers of three threads to which every message comes again
and again, among them ids that nobody knows and ids of jobs that have ended.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import close_old_connections
from pytest_django import Settings

from audit import context
from audit.choices import Source
from audit.models import LogEntry
from registry.choices import Dialect, JobState, ProbeCode
from registry.models import ConnectionTest, Job, LLMModel
from registry.models.job import UNFINISHED
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests, workers
from tests.factories import make_llm, make_provider, make_user
from tests.outbound import answer, far_side
from tests.threads import errors, together

USERS, REQUESTS = 5, 200
HOSTS, MODELS_OF_HOST = 2, 4
HOST_CONCURRENCY = 2
WORKER_THREADS = 2 * 3
PAUSE_SECONDS = 1
PATIENCE = 120  # seconds


class Watch:
    """The far side: it notes how many calls are on their way, by model and by host."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    @contextmanager
    def counting(self, *names: str) -> Iterator[None]:
        with self.lock:
            self.now.update(names)
            for name in names:
                self.most[name] = max(self.most[name], self.now[name])
        try:
            yield
        finally:
            with self.lock:
                self.now.subtract(names)

    def answer(self, call: Call) -> Answer:
        parts = urlsplit(call.url)
        model_id = parts.path.rpartition("/")[2]
        with self.counting(parts.netloc, model_id):
            time.sleep(0.05)
        return answer({"id": model_id})


class Crowd:
    """Users who ask, and workers who are rung."""

    def __init__(self, llms: list[LLMModel], users: list[User]) -> None:
        self.llms = llms
        self.users = users
        self.asking = USERS
        self.got: list[UUID] = []
        self.deliveries = 0
        self.deadline = time.monotonic() + PATIENCE

    def user(self, user: User, is_by_hand: Callable[[int], bool]) -> int:
        """Ask again and again; return how many of the requests were new."""
        new = 0
        chance = random.Random(user.pk)  # noqa: S311  # not for secrets
        with context.use(source=Source.ADMIN, actor=user):
            for number in range(REQUESTS // USERS):
                llm = chance.choice(self.llms)
                by_hand = is_by_hand(number)
                found = connection_tests.request_test(llm, inference=False, by_hand=by_hand)
                new += found.is_new
                self.got.append(found.test.pk)
                time.sleep(chance.uniform(0, 0.1))
        self.asking -= 1
        return new

    def worker(self) -> int:
        """Be rung for any job, known or not, ended or not; return how many were done."""
        done = 0
        chance = random.Random()  # noqa: S311  # not for secrets
        while self.asking or Job.objects.filter(state__in=UNFINISHED).exists():
            assert time.monotonic() < self.deadline, list(Job.objects.values("state", "turn"))
            known = list(Job.objects.values_list("pk", flat=True))
            ids: list[UUID | str] = [*chance.sample(known, min(6, len(known))), uuid4(), "no id"]
            for job_id in ids:
                done += workers.work(job_id)
                self.deliveries += 1
            close_old_connections()
            time.sleep(0.02)
        return done


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Watch:
    settings.REGISTRY_HOST_CONCURRENCY = HOST_CONCURRENCY
    settings.REGISTRY_TEST_PAUSE_SECONDS = PAUSE_SECONDS
    found = Watch()
    far_side(monkeypatch, found.answer)
    return found


def make_crowd() -> Crowd:
    llms = [
        make_llm(provider=one)
        for one in [make_provider(dialect=Dialect.OPENAI) for _ in range(HOSTS)]
        for _ in range(MODELS_OF_HOST)
    ]
    return Crowd(llms, [make_user() for _ in range(USERS)])


def starts_too_close() -> list[timedelta]:
    """Return how far apart those starts of one model were that were closer than the pause."""
    starts: dict[str, list[datetime]] = defaultdict(list)
    for job in Job.objects.order_by("started_at"):
        if job.started_at is not None:
            starts[job.subject].append(job.started_at)
    gaps = [later - earlier for moments in starts.values() for earlier, later in pairwise(moments)]
    return [gap for gap in gaps if gap < timedelta(seconds=PAUSE_SECONDS)]


def told_twice_or_never() -> set[str]:
    """Return the tests that have not exactly one event."""
    told = Counter(
        entry.additional_data["test"] for entry in LogEntry.objects.filter(event="model_tested")
    )
    once = {test for test, times in told.items() if times == 1}
    return {str(test) for test in ConnectionTest.objects.values_list("pk", flat=True)} ^ once


@pytest.mark.invariant("C4")
@pytest.mark.parametrize("way", ["clicks", "clicks and programs"])
@pytest.mark.django_db(transaction=True)
def test_a_model_is_tested_once_at_a_time(
    way: str, watch: Watch, figure: Callable[..., None]
) -> None:
    crowd = make_crowd()
    only_clicks = way == "clicks"

    asking = [
        lambda user=user: crowd.user(user, lambda number: only_clicks or number % 2 == 0)
        for user in crowd.users
    ]
    results = together([*asking, *[crowd.worker] * WORKER_THREADS])

    assert errors(results) == []
    numbers = [number for number in results if isinstance(number, int)]
    new, done = sum(numbers[:USERS]), sum(numbers[USERS:])
    jobs = Job.objects.all()
    assert len(crowd.got) == REQUESTS
    assert new == done == jobs.count() == len(set(crowd.got))
    assert {(job.state, job.attempt) for job in jobs} == {(JobState.DONE, 1)}
    assert {test.code for test in ConnectionTest.objects.all()} == {ProbeCode.OK}
    assert told_twice_or_never() == set()
    assert max(watch.most[llm.model_id] for llm in crowd.llms) == 1
    busiest = max(watch.most.values())
    assert busiest <= HOST_CONCURRENCY
    if only_clicks:
        assert starts_too_close() == []
    figure(
        way=way, requests=REQUESTS, tests=jobs.count(), deliveries=crowd.deliveries, busiest=busiest
    )
