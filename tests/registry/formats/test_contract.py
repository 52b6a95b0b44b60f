"""What holds for every list format."""

from __future__ import annotations

import json
import random
import time
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
import yaml

from registry.formats import FORMATS
from registry.formats.base import encode
from registry.types import ListedModel
from tests.registry.formats.listing import CREATED, answer, bare, known, numbered, shape

EVERY = pytest.mark.parametrize("name", list(FORMATS))
# Where the list format has pages, the largest one.
LARGEST = {"anthropic": {"limit": "1000"}, "gemini": {"pageSize": "1000"}}
MANY = 10_000
SECONDS = 1.0


def loaded(name: str, content: bytes) -> Any:
    return yaml.safe_load(content) if name == "litellm_config" else json.loads(content)


def ids_in(name: str, content: bytes) -> list[str]:
    """Return the ids of an answer, wherever this format has them."""
    found = loaded(name, content)
    if name == "models_dev":
        return [model_id for provider in found.values() for model_id in provider["models"]]
    entries = found.get("data", found.get("models", found.get("model_list")))
    key = {"gemini": "name", "ollama": "model", "codex": "slug"}.get(name, "id")
    key = "model_name" if name.startswith("litellm") else key
    return [entry[key].removeprefix("models/") for entry in entries]


@EVERY
def test_an_empty_list_is_an_answer(name: str) -> None:
    assert ids_in(name, answer(name, [])) == []


@EVERY
@pytest.mark.parametrize(
    "model_id", ["acme/chat/v1:free", "a b", 'say "x"', "back\\slash", "ä😀", "</script>", "#?&%2F"]
)
def test_any_id_is_told_exactly(name: str, model_id: str) -> None:
    assert ids_in(name, answer(name, [bare(model_id)])) == [model_id]
    assert ids_in(name, answer(name, [known(model_id)])) == [model_id]


@EVERY
def test_the_order_does_not_depend_on_that_of_the_rows(name: str) -> None:
    models = [known(f"m{number}", created=CREATED + number // 3) for number in range(40)]
    shuffled = random.Random(5).sample(models, len(models))  # noqa: S311

    assert answer(name, shuffled) == answer(name, models)


@EVERY
def test_every_model_is_listed_once(name: str) -> None:
    query = LARGEST.get(name, {})
    found = ids_in(name, answer(name, numbered(300), **query))

    assert sorted(found) == sorted(model.id for model in numbered(300))


@EVERY
def test_an_entry_has_members_so_that_a_state_can_be_added(name: str) -> None:
    entry = encode(shape(name).entry(bare()))

    assert entry.startswith(b"{")
    assert entry.endswith(b"}")
    assert len(entry) > len(b"{}")


@EVERY
@pytest.mark.parametrize("field", [field.name for field in fields(ListedModel)])
def test_no_single_fact_that_is_missing_breaks_a_list(name: str, field: str) -> None:
    unknown = getattr(bare(), field)
    model = known(**({} if field == "id" else {field: unknown}))

    assert ids_in(name, answer(name, [model])) == ["acme-chat"]
    assert json.loads(encode(shape(name).single(model)))


@EVERY
def test_an_unknown_fact_is_never_told_as_nought(name: str) -> None:
    told = encode(shape(name).entry(bare(type="generation"))).decode()

    assert all(f'"{key}":0' not in told for key in ("context_length", "max_tokens"))
    assert "cost" not in told or "null" in told


@EVERY
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
def test_a_refusal_says_why_and_can_be_written(name: str, status: int) -> None:
    error = shape(name).error(status, "ours", "Say why.", "field")

    assert "Say why." in encode(error).decode()
    assert "error" in error


@EVERY
def test_a_refusal_may_name_no_field(name: str) -> None:
    assert "Say why." in encode(shape(name).error(404, "not_found", "Say why.")).decode()


@EVERY
def test_a_parameter_that_is_not_the_formats_own_changes_nothing(name: str) -> None:
    models = numbered(3)

    assert answer(name, models, page="7", foo="bar") == answer(name, models)


@EVERY
def test_a_name_is_that_of_the_table(name: str) -> None:
    assert shape(name).name == name


@pytest.mark.timed
@EVERY
def test_ten_thousand_models_take_less_than_a_second_of_work(name: str) -> None:
    models = [
        known(
            f"acme/chat-{number}",
            created=CREATED + number,
            owned_by=f"provider-{number % 40}",
            prices={"input": Decimal("0.150000000"), "output": Decimal("0.600000000")},
        )
        for number in range(MANY)
    ]

    assert _seconds(name, models) < SECONDS


def _seconds(name: str, models: list[ListedModel]) -> float:
    """Return how long this process worked; others use the machine too."""
    form = shape(name)
    started = time.process_time()
    ordered = form.arrange(models)
    entries = [encode(form.entry(model)) for model in ordered]
    content = form.whole(ordered, entries)
    assert len(content) > MANY
    return time.process_time() - started
