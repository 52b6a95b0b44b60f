"""A list of which only the touched models were read anew is the one that is read as a whole."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.errors import RegistryError
from registry.models import LLMModel
from registry.services import (
    changes,
    chooser,
    listed_models,
    model_lists,
    touched,
)
from registry.services.clock import database_now
from registry.services.connections import save_connection
from registry.services.llms import save_llm
from registry.services.providers import save_provider
from registry.services.revision import current_revision
from registry.services.statuses import set_status
from registry.types import LLMChange
from tests.factories import (
    make_client,
    make_connection,
    make_llm,
    make_platform,
    make_price,
    make_provider,
)
from tests.registry.services.any_writes import Hands, all_lists
from tests.threads import errors, together

TIMES = 5  # each deed


def read_as_a_whole(owner_id: int | None) -> dict[str, Any]:
    """Return the lists as another process makes them that has just begun."""
    snapshots, rows = list(model_lists._snapshots), dict(chooser._prepared)
    model_lists.forget()
    chooser.forget()
    try:
        return all_lists(owner_id)
    finally:
        model_lists._snapshots[:] = snapshots
        chooser._prepared.update(rows)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_writes_each_list_is_as_if_read_as_a_whole(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # the same writes in every run
    hands = Hands(dice)
    deeds = hands.deeds() * TIMES
    dice.shuffle(deeds)
    done: Counter[str] = Counter()
    all_lists(hands.users[0].pk)

    for number, deed in enumerate(deeds):
        with suppress(ValidationError, RegistryError):
            deed()
            done[deed.__name__] += 1
        if dice.random() < 0.3:  # more writes come together
            continue
        owner_id = hands.users[number % 2].pk
        found, whole = all_lists(owner_id), read_as_a_whole(owner_id)
        wrong = [name for name, answer in whole.items() if found[name] != answer]
        assert wrong == [], f"{deed.__name__}, the {number}th"

    assert {deed.__name__ for deed in deeds} == set(done)


# What is read
# ----------------------------------------------------------------------------
@pytest.fixture
def whole_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gains an item whenever the catalogue is read as a whole."""
    reads: list[str] = []
    read = listed_models.catalogue

    def noted(*arguments: Any) -> listed_models.Catalogue:
        reads.append("catalogue")
        return read(*arguments)

    monkeypatch.setattr(listed_models, "catalogue", noted)
    return reads


@pytest.mark.django_db
def test_the_entries_of_models_that_nobody_touched_are_neither_read_nor_made_again(
    whole_reads: list[str],
) -> None:
    llms = [make_llm(model_id=f"m{number}") for number in range(5)]
    before = model_lists.prepared("litellm")
    assert whole_reads == ["catalogue"]

    make_price(llms[2], "7")
    with CaptureQueriesContext(
        connection,
    ) as one:
        after = model_lists.prepared("litellm")
    for llm in llms[3:]:
        make_price(llm, "8")
    with CaptureQueriesContext(connection) as two:
        model_lists.prepared("litellm")

    kept = dict(zip(before.ids, before.entries, strict=True))
    changed = {
        model_id
        for model_id, entry in zip(after.ids, after.entries, strict=True)
        if entry is not kept[model_id]
    }
    assert changed == {"m2"}
    assert len(one) == len(two)
    assert whole_reads == ["catalogue"]


@pytest.mark.django_db
def test_a_write_that_touches_no_model_makes_no_list_again(whole_reads: list[str]) -> None:
    make_llm()
    row = make_connection()
    before, rows = model_lists.prepared("openai"), chooser.chooser_list("generation")[1]

    row.label = "another"
    save_connection(row)
    after = model_lists.prepared("openai")

    assert whole_reads == ["catalogue"]
    assert after.whole is before.whole
    assert after.tag({}) != before.tag({})
    revision, now = chooser.chooser_list("generation")
    assert (revision, now) == (current_revision(), rows)
    assert now is rows


@pytest.mark.django_db
def test_what_the_log_cannot_tell_is_read_as_a_whole(
    whole_reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = make_provider()
    llms = [make_llm(provider=provider) for _ in range(3)]
    since = current_revision()
    make_platform()
    assert touched.touched(since, current_revision()) == frozenset()
    set_status(llms[0], "beta")
    assert touched.touched(since, current_revision()) == frozenset({llms[0].pk})

    monkeypatch.setattr(touched, "MOST", 1)
    assert touched.touched(since, current_revision()) is None  # too much
    monkeypatch.undo()
    changes.forget(database_now() + timedelta(days=5_000))
    assert touched.touched(since, current_revision()) is None  # forgotten
    since = current_revision()
    provider.name = "Another"
    save_provider(provider)
    assert touched.touched(since, current_revision()) is None  # in many lists
    assert touched.touched(since + 9, current_revision()) is None  # of another database


@pytest.mark.django_db
def test_a_write_of_the_catalogue_asks_no_client_again() -> None:
    make_llm()
    make_client("c1", "theirs")
    model_lists.prepared("openai")

    make_llm()
    with CaptureQueriesContext(connection) as queries:
        found = model_lists.prepared("openai")

    assert len(found.ids) == 3
    assert [query for query in queries if "registry_clientmodel" in query["sql"]] == []


@pytest.mark.django_db(transaction=True)
def test_lists_read_while_others_write_are_whole_in_the_end() -> None:
    provider = make_provider()
    llms = [make_llm(provider=provider, model_id=f"m{number}") for number in range(3)]
    all_lists(None)
    done: list[LLMModel] = []

    def write(llm: LLMModel) -> None:
        for number in range(8):
            llm.model_id = f"m{number % 4}"
            save_llm(llm, LLMChange(fields=frozenset({"model_id"})))
        done.append(llm)

    def read() -> None:
        while len(done) < len(llms):
            model_lists.prepared("codex")
            chooser.chooser_list("generation")

    assert errors(together([*(partial(write, llm) for llm in llms), read, read])) == []

    assert all_lists(None) == read_as_a_whole(None)
