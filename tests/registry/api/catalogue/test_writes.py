"""Models written at both mounts: by staff alone, as in the staff API."""

from __future__ import annotations

from registry.models import LLMModel
from tests.factories import make_user
from tests.registry.api.client import KEY, Api, code_of, fields_of, with_token

Shop = dict[str, LLMModel]


def test_warnings_are_for_those_who_write(staff: Api, mount: str) -> None:
    blocked = {"provider": "ollama", "type": "ner", "name": "B", "api_endpoint": "http://10.0.0.5"}
    named = "model_string" if mount == "/api/registry" else "model_id"

    made = staff.post(f"{mount}/models", {**blocked, named: "b"})

    assert made.json()["warnings"]
    assert "warnings" not in staff.get(f"{mount}/models/b").json()
    assert "10.0.0.5" not in staff.get(f"{mount}/models/b").content.decode()


def test_a_user_changes_nothing(reader: Api, mount: str) -> None:
    calls = (
        reader.post(f"{mount}/models", {}),
        reader.patch(f"{mount}/models/nano", {"name": "x"}),
        reader.put(f"{mount}/models/nano", {"name": "x"}),
        reader.delete(f"{mount}/models/nano"),
        reader.patch(f"{mount}/models/nano/status", {"status": "beta"}),
        reader.patch(f"{mount}/models/nano/pricing", {"input_cost": "1"}),
        reader.patch(f"{mount}/models/nano/capabilities", {}),
    )

    assert {answer.status_code for answer in calls} == {403}
    assert LLMModel.objects.get(slug="nano").name == "Nano"


def test_staff_write_needs_the_scope(shop: Shop, mount: str) -> None:
    api = with_token(make_user("bob", superuser=True), "admin:read", "catalogue:read")

    answer = api.patch(f"{mount}/models/nano", {"name": "x"})

    assert (answer.status_code, code_of(answer)) == (403, "permission_denied")


def test_a_model_is_written_in_the_names_of_the_mount(staff: Api) -> None:
    body = {
        "model_id": "fresh",
        "model_string": "fresh-1",
        "provider_id": "google",
        "name": "Fresh",
        "context_window": 64000,
        "performance": {"latency_ms": 250},
        "platform_configs": {"region": "eu"},
        "pricing": {"input_cost": 0.05, "output_cost": "0.15"},
        "capabilities": {"function_calling": True},
        "tags": ["fast"],
        "api_key": KEY,
    }

    answer = staff.post("/api/registry/models", body)

    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert (found["model_id"], found["model_string"], found["type"]) == (
        *("fresh", "fresh-1", "generation"),
    )
    assert found["provider_id"] == "gemini"
    assert found["context_window"] == 64000
    assert found["performance"]["latency_ms"] == 250
    assert found["pricing"]["input_cost"] == "0.05"
    assert found["capabilities"]["function_calling"] is True
    row = LLMModel.objects.get(slug="fresh")
    assert (row.model_id, row.latency_ms, row.settings) == ("fresh-1", 250, {"region": "eu"})
    again = staff.put("/api/registry/models/fresh", {**found, "name": "Fresher"})
    assert again.status_code == 200, again.content
    assert again.json()["name"] == "Fresher"
    assert staff.delete("/api/registry/models/fresh").status_code == 204


def test_what_is_wrong_is_told_in_the_names_of_the_mount(staff: Api) -> None:
    body = {"model_id": "UPPER CASE", "provider_id": "nobody", "name": "x", "model_string": ""}

    answer = staff.post("/api/registry/models", body)

    assert answer.status_code == 400
    assert fields_of(answer) >= {"model_string", "provider_id"}
    assert "slug" not in fields_of(answer)
    assert fields_of(staff.post("/api/v1/models", {"slug": 5})) >= {"slug", "provider", "model_id"}


def test_a_number_that_is_none_is_named_as_it_was_sent(staff: Api) -> None:
    answer = staff.post("/api/registry/models", b'{"model_id": "a\\u0000"}')

    assert fields_of(answer) == {"model_id"}


def test_a_lost_race_is_412_at_both_mounts(staff: Api, mount: str) -> None:
    tag = staff.get(f"{mount}/models/nano").headers["ETag"]
    first = staff.patch(f"{mount}/models/nano", {"description": "a"}, If_Match=tag)
    second = staff.patch(f"{mount}/models/nano", {"description": "b"}, If_Match=tag)

    assert (first.status_code, second.status_code) == (200, 412)


def test_status_pricing_and_capabilities_have_addresses_of_their_own(
    staff: Api, mount: str
) -> None:
    status = {"status": "deprecated", "deprecation_date": "2027-12-31", "migration_guide": "Go"}
    calls = (
        staff.patch(f"{mount}/models/nano/status", status),
        staff.patch(f"{mount}/models/nano/pricing", {"input_cost": 0.06}),
        staff.patch(
            f"{mount}/models/nano/capabilities", {"operation": "add", "capability": "audio"}
        ),
    )

    assert [answer.status_code for answer in calls] == [200, 200, 200]
    found = calls[2].json()
    assert found["status"] == "deprecated"
    assert found["deprecation_date"] == "2027-12-31"
    assert found["pricing"]["input_cost"] == "0.06"
    assert found["capabilities"]["audio"] is True
