"""The published client `anthropic` reads our lists unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import pytest

from tests.sdk.conftest import MANY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(base: str, key: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=key, base_url=base, max_retries=0) as found:
        yield found


def test_it_lists(client: anthropic.Anthropic, good: list[str]) -> None:
    found = client.models.list().data

    assert [model.id for model in found] == good
    assert {model.type for model in found} == {"model"}
    assert found[0].display_name == "Chat"
    assert found[0].created_at.isoformat() == "2026-03-01T00:00:00+00:00"


def test_its_bearer_token_is_a_login_too(base: str, key: str, good: list[str]) -> None:
    with anthropic.Anthropic(auth_token=key, base_url=base, max_retries=0) as client:
        assert [model.id for model in client.models.list()] == good


def test_it_retrieves(client: anthropic.Anthropic, good: list[str]) -> None:
    for model_id in good:
        assert client.models.retrieve(model_id).id == model_id


def test_it_reads_an_empty_list(client: anthropic.Anthropic) -> None:
    page = client.models.list()

    assert (list(page), page.has_more, page.first_id) == ([], False, None)


def test_it_pages_through_very_many(client: anthropic.Anthropic, many: set[str]) -> None:
    for limit in (anthropic.omit, 97, 1000):
        found = [model.id for model in client.models.list(limit=limit)]

        assert len(found) == MANY
        assert set(found) == many


def test_it_pages_backwards(client: anthropic.Anthropic, many: set[str]) -> None:
    found = [model.id for model in client.models.list(limit=1000)]

    page = client.models.list(limit=5, before_id=found[20])

    assert [model.id for model in page.data] == found[15:20]
    assert page.has_more


def test_it_asks_for_models_by_their_stage(client: anthropic.Anthropic, good: list[str]) -> None:
    for stages, wanted in ((["active", "retired"], good), (["deprecated"], [])):
        page = client.models.list(lifecycle=stages)  # type: ignore[arg-type]

        assert [model.id for model in page] == wanted


def test_it_hears_that_a_model_is_missing(client: anthropic.Anthropic, good: list[str]) -> None:
    with pytest.raises(anthropic.NotFoundError) as refused:
        client.models.retrieve("acme/none")

    body = refused.value.body
    assert isinstance(body, dict)
    assert (body["type"], body["error"]["type"]) == ("error", "not_found_error")


def test_it_hears_that_its_key_is_wrong(base: str, good: list[str]) -> None:
    with anthropic.Anthropic(api_key="reg_wrong", base_url=base, max_retries=0) as client:
        with pytest.raises(anthropic.AuthenticationError) as refused:
            client.models.list()

    body = refused.value.body
    assert isinstance(body, dict)
    assert body["error"]["type"] == "authentication_error"
