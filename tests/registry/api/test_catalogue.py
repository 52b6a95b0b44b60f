"""Providers, platforms, knowledge bases and capabilities."""

from __future__ import annotations

from typing import Any

import pytest

from registry.models import KnowledgeBase, LLMModel, Platform, Provider
from tests.factories import make_connection, make_knowledge_base, make_llm, make_provider
from tests.registry.api.client import Api, code_of, fields_of

ROOT = "/api/v1/admin"
PROVIDER = {"slug": "acme", "name": "Acme", "direct_api_url": "https://api.acme.example/v1"}
PLATFORM = {"slug": "hub", "name": "Hub", "base_url": "https://hub.example"}
BASE = {"slug": "docs", "name": "Docs"}
KINDS = [("providers", PROVIDER), ("platforms", PLATFORM), ("knowledge-bases", BASE)]


def slugs(answer: Any) -> list[str]:
    return [row["slug"] for row in answer.json()["results"]]


@pytest.mark.parametrize(("name", "body"), KINDS)
def test_each_can_be_listed_created_read_changed_and_deleted(
    api: Api, name: str, body: dict[str, Any]
) -> None:
    path = f"{ROOT}/{name}"
    listed = api.get(path)
    created = api.post(path, body)
    one = f"{path}/{created.json()['id']}"

    answers = [
        listed,
        created,
        api.get(one),
        api.patch(one, {"name": "Renamed"}),
        api.put(one, {"name": "Again"}),
        api.delete(one),
        api.get(one),
    ]

    assert [answer.status_code for answer in answers] == [200, 201, 200, 200, 200, 204, 404]
    assert created.headers["Location"] == one
    assert {key: created.json()[key] for key in body} == body
    assert answers[3].json() == answers[2].json() | {
        "name": "Renamed",
        "revision": 2,
        "updated_at": answers[3].json()["updated_at"],
    }


@pytest.mark.parametrize(("name", "body"), KINDS)
def test_the_same_slug_twice_is_refused(api: Api, name: str, body: dict[str, Any]) -> None:
    api.post(f"{ROOT}/{name}", body)

    answer = api.post(f"{ROOT}/{name}", body)

    assert answer.status_code == 400
    assert fields_of(answer) == {"slug"}


@pytest.mark.parametrize(("name", "body"), KINDS)
def test_what_was_read_can_be_put_back(api: Api, name: str, body: dict[str, Any]) -> None:
    shown = api.post(f"{ROOT}/{name}", body).json()
    path = f"{ROOT}/{name}/{shown['id']}"

    answer = api.put(path, shown)

    (warning,) = answer.json()["warnings"]
    told = set(warning.removeprefix("Ignored: ").split(", ")) - {"route_count"}
    assert told == {"created_at", "id", "revision", "updated_at"}
    assert api.get(path).json() == shown


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("providers", PROVIDER | {"direct_api_url": "acme"}, "direct_api_url"),
        ("providers", PROVIDER | {"dialect": "klingon"}, "dialect"),
        ("providers", PROVIDER | {"auth_required": 1}, "auth_required"),
        ("providers", PROVIDER | {"features": ["a"]}, "features"),
        ("providers", PROVIDER | {"aliases": ["google"]}, "aliases"),
        ("providers", PROVIDER | {"aliases": "google"}, "aliases"),
        ("providers", PROVIDER | {"kind": "both"}, "kind"),
        ("platforms", PLATFORM | {"base_url": "gopher://x"}, "base_url"),
        ("platforms", PLATFORM | {"providers": ["nobody"]}, "providers"),
        ("platforms", PLATFORM | {"auth_type": "magic"}, "auth_type"),
        ("platforms", PLATFORM | {"connection": "x"}, "connection"),
        ("knowledge-bases", BASE | {"document_count": -1}, "document_count"),
        ("knowledge-bases", BASE | {"document_count": True}, "document_count"),
        ("knowledge-bases", BASE | {"document_count": 2**31}, "document_count"),
        ("knowledge-bases", BASE | {"embedding_model": "nobody"}, "embedding_model"),
        ("knowledge-bases", BASE | {"name": None}, "name"),
        ("knowledge-bases", BASE | {"name": "a\nb"}, "name"),
    ],
)
def test_a_refusal_names_the_field(api: Api, name: str, body: dict[str, Any], field: str) -> None:
    answer = api.post(f"{ROOT}/{name}", body)

    assert answer.status_code == 400, answer.content
    assert field in fields_of(answer)
    assert api.get(f"{ROOT}/{name}/{body['slug']}").status_code == 404


def test_a_provider_in_use_stays_and_names_its_users(api: Api, openai: Provider) -> None:
    make_llm(provider=openai, name="User")
    make_connection(openai, label="Account")

    answer = api.delete(f"{ROOT}/providers/openai")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "in_use")
    assert error["models"] == ["User"]
    assert error["connections"] == ["Account"]
    assert Provider.objects.filter(slug="openai").exists()


def test_a_provider_is_read_by_its_alias(api: Api) -> None:
    assert api.get(f"{ROOT}/providers/google").json()["slug"] == "gemini"


