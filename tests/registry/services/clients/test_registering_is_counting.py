"""Whatever clients say one after the other, the tables equal a plain model of it."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit import context
from audit.choices import Source
from registry.models import Client, ClientModel
from registry.services import clients

NAMES = st.sampled_from(["c1", "c2", "c3"])
LISTS = st.lists(st.sampled_from(["a", "b", "c", "", " a "]), max_size=6)
STEPS = st.lists(st.tuples(NAMES, st.one_of(st.none(), LISTS)), max_size=12)


class RegisteringIsCounting(TestCase):
    """Whatever clients say one after the other, their last lists are what is held."""

    @given(STEPS)
    @settings(max_examples=60, deadline=None)
    def test_the_tables_equal_a_plain_model(
        self, steps: list[tuple[str, list[str] | None]]
    ) -> None:
        model: dict[str, Counter[str]] = {}
        with context.use(source=Source.API):
            for client_id, said in steps:
                wanted = Counter(filter(None, (text.strip() for text in said or ())))
                earlier = model.pop(client_id, Counter())
                if said is None:
                    assert clients.unregister(client_id) == bool(earlier)
                else:
                    done = clients.register(client_id, "p", [{"id": text} for text in said])
                    assert sorted(done.added) == sorted(wanted.keys() - earlier.keys())
                    assert sorted(done.removed) == sorted(earlier.keys() - wanted.keys())
                if wanted:
                    model[client_id] = wanted
        rows = ClientModel.objects.values_list("client__client_id", "model_id", "seats")
        stored: dict[str, Counter[str]] = {}
        for client_id, model_id, seats in rows:
            stored.setdefault(client_id, Counter())[model_id] = seats
        assert stored == model
        assert {client.client_id for client in Client.objects.all()} == set(model)
