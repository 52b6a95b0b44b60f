"""The published client `ollama` reads our lists unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import ollama
import pytest

from tests.sdk.conftest import MANY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(base: str, key: str) -> Iterator[ollama.Client]:
    with ollama.Client(host=base, headers={"Authorization": f"Bearer {key}"}) as found:
        yield found


def test_it_lists(client: ollama.Client, good: list[str]) -> None:
    found = client.list().models

    assert [model.model for model in found] == good
    assert all(model.modified_at is not None and model.digest for model in found)


def test_it_retrieves(client: ollama.Client, good: list[str]) -> None:
    for model_id in good:
        shown = client.show(model_id)
        assert shown.modelinfo is not None
        assert "general.architecture" in shown.modelinfo
    assert client.show("acme-embed").capabilities == ["embedding"]


def test_a_name_without_a_tag_is_the_latest(client: ollama.Client, good: list[str]) -> None:
    assert client.show("acme/team/chat:latest") == client.show("acme/team/chat")


def test_it_reads_an_empty_list(client: ollama.Client) -> None:
    assert list(client.list().models) == []


def test_it_reads_very_many(client: ollama.Client, many: set[str]) -> None:
    found = [model.model for model in client.list().models]

    assert len(found) == MANY
    assert set(found) == many


def test_it_hears_that_a_model_is_missing(client: ollama.Client, good: list[str]) -> None:
    with pytest.raises(ollama.ResponseError) as refused:
        client.show("acme/none")

    assert (refused.value.status_code, refused.value.error) == (404, "model 'acme/none' not found")


def test_it_hears_that_its_key_is_wrong(base: str, good: list[str]) -> None:
    wrong = {"Authorization": "Bearer reg_wrong"}

    with ollama.Client(host=base, headers=wrong) as client:
        with pytest.raises(ollama.ResponseError) as refused:
            client.list()

    assert refused.value.status_code == 401
    assert "{" not in refused.value.error


def test_it_needs_no_key_where_lists_are_public(
    base: str, good: list[str], settings: object
) -> None:
    settings.REGISTRY_PUBLIC_LISTS = True  # type: ignore[attr-defined]

    with ollama.Client(host=base) as client:
        assert len(client.list().models) == len(good)
