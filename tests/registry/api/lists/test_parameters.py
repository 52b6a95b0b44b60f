"""What the query of a list may say: pages, stages, and what is another client's word."""

from __future__ import annotations

import pytest

from registry.models import Provider
from tests.factories import make_llm, make_user
from tests.registry.api.client import Api, with_token
from tests.registry.api.lists.test_shapes import ANTHROPIC, ids_of


@pytest.fixture
def reader(catalogue: None) -> Api:
    return with_token(make_user("bob"))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/models?limit=0", ANTHROPIC),
        ("/v1/models?limit=x", ANTHROPIC),
        ("/v1/models?after_id=nothing", ANTHROPIC),
        (f"/v1/models?after_id={'x' * 5_000}", ANTHROPIC),
        ("/v1/models?after_id=a%00b", ANTHROPIC),
        ("/v1/models?lifecycle=gone", ANTHROPIC),
        ("/v1/models?lifecycle[]=active&lifecycle[]=a%00b", ANTHROPIC),
        ("/v1beta/models?pageToken=%C3%A4", {}),
        ("/v1beta/models?pageSize=-1", {}),
        ("/formats/openrouter?limit=-1", {}),
    ],
)
def test_a_page_that_is_none_is_refused(reader: Api, path: str, headers: dict[str, str]) -> None:
    answer = reader.get(path, **headers)

    assert answer.status_code == 400
    assert "error" in answer.json()


def test_a_parameter_may_stand_several_times(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai, model_id="acme/chat")

    for query, shown in (
        ("lifecycle=retired&lifecycle=active", ["acme/chat"]),
        ("lifecycle[]=active&lifecycle[]=retired", ["acme/chat"]),
        ("lifecycle=retired&lifecycle=deprecated", []),
        ("lifecycle=", ["acme/chat"]),
    ):
        assert ids_of(reader.get(f"/v1/models?{query}", **ANTHROPIC)) == shown, query


def test_parameters_of_other_clients_change_nothing(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai, model_id="acme/chat")

    answer = reader.get("/v1/models?limit=0&pageSize=x&beta=true&lifecycle=gone")

    assert ids_of(answer) == ["acme/chat"]
