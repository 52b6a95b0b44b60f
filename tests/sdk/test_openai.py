"""The published client `openai` reads our lists unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from registry.services import clients
from tests.sdk.conftest import MANY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(base: str, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=key, base_url=f"{base}/v1", max_retries=0) as found:
        yield found


def test_it_lists(client: openai.OpenAI, good: list[str]) -> None:
    found = list(client.models.list())

    assert [model.id for model in found] == good
    assert {model.object for model in found} == {"model"}
    assert [model.owned_by for model in found] == ["acme", "acme", "them"]
    assert all(isinstance(model.created, int) for model in found)


def test_a_date_that_nobody_tells_is_a_number_too(client: openai.OpenAI, good: list[str]) -> None:
    clients.register("c2", "acme", [{"id": "dateless"}])

    assert [model.created for model in client.models.list()][-1] == 0


def test_it_retrieves(client: openai.OpenAI, good: list[str]) -> None:
    for model_id in good:
        assert client.models.retrieve(model_id).id == model_id


def test_it_reads_an_empty_list(client: openai.OpenAI) -> None:
    assert list(client.models.list()) == []


def test_it_reads_very_many(client: openai.OpenAI, many: set[str]) -> None:
    found = [model.id for model in client.models.list()]

    assert len(found) == MANY
    assert set(found) == many


def test_it_hears_that_a_model_is_missing(client: openai.OpenAI, good: list[str]) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        client.models.retrieve("acme/none")

    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
    assert "acme/none" in refused.value.message


def test_it_hears_that_its_key_is_wrong(base: str, good: list[str]) -> None:
    with openai.OpenAI(api_key="reg_wrong", base_url=f"{base}/v1", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as refused:
            client.models.list()

    assert refused.value.code == "invalid_api_key"
