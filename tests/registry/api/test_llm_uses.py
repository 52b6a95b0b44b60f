"""Which application asked for which model: noted where one model is given out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from registry.models import LLMUse, Provider
from registry.services import llm_uses
from tests.factories import make_llm, make_token, make_user
from tests.registry.api.client import MODELS, Api, with_session, with_token

SINGLE = (
    "/v1/models/{model_id}",
    "/v1beta/models/{model_id}",
    "/formats/openrouter/{model_id}",
    "/api/v1/models/{slug}",
    "/api/registry/models/{slug}",
)
LISTS = ("/v1/models", "/api/v1/models/generation", "/api/v1/models")


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    llm_uses.forget()
    yield
    llm_uses.forget()


def application(name: str) -> Api:
    _token, text = make_token(make_user(), application=name)
    return Api(Authorization=f"Bearer {text}")


@pytest.mark.parametrize("path", SINGLE)
def test_an_application_that_asks_for_one_model_is_noted(openai: Provider, path: str) -> None:
    llm = make_llm(provider=openai)
    crawler = application("crawler")

    answer = crawler.get(path.format(model_id=llm.model_id, slug=llm.slug))

    assert answer.status_code == 200
    assert [use.application for use in llm_uses.uses_of(llm)] == ["crawler"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_notes_nobody(openai: Provider, path: str) -> None:
    make_llm(provider=openai)

    assert application("crawler").get(path).status_code == 200
    assert not LLMUse.objects.exists()


def test_a_person_in_the_browser_and_the_staff_api_are_not_noted(openai: Provider) -> None:
    llm = make_llm(provider=openai)
    boss = make_user(superuser=True)

    assert with_session(boss).get(f"/api/v1/models/{llm.slug}").status_code == 200
    assert with_token(boss).get(f"{MODELS}/{llm.pk}").status_code == 200
    assert not LLMUse.objects.exists()


def test_who_may_not_see_uses_is_told_none(openai: Provider) -> None:
    llm = make_llm(provider=openai)
    llm_uses.note(llm, "crawler")
    reader = with_token(make_user(staff=True, permissions=["llmmodel.view"]))

    answer = reader.get(f"{MODELS}/{llm.pk}/dependents").json()

    assert answer["applications"] is None
