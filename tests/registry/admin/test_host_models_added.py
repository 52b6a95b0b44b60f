"""Models picked from a host's list are added over its connection; who is refused is named."""

from __future__ import annotations

from typing import Any

import pytest

from registry.admin.host_models import MOST_AT_ONCE, NAMED
from registry.choices import LLMType
from registry.dialects.base import ListedModel
from registry.models import Connection, LLMModel
from tests.factories import make_connection, make_provider, make_user
from tests.registry.admin.hosts import RIGHTS, add, ask, host
from tests.registry.admin.visits import LIST, Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(make_user(staff=True, permissions=RIGHTS))


@pytest.fixture
def connection() -> Connection:
    return make_connection(label="Own host")


# Adding
# ----------------------------------------------------------------------------
def test_picked_models_are_added_over_the_connection(
    visitor: Visitor, connection: Connection
) -> None:
    add(visitor, connection, {"id": "a", "name": "Model A", "context_window": 8192}, {"id": "b"})

    first, second = LLMModel.objects.order_by("model_id")
    assert (first.name, first.context_window, first.type) == ("Model A", 8192, "generation")
    assert (second.name, second.model_id) == ("b", "b")
    assert {first.connection, second.connection} == {connection}
    assert visitor.answer.request["PATH_INFO"] == LIST
    assert "2 models are in the list now." in visitor.text


def test_what_the_host_tells_goes_before_what_was_chosen(
    visitor: Visitor, connection: Connection
) -> None:
    told = {"id": "v", "type": "embedding", "dimensions": 768, "context_window": 512}
    add(visitor, connection, told, {"id": "w"}, type="generation", dimensions="9")

    types = dict(LLMModel.objects.values_list("model_id", "type"))
    assert types == {"v": LLMType.EMBEDDING, "w": LLMType.GENERATION}
    assert LLMModel.objects.get(model_id="v").dimensions == 768


def test_what_a_host_tells_beyond_any_bound_stays_unknown(
    visitor: Visitor, connection: Connection
) -> None:
    add(
        visitor,
        connection,
        {"id": "a", "context_window": 12, "max_output_tokens": 10**12},
        {"id": "b", "context_window": 2048, "max_output_tokens": 4096},
        {"id": "v", "type": "embedding", "dimensions": 100_000},
        dimensions="768",
    )

    first, second, third = LLMModel.objects.order_by("model_id")
    assert (first.context_window, first.max_output_tokens) == (None, None)
    assert (second.context_window, second.max_output_tokens) == (2048, None)
    assert third.dimensions == 768


def test_dimensions_are_asked_for_embeddings_whose_length_is_not_told(
    visitor: Visitor, connection: Connection
) -> None:
    add(visitor, connection, {"id": "v"}, type="embedding", dimensions="1024")
    add(visitor, connection, {"id": "w"}, type="embedding", dimensions="")

    assert LLMModel.objects.get().dimensions == 1024
    assert "w: " in visitor.text


def test_the_refused_are_named_with_the_reason_and_the_others_are_there(
    visitor: Visitor, connection: Connection
) -> None:
    add(visitor, connection, {"id": "a"})

    add(visitor, connection, {"id": "a"}, {"id": "b"})

    assert "1 model is in the list now." in visitor.text
    assert "a: This model is registered over this connection." in visitor.text
    assert LLMModel.objects.count() == 2


def test_many_refusals_are_named_in_part_and_counted(
    visitor: Visitor, connection: Connection
) -> None:
    rows = [{"id": f"v{number}"} for number in range(NAMED + 3)]

    add(visitor, connection, *rows, type="embedding")

    assert "and 3 more refused" in visitor.text


def test_no_more_are_added_at_once_than_the_page_allows(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(monkeypatch, ListedModel("a"))
    assert f"At most {MOST_AT_ONCE} at once." in ask(visitor, connection).text()
    monkeypatch.setattr("registry.admin.host_models.MOST_AT_ONCE", 2)

    add(visitor, connection, {"id": "a"}, {"id": "b"}, {"id": "c"})

    assert LLMModel.objects.count() == 2


@pytest.mark.parametrize(
    "forged",
    ["", "no json", "[1]", '{"id": 7}', "[" * 100_000, '{"name": "x"}', "null", "NaN"],
)
def test_forged_boxes_add_nothing(forged: str, visitor: Visitor, connection: Connection) -> None:
    add(visitor, connection, forged)

    assert not LLMModel.objects.exists()
    assert "Tick the models to add first." in visitor.text


@pytest.mark.parametrize(
    "forged",
    [
        {"id": "a", "context_window": "many"},
        {"id": "a", "type": "no type"},
        {"id": "a", "name": ["x"]},
        {"id": "a", "max_output_tokens": True},
        {"id": "a", "status": "inactive", "is_default": True},
    ],
)
def test_a_forged_value_is_left_out(
    forged: dict[str, Any], visitor: Visitor, connection: Connection
) -> None:
    add(visitor, connection, forged)

    llm = LLMModel.objects.get()
    assert (llm.type, llm.name, llm.status, llm.is_default) == ("generation", "a", "active", False)


def test_a_type_that_the_provider_has_not_is_refused(visitor: Visitor) -> None:
    connection = make_connection(make_provider(dialect="anthropic"))

    add(visitor, connection, {"id": "a"}, type="embedding")

    assert not LLMModel.objects.exists()