def test_aliases_of_a_provider_are_replaced(api: Api) -> None:
    answer = api.patch(f"{ROOT}/providers/gemini", {"aliases": ["bard"]})

    assert answer.json()["aliases"] == ["bard"]
    assert api.get(f"{ROOT}/providers/google").status_code == 404


def test_a_platform_names_providers_by_slug_or_alias(api: Api) -> None:
    shown = api.post(f"{ROOT}/platforms", PLATFORM | {"providers": ["google", "openai"]}).json()

    assert shown["providers"] == ["gemini", "openai"]
    cleared = api.patch(f"{ROOT}/platforms/hub", {"providers": None}).json()
    assert cleared["providers"] == []


def test_features_are_kept_as_they_are(api: Api) -> None:
    features = {"batch": True, "regions": ["eu", "us"], "limits": {"rpm": 60}}

    shown = api.post(f"{ROOT}/providers", PROVIDER | {"features": features}).json()

    assert shown["features"] == features


def test_a_knowledge_base_takes_active_models_of_the_right_type(api: Api, openai: Provider) -> None:
    embedding = make_llm("embedding", provider=openai)
    generation = make_llm(provider=openai)
    inactive = make_llm(provider=openai, status="inactive")

    for field, llm in (("embedding_model", generation), ("generation_model", inactive)):
        answer = api.post(f"{ROOT}/knowledge-bases", BASE | {field: str(llm.pk)})
        assert (answer.status_code, fields_of(answer)) == (400, {field})
    made = api.post(
        f"{ROOT}/knowledge-bases",
        BASE | {"embedding_model": embedding.slug, "generation_model": str(generation.pk)},
    )

    assert made.status_code == 201
    assert made.json()["embedding_model"] == str(embedding.pk)
    assert api.get(f"{ROOT}/models/{embedding.pk}").json()["knowledge_bases"] == ["Docs"]


def test_a_knowledge_base_without_a_slug_gets_one(api: Api) -> None:
    assert api.post(f"{ROOT}/knowledge-bases", {"name": "Our Docs"}).json()["id"] == "our-docs"


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("providers?q=goog", {"gemini"}),
        ("providers?status=deprecated", {"old"}),
        ("providers?kind=service&dialect=ollama", {"ollama"}),
        ("providers?platform=hub", {"old", "openai"}),
        ("platforms?provider=openai&q=hub", {"hub"}),
        ("platforms?status=beta", {"hub"}),
        ("platforms?auth_type=oauth&q=hub", {"hub"}),
        ("knowledge-bases?status=archived", {"attic"}),
        ("knowledge-bases?embedding_model=emb", {"attic"}),
        ("knowledge-bases?generation_model=gen", {"front"}),
        ("knowledge-bases?q=att", {"attic"}),
    ],
)
def test_each_list_can_be_filtered(api: Api, path: str, expected: set[str]) -> None:
    old = make_provider("old", status="deprecated")
    platform = {**PLATFORM, "status": "beta", "auth_type": "oauth", "providers": ["old", "openai"]}
    api.post(f"{ROOT}/platforms", platform)
    emb, gen = make_llm("embedding", provider=old, model_id="emb"), make_llm(model_id="gen")
    make_knowledge_base("Attic", embedding_model=emb, status="archived")
    make_knowledge_base("Front", generation_model=gen)

    assert set(slugs(api.get(f"{ROOT}/{path}"))) == expected


@pytest.mark.parametrize(
    "path",
    [
        "providers?status=inactive",
        "providers?platform=nowhere",
        "platforms?provider=nobody",
        "knowledge-bases?embedding_model=nobody",
        "capabilities?name=vision",
        "capabilities?ordering=description",
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(api: Api, path: str) -> None:
    answer = api.get(f"{ROOT}/{path}")

    assert (answer.status_code, code_of(answer)) == (400, "invalid")


def test_the_vocabulary_is_read_only(api: Api) -> None:
    listed = api.get(f"{ROOT}/capabilities?q=vis")
    one = api.get(f"{ROOT}/capabilities/vision")

    assert [row["name"] for row in listed.json()["results"]] == ["vision"]
    assert set(one.json()) == {"name", "label", "description"}
    assert api.get(f"{ROOT}/capabilities/flight").status_code == 404
    assert api.post(f"{ROOT}/capabilities", {"name": "x"}).status_code == 405
    assert api.delete(f"{ROOT}/capabilities/vision").status_code == 405


def test_a_deleted_platform_leaves_its_providers(api: Api) -> None:
    api.post(f"{ROOT}/platforms", PLATFORM | {"providers": ["openai"]})

    api.delete(f"{ROOT}/platforms/hub")

    assert Provider.objects.filter(slug="openai").exists()
    assert not Platform.objects.filter(slug="hub").exists()


def test_a_deleted_knowledge_base_leaves_its_models(api: Api, openai: Provider) -> None:
    make_knowledge_base("Docs", embedding_model=make_llm("embedding", provider=openai))

    api.delete(f"{ROOT}/knowledge-bases/docs")

    assert not KnowledgeBase.objects.exists()
    assert LLMModel.objects.count() == 1
