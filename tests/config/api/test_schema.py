"""The OpenAPI document and the page over it."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from tests.factories import make_token, make_user
from tests.registry.api.client import Api, with_session

VERBS = {"get", "post", "put", "patch", "delete"}
PROGRAM_PATHS = ("/api/", "/v1/", "/v1beta/", "/formats/")
# A plain view is read, but for these, which are asked with a body.
ASKED_BY_POST = ("/api/show", "/api/v1/roles/{role}/resolve")


@pytest.fixture(scope="module")
def document() -> Any:
    generator: Any = SchemaGenerator
    return generator().get_schema(public=True)


def addresses(resolver: URLResolver, prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += addresses(entry, path)
        elif isinstance(entry, URLPattern):
            found.append((path, entry.callback))
    return found


def test_the_document_is_valid_and_nothing_in_it_is_guessed(tmp_path: Path) -> None:
    target = tmp_path / "schema.yaml"

    call_command("spectacular", validate=True, fail_on_warn=True, file=target, stderr=StringIO())

    assert "openapi: 3" in target.read_text()


def test_every_address_and_verb_of_the_api_is_described(document: Any) -> None:
    pages = {"/api/docs", "/api/schema"}
    described = {
        (path, verb) for path, verbs in document["paths"].items() for verb in verbs if verb in VERBS
    }
    served = set()
    for route, view in addresses(get_resolver()):
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        if not path.startswith(PROGRAM_PATHS) or path in pages:
            continue
        plain = {"post": ""} if path in ASKED_BY_POST else {"get": ""}
        verbs = getattr(view, "actions", None) or plain
        served |= {(path, verb) for verb in verbs if verb in VERBS}

    assert served <= described
    assert {path for path, _verb in described - served} <= {*pages, "/livez", "/readyz"}


def test_every_operation_tells_how_it_refuses_and_who_may_call(document: Any) -> None:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            refusal = operation["responses"]["default"]["content"]["application/json"]["schema"]
            shape = "ClientError" if operation["tags"] == ["lists"] else "Error"
            assert refusal == {"$ref": f"#/components/schemas/{shape}"}, (path, verb)
            assert {"token": []} in operation["security"] or "z" in path, (path, verb)
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}


def test_a_key_is_described_as_going_in_only(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        if "api_key" in schema.get("properties", {}):
            assert name.endswith("Request"), name


def test_bounds_are_in_the_document(document: Any) -> None:
    dimensions = document["components"]["schemas"]["ConfigRequest"]["properties"]["dimensions"]

    assert (dimensions["minimum"], dimensions["maximum"]) == (1, 8192)


def test_filters_and_headers_are_in_the_document(document: Any) -> None:
    models = document["paths"]["/api/v1/admin/models"]
    one = document["paths"]["/api/v1/admin/models/{model}"]

    names = {part["name"] for part in models["get"]["parameters"]}
    assert names >= {"type", "provider", "status", "capability", "tag", "q", "ordering", "page"}
    assert "Idempotency-Key" in {part["name"] for part in models["post"]["parameters"]}
    assert "If-Match" in {part["name"] for part in one["put"]["parameters"]}
    assert "reassign_to" in {part["name"] for part in one["delete"]["parameters"]}


@pytest.mark.django_db
def test_any_login_reads_the_document() -> None:
    _token, text = make_token(make_user())

    answer = Api(Authorization=f"Bearer {text}").get("/api/schema")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.")
    assert Api().get("/api/schema").status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["version=a%0d%0aSet-Cookie:x", "lang=xx", "format=yaml"])
def test_the_document_takes_no_parameters(query: str) -> None:
    assert with_session(make_user()).get(f"/api/schema?{query}").status_code == 400


@pytest.mark.django_db
def test_the_page_needs_a_login_and_leads_to_it() -> None:
    answer = Client().get("/api/docs")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/admin/login/?next=/api/docs"
    assert Api(Authorization="Bearer reg_wrong").get("/api/docs").status_code == 401


@pytest.mark.django_db
def test_the_page_has_no_inline_script_and_no_foreign_address() -> None:
    caller = with_session(make_user(staff=True))
    page = caller.get("/api/docs")

    text = page.content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)
    assert scripts
    assert all("src=" in attributes and not inner.strip() for attributes, inner in scripts)
    assert not re.findall(r"https?://", text)
    assert not re.findall(r"\son\w+=", text)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for path in re.findall(r'(?:src|href)="/static/([^"]+)"', text):
        assert finders.find(path), path
    script = caller.get("/api/docs?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/schema" in script.content.decode()


def test_the_second_mount_is_described_in_its_own_names(document: Any) -> None:
    schemas = document["components"]["schemas"]
    theirs, ours = schemas["RegistryCatalogueLLM"], schemas["CatalogueLLM"]

    assert set(theirs["properties"]) >= {"model_id", "model_string", "provider_id", "performance"}
    assert {"slug", "provider", "latency_ms"} & set(theirs["properties"]) == set()
    assert {"slug", "model_id", "provider"} <= set(ours["properties"])
    assert "context_window" in theirs["properties"]
    assert "context_window" not in schemas["RegistryConfig"]["properties"]
    assert "context_window" in schemas["Config"]["properties"]
    assert "format" not in theirs["properties"]["id"]
    assert set(theirs.get("required", ())) <= set(theirs["properties"])


def test_what_is_inside_of_an_answer_is_described_in_those_names_too(document: Any) -> None:
    operation = document["paths"]["/api/registry/recommend"]["post"]
    content = operation["responses"]["200"]["content"]["application/json"]
    schemas = document["components"]["schemas"]

    assert content["schema"]["$ref"].endswith("/RegistryRecommendation")
    assert "model_id" in schemas["RegistryRejected"]["properties"]
    ranked = schemas["RegistryRanked"]["properties"]
    assert "RegistryCatalogueLLM" in str(ranked["model"])
    assert "RegistryCatalogueRoute" in str(ranked["route"])
    assert "provider_id" in schemas["RegistryRecommendRequest"]["properties"]


def test_nothing_of_the_generators_own_is_left_in_the_document(document: Any) -> None:
    assert "x-kind" not in str(document)


def test_questions_are_described_as_reads(document: Any) -> None:
    for mount in ("/api/v1", "/api/registry"):
        for name in ("recommend", "cost"):
            operation = document["paths"][f"{mount}/{name}"]["post"]
            assert {} in operation["security"]
            assert "parameters" not in operation
        sort = document["paths"][f"{mount}/models"]["get"]["parameters"]
        names = {part["name"] for part in sort}
        assert names >= {"sort", "capabilities", "provider_id", "max_input_cost", "page_size"}
