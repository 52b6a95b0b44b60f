"""Platforms, providers and routes: read by everyone, written by staff."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import LogEntry
from registry.models import LLMModel, Platform, Route
from registry.services.statuses import set_status
from tests.registry.api.catalogue.conftest import slugs
from tests.registry.api.client import Api, code_of, fields_of
from tests.subcases import case

Shop = dict[str, LLMModel]
# resource -> body under /api/registry, and our name of the id
BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "platforms": (
        {"platform_id": "new", "name": "New", "base_url": "https://new.example/v1"},
        "platform_id",
    ),
    "providers": (
        {"provider_id": "new", "name": "New", "direct_api_url": "https://new.example"},
        "provider_id",
    ),
    "routes": ({"route_id": "new", "model_id": "large", "platform_id": "hub"}, "route_id"),
}


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


@pytest.mark.parametrize("resource", BODIES)
def test_each_has_five_verbs_in_the_names_of_the_mount(staff: Api, resource: str) -> None:
    body, name = BODIES[resource]
    place = f"/api/registry/{resource}"

    made = staff.post(place, body)
    assert made.status_code == 201, made.content
    assert (made.json()[name], made.json()["id"]) == ("new", "new")
    assert staff.get(f"{place}/new").json()[name] == "new"
    assert staff.patch(f"{place}/new", {"settings": {}} if resource == "routes" else {}).json()
    assert staff.put(f"{place}/new", {"status": "active"}).status_code == 200
    assert staff.delete(f"{place}/new").status_code == 204
    assert staff.get(f"{place}/new").status_code == 404


def test_a_route_is_written_in_our_names(staff: Api) -> None:
    made = staff.post("/api/v1/routes", {"model": "large", "platform": "hub", "priority": 3})

    assert made.status_code == 201, made.content
    assert made.json()["slug"] == "large@hub"
    assert made.json()["model"] == "large"
    event = LogEntry.objects.latest("id")
    assert event.event == "route_created"


def test_the_priority_of_a_route_has_an_address_of_its_own(staff: Api, mount: str) -> None:
    answer = staff.patch(f"{mount}/routes/nano@hub/priority", {"priority": 7})

    assert answer.json()["priority"] == 7
    assert Route.objects.get(slug="nano@hub").priority == 7
    refused = staff.patch(f"{mount}/routes/nano@hub/priority", {"priority": 0})
    assert fields_of(refused) == {"priority"}


def test_the_same_id_twice_is_refused(staff: Api) -> None:
    body = {"platform_id": "hub", "name": "Hub", "auth_type": "api_key"}

    answer = staff.post("/api/registry/platforms", body)

    assert answer.status_code in (400, 409)
    assert fields_of(answer) == {"platform_id"}


def test_what_is_in_use_is_not_deleted(staff: Api, mount: str) -> None:
    for place in ("platforms/hub", "providers/openai"):
        answer = staff.delete(f"{mount}/{place}")
        assert (answer.status_code, code_of(answer)) == (409, "in_use")


def test_a_provider_names_its_platforms(reader: Api, mount: str) -> None:
    assert reader.get(f"{mount}/providers/openai").json()["platforms"] == ["hub"]
    assert reader.get(f"{mount}/providers/google").json()["id"] == "gemini"


def test_a_platform_names_its_providers(reader: Api) -> None:
    assert reader.get("/api/v1/platforms/hub").json()["providers"] == ["openai"]
    theirs = reader.get("/api/registry/platforms/hub").json()
    assert theirs["supported_providers"] == ["openai"]


FILTERED: tuple[tuple[str, list[str]], ...] = (
    ("platforms?status=active", ["direct", "hub"]),
    ("platforms?status=deprecated", []),
    ("platforms?provider_id=openai", ["hub"]),
    ("platforms?provider=anthropic", []),
    ("platforms?q=HU", ["hub"]),
    ("providers?platform=hub", ["openai"]),
    ("providers?platform_id=direct", []),
    ("providers?status=active&kind=service", ["ollama"]),
)


def test_lists_are_filtered(subtests: pytest.Subtests, reader: Api, mount: str) -> None:
    for query, expected in FILTERED:
        with case(subtests, query=query):
            assert ids(reader.get(f"{mount}/{query}")) == expected


FILTERED_ROUTES = (
    ("", 6),
    ("model=nano", 2),
    ("model_id=nano&platform_id=hub", 1),
    ("platform=direct&status=active", 3),
    ("provider_id=anthropic", 1),
    ("status=maintenance", 1),
)


def test_routes_are_filtered(subtests: pytest.Subtests, reader: Api, mount: str) -> None:
    for query, count in FILTERED_ROUTES:
        with case(subtests, query=query):
            assert reader.get(f"{mount}/routes?{query}").json()["count"] == count


@pytest.mark.parametrize(
    "query", ["platforms?status=gone", "providers?platform=nowhere", "routes?model_id=x"]
)
def test_a_wrong_filter_is_named(reader: Api, mount: str, query: str) -> None:
    answer = reader.get(f"{mount}/{query}")

    assert answer.status_code == 400
    assert fields_of(answer) == {query.partition("?")[2].partition("=")[0]}


def test_a_route_of_a_hidden_model_is_hidden(
    reader: Api, staff: Api, shop: Shop, mount: str
) -> None:
    set_status(shop["nano"], "inactive")

    assert reader.get(f"{mount}/routes/nano@hub").status_code == 404
    assert staff.get(f"{mount}/routes/nano@hub").status_code == 200
    assert "nano" not in str(reader.get(f"{mount}/routes").json())


def test_a_route_of_a_deprecated_model_says_so(reader: Api, shop: Shop, mount: str) -> None:
    set_status(shop["nano"], "deprecated", deprecation_date="2027-01-31", replacement=shop["mini"])

    answer = reader.get(f"{mount}/routes/nano@hub")

    assert answer.headers["Deprecation"].startswith("@")
    assert answer.headers["Link"] == f'<{mount}/models/mini>; rel="successor-version"'


def test_an_unchanged_platform_is_304_and_a_provider_is_told_in_full(
    reader: Api, mount: str
) -> None:
    for place, status in (("platforms/hub", 304), ("providers/openai", 200)):
        tag = reader.get(f"{mount}/{place}").headers["ETag"]
        assert reader.get(f"{mount}/{place}", If_None_Match=tag).status_code == status


def test_writing_tells_staff_what_reading_does_not(staff: Api, mount: str) -> None:
    answer = staff.patch(f"{mount}/platforms/hub", {"base_url": "https://other.example/v1"})

    assert answer.json()["base_url"] == "https://other.example/v1"
    assert Platform.objects.get(slug="hub").base_url == "https://other.example/v1"
    assert "base_url" not in staff.get(f"{mount}/platforms/hub").json()


def test_models_are_created_and_deleted_at_both_mounts(staff: Api, mount: str) -> None:
    names = {"model_string": "m"} if mount == "/api/registry" else {"model_id": "m"}
    body = {"provider": "openai", "type": "ner", "name": "M", "api_key": "sk-0123456789"}

    made = staff.post(f"{mount}/models", body | names)

    assert made.status_code == 201, made.content
    assert made.headers["Location"].startswith(f"{mount}/models/")
    assert staff.get(made.headers["Location"]).status_code == 200
    assert "m" in slugs(staff.get(f"{mount}/models?type=ner"))
    assert staff.delete(f"{mount}/models/m").status_code == 204
