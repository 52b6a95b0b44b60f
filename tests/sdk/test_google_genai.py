"""The published client `google-genai` reads our lists unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google import genai
from google.genai import errors, types

from tests.sdk.conftest import MANY

pytestmark = pytest.mark.django_db(transaction=True)


# Its releases differ in which one they ask unless told.
VERSIONS = ["v1", "v1beta", None]


def connected(base: str, key: str, version: str | None = None) -> genai.Client:
    options = types.HttpOptions(base_url=base, api_version=version)
    return genai.Client(api_key=key, http_options=options)


@pytest.fixture(params=VERSIONS)
def client(base: str, key: str, request: pytest.FixtureRequest) -> Iterator[genai.Client]:
    with connected(base, key, request.param) as found:
        yield found


def test_it_lists(client: genai.Client, good: list[str]) -> None:
    found = list(client.models.list())

    assert [model.name for model in found] == [f"models/{model_id}" for model_id in good]
    assert found[0].display_name == "Chat"
    assert found[0].supported_actions == ["generateContent", "countTokens"]


def test_it_retrieves(client: genai.Client, good: list[str]) -> None:
    for model_id in good:
        assert client.models.get(model=f"models/{model_id}").name == f"models/{model_id}"


def test_it_retrieves_a_plain_name(client: genai.Client, good: list[str]) -> None:
    assert client.models.get(model="acme-embed").name == "models/acme-embed"


def test_it_reads_an_empty_list(client: genai.Client) -> None:
    assert list(client.models.list()) == []


def test_it_pages_through_very_many(base: str, key: str, many: set[str]) -> None:
    for size in (None, 97, 1000, 5000):
        with connected(base, key) as client:
            found = [model.name for model in client.models.list(config={"page_size": size})]

        assert len(found) == MANY
        assert set(found) == {f"models/{model_id}" for model_id in many}


def test_it_hears_that_a_model_is_missing(client: genai.Client, good: list[str]) -> None:
    with pytest.raises(errors.ClientError) as refused:
        client.models.get(model="models/acme/none")

    assert (refused.value.code, refused.value.status) == (404, "NOT_FOUND")


def test_it_hears_that_its_key_is_wrong(base: str, good: list[str]) -> None:
    with connected(base, "reg_wrong") as client, pytest.raises(errors.ClientError) as refused:
        client.models.list()

    assert (refused.value.code, refused.value.status) == (401, "UNAUTHENTICATED")
