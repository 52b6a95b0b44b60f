"""The lists of connection tests, and who may run and see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from registry.choices import JobState
from registry.models import ConnectionTest, Job, LLMModel, Provider
from tests.factories import make_connection, make_llm, make_user
from tests.provider import FakeProvider, bad_key, provider_behind_the_door
from tests.registry.api.client import CONNECTIONS, MODELS, Api, with_token
from tests.registry.api.tested import TESTS, ended


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    return provider_behind_the_door(monkeypatch)


@pytest.fixture
def llm(openai: Provider) -> LLMModel:
    return make_llm(provider=openai, slug="chat", model_id="gpt-4o")


def test_lists_are_newest_first_and_filtered(
    api: Api, llm: LLMModel, provider: FakeProvider, openai: Provider
) -> None:
    other = make_llm(provider=Provider.objects.get(slug="gemini"), slug="other")
    row = make_connection(openai)
    good = ended(api, f"{MODELS}/chat/test")["id"]
    provider.mood = bad_key
    bad = ended(api, f"{MODELS}/{other.pk}/test")["id"]
    alone = ended(api, f"{CONNECTIONS}/{row.pk}/test")["id"]
    waiting = api.post(f"{MODELS}/chat/test").json()["id"]

    def ids(query: str = "", path: str = TESTS) -> list[str]:
        found = api.get(path + query)
        assert found.status_code == 200, found.content
        return [entry["id"] for entry in found.json()["results"]]

    assert ids() == [waiting, alone, bad, good]
    assert ids("?ordering=created_at&page_size=2") == [good, bad]
    assert ids("?model=chat") == ids(path=f"{MODELS}/chat/tests") == [waiting, good]
    assert ids(f"?connection={row.pk}") == [alone]
    assert ids("?provider=openai") == [waiting, alone, good]
    assert ids("?provider=google") == ids("?code=bad_key&model=other") == [bad]
    assert ids("?state=queued") == [waiting]
    assert ids("?state=done&success=false") == [alone, bad]
    assert ids("?success=true", path=f"{MODELS}/chat/tests") == [good]
    assert ids(path=f"{MODELS}/other/tests") == [bad]
    for query in ("?state=failed", "?code=fine", "?success=1", "?provider=x", "?job=1"):
        assert api.get(TESTS + query).status_code == 400, query
    assert api.get(f"{MODELS}/chat/tests?model=chat").status_code == 400
    assert api.get(f"{MODELS}/chat/tests/{bad}").status_code == 404


def test_work_that_was_given_up_is_done_and_says_why(api: Api, llm: LLMModel) -> None:
    asked = api.post(f"{MODELS}/chat/test").json()["id"]
    Job.objects.update(state=JobState.FAILED)
    ConnectionTest.objects.update(code="cannot_test", detail="gave_up")

    found = api.get(f"{TESTS}/{asked}").json()

    assert (found["state"], found["success"], found["code"]) == ("done", False, "cannot_test")
    assert "No worker could finish it" in found["advice"]


@pytest.fixture
def caller(llm: LLMModel) -> Callable[..., Api]:
    """Return a function that gives a caller with these rights on these tables."""
    return lambda *rights: with_token(make_user(staff=True, permissions=rights))


def test_running_needs_the_right_to_tests_and_to_see_the_model(
    caller: Callable[..., Api], openai: Provider
) -> None:
    row = make_connection(openai)
    paths = {
        f"{MODELS}/chat/test": "llmmodel.view",
        f"{CONNECTIONS}/{row.pk}/test": "connection.view",
        f"{CONNECTIONS}/{row.pk}/models": "connection.view",
    }

    for path, view in paths.items():
        assert caller(view).post(path).status_code == 403
        assert caller("connectiontest.add").post(path).status_code == 403
        assert caller("connectiontest.view", view).post(path).status_code == 403
        assert caller("connectiontest.add", view).post(path).status_code in (200, 202)


def test_reading_needs_the_right_to_see_tests(caller: Callable[..., Api], api: Api) -> None:
    test_id = api.post(f"{MODELS}/chat/test").json()["id"]

    for path in (TESTS, f"{TESTS}/{test_id}", f"{MODELS}/tests/{test_id}"):
        assert caller("llmmodel.view").get(path).status_code == 403
        assert caller("connectiontest.view").get(path).status_code == 200
    for path in (f"{MODELS}/chat/tests", f"{MODELS}/chat/tests/{test_id}"):
        assert caller("connectiontest.view").get(path).status_code == 403
        assert caller("connectiontest.view", "llmmodel.view").get(path).status_code == 200


def test_a_token_that_only_reads_runs_no_test(llm: LLMModel) -> None:
    user = make_user(superuser=True)

    assert with_token(user, "admin:read").post(f"{MODELS}/chat/test").status_code == 403
    assert with_token(user, "admin:read").get(TESTS).status_code == 200


def test_tests_of_anothers_model_are_not_there(api: Api, llm: LLMModel) -> None:
    test_id = api.post(f"{MODELS}/chat/test").json()["id"]
    llm.owner = make_user("mallory")
    llm.save()

    assert api.post(f"{MODELS}/{llm.pk}/test").status_code == 404
    assert api.get(f"{TESTS}/{test_id}").status_code == 404
    assert api.get(TESTS).json()["count"] == 0
