"""Answers after any order of events, beside the rules once more in plain Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit import context
from audit.choices import Source
from registry.errors import NoneListedError, NoneReadyError
from registry.services import clients

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)

CLIENTS, MODELS = ["c1", "c2", "c3"], ["m", "n"]
pairs = st.tuples(st.sampled_from(CLIENTS), st.sampled_from(MODELS))
deeds = st.one_of(
    st.tuples(
        st.just("register"),
        st.sampled_from(CLIENTS),
        st.lists(st.sampled_from(MODELS), max_size=4),
        st.sampled_from(["", "acme", "other"]),
        st.integers(-1, 3),
    ),
    st.tuples(st.sampled_from(["mark", "clear", "quota", "manual", "resume"]), pairs),
    st.tuples(st.sampled_from(["wait"]), st.integers(1, 200)),
)


class Plain:
    """The rules once more, over dictionaries, one client and model after the other."""

    def __init__(self) -> None:
        self.now = NOON
        self.seats: dict[str, dict[str, int]] = {}
        self.created: dict[str, int] = {}  # of a client's last registration
        self.order: list[str] = []  # of registrations
        self.marks: dict[tuple[str, str], datetime] = {}
        self.reasons: dict[tuple[str, str], str] = {}

    def register(self, client: str, models: list[str], provider: str, created: int) -> None:
        infos = [{"id": model, "created": created} for model in models]
        clients.register(client, provider, infos, now=self.now)
        self.seats.pop(client, None)
        if models:
            self.seats[client] = {model: models.count(model) for model in models}
        self.created[client] = created
        self.order = [name for name in self.order if name != client] + [client]
        for model in MODELS:
            self.marks.pop((client, model), None)
            self.reasons.pop((client, model), None)

    def do(self, word: str, pair: tuple[str, str]) -> None:
        is_held = pair[1] in self.seats.get(pair[0], {})
        old = self.reasons.get(pair)
        if word == "mark":
            assert clients.mark_quota(*pair, now=self.now) is is_held
            if is_held:
                self.marks[pair] = self.now + 300 * SECOND
        elif word == "clear":
            is_running = is_held and self.marks.pop(pair, self.now) > self.now
            assert clients.clear_quota(*pair, now=self.now) is is_running
        elif word == "resume":
            assert clients.resume(*pair, now=self.now) is (old is not None)
            self.reasons.pop(pair, None)
        else:
            is_news = is_held and (old is None or (old, word) == ("quota", "manual"))
            assert clients.suspend(*pair, word, now=self.now) is is_news
            if is_news:
                self.reasons[pair] = word

    def state(self, pair: tuple[str, str]) -> str:
        if pair in self.reasons:
            return "off" if self.reasons[pair] == "manual" else "cooling"
        return "cooling" if self.marks.get(pair, self.now) > self.now else "ready"

    def holders(self, model: str) -> list[tuple[str, int, str]]:
        return [
            (client, held[model], self.state((client, model)))
            for client, held in sorted(self.seats.items())
            if model in held
        ]

    def is_listed(self, model: str) -> bool:
        found = [state for _client, _seats, state in self.holders(model)]
        return "ready" in found or (bool(found) and "off" not in found)

    def count(self, model: str) -> int:
        return sum(seats for _client, seats, state in self.holders(model) if state == "ready")

    def sort_key(self, model: str) -> tuple[int, str]:
        holding = {client for client, _seats, _state in self.holders(model)}
        latest = next(client for client in reversed(self.order) if client in holding)
        return (-max(self.created[latest], 0), model)

    def first(self) -> str:
        if not any(map(self.is_listed, MODELS)):
            return "none_listed"
        ready = [model for model in MODELS if self.count(model)]
        return min(ready, key=self.sort_key, default="none_ready")


def answered(now: datetime) -> str:
    try:
        return clients.first_available(now=now)
    except (NoneListedError, NoneReadyError) as error:
        return error.code


class AnyOrder(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(deeds, min_size=1, max_size=15))
    def test_after_any_events_the_answers_are_those_of_the_plain_rules(
        self, events: list[tuple[Any, ...]]
    ) -> None:
        plain = Plain()
        with context.use(source=Source.SYSTEM):
            for word, *rest in events:
                if word == "register":
                    plain.register(*rest)
                elif word == "wait":
                    plain.now += rest[0] * SECOND
                    clients.clear_ended(plain.now)
                else:
                    plain.do(word, *rest)
                self.compare(plain)

    def compare(self, plain: Plain) -> None:
        now = plain.now
        for model in MODELS:
            found = [
                (one.client_id, one.seats, one.state) for one in clients.holders_of(model, now)
            ]
            assert found == plain.holders(model)
            assert clients.count(model, now) == plain.count(model) >= 0
        assert [one["id"] for one in clients.available("", now=now)] == sorted(
            (model for model in MODELS if plain.is_listed(model)), key=plain.sort_key
        )
        assert answered(now) == plain.first()
