"""S10: nothing in stored data is filled in; what was written is what is there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.models import ClientModel, Connection, LLMModel
from registry.services import chooser
from roles.models import CatalogEntry
from roles.services.catalogs import save_entry
from roles.services.legacy_import import import_person
from tests.factories import make_client, make_provider, make_user
from tests.invariants.canaries import Search, database_bytes
from tests.registry.admin.visitor import Visitor
from tests.registry.api.client import CONNECTIONS, MODELS, with_token
from tests.roles.api.callers import MY, own_api
from tests.roles.factories import make_role, provider_of
from tests.roles.legacy.documents import HOST, MODEL, put, registry
from tests.roles.pages.visiting import Visit

NAME = "S10_CANARY"
PATTERNS = [
    f"os.environ/{NAME}",
    f"os.environ.get('{NAME}')",
    f"${{{NAME}}}",
    f"${NAME}",
    f"%{NAME}%",
    f"%({NAME})s",
    f"{{{{ {NAME} }}}}",
    f"{{% debug %}}{{{{ settings.{NAME} }}}}",
    f"{{0.__class__}}{{{NAME}}}",
    f"`printenv {NAME}`",
    f"$(printenv {NAME})",
    "file:///proc/self/environ",
    "!!python/object/apply:os.getenv",
    f"<%= ENV['{NAME}'] %>",
]
MODEL_FIELDS = ("name", "family", "version", "description", "migration_guide")
REPORTED = ("owned_by", "type", "display_name", "name", "version", "description")

pytestmark = pytest.mark.django_db


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> str:
    """Be the value that a filled-in text would hold."""
    value = secrets.token_urlsafe(30)
    monkeypatch.setenv(NAME, value)
    return value


@pytest.mark.invariant("S10")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_was_written_is_what_is_stored_and_shown(
    pattern: str, canary: str, figure: Callable[..., None]
) -> None:
    assert os.environ[NAME] == canary
    provider = make_provider("maker", description=pattern, features={"note": [pattern]})
    api, visitor = with_token(make_user(superuser=True)), Visitor()
    body: dict[str, Any] = dict.fromkeys(MODEL_FIELDS, pattern)
    body |= {"type": "generation", "provider": "maker", "model_id": "m", "api_key": "sk-1234567"}
    row = {"provider": "maker", "label": pattern, "api_key": pattern}

    made = api.post(MODELS, body | {"tags": [pattern], "aliases": [pattern]})
    connected = api.post(CONNECTIONS, row)

    assert (made.status_code, connected.status_code) == (201, 201), made.content
    llm = LLMModel.objects.get()
    assert [getattr(llm, name) for name in MODEL_FIELDS] == [pattern] * len(MODEL_FIELDS)
    assert [tag.name for tag in llm.tags.all()] == [pattern]
    assert Connection.objects.shared().get().open_key().reveal() == pattern
    provider.refresh_from_db()
    assert provider.features == {"note": [pattern]}
    shown = [
        made.content,
        api.get(f"{MODELS}/{llm.pk}").content,
        chooser.chooser_list("generation")[1],
        visitor.get("registry_llmmodel_change", llm.pk).content,
        visitor.get("registry_llmmodel_changelist").content,
        visitor.get("registry_provider_change", provider.pk).content,
    ]
    assert Search([canary]).hits(b"\n".join([*shown, database_bytes()])) == []
    figure(pattern=pattern, fields=len(MODEL_FIELDS) + 6, filled_in=0)


@pytest.mark.invariant("S10")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_a_client_reports_is_what_is_stored_and_shown(
    pattern: str, canary: str, figure: Callable[..., None]
) -> None:
    said = {"id": "m", "supported_parameters": [pattern]} | dict.fromkeys(REPORTED, pattern)
    api, visitor = with_token(make_user(superuser=True)), Visitor()

    client = make_client("c1", said, provider=pattern)

    assert ClientModel.objects.get().info == said
    assert client.provider == pattern.lower()
    shown = [
        api.get("/api/v1/clients/c1/models").content,
        api.get("/api/v1/available?format=openai").content,
        api.get("/v1/models").content,
        visitor.get("registry_client_change", client.pk).content,
    ]
    assert Search([canary]).hits(b"\n".join([*shown, database_bytes()])) == []
    figure(pattern=pattern, fields=len(REPORTED) + 2, filled_in=0)


@pytest.mark.invariant("S10")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_a_document_brings_is_what_is_stored_and_shown(
    pattern: str, canary: str, tmp_path: Path, figure: Callable[..., None]
) -> None:
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
    user = make_user("alice")
    model_id = pattern.replace(" ", "")  # an identifier has no blanks
    host = HOST | {"label": pattern, "api_key": pattern}
    llm = MODEL | {"label": pattern, "model_name": model_id, "tags": [pattern]}
    put(tmp_path, "alice", registry=registry(hosts=[host], models=[llm]))

    report = import_person(tmp_path, "alice")
    save_entry(user, "gemini", model_id=model_id, label=pattern)
    role = make_role(label=pattern, description=pattern)

    assert not report.problems
    stored, row = LLMModel.objects.get(), Connection.objects.get(slug="h1")
    assert (stored.name, stored.model_id, row.label) == (pattern, model_id, pattern)
    assert [tag.name for tag in stored.tags.all()] == [pattern]
    assert row.open_key().reveal() == pattern
    entry = CatalogEntry.objects.get()
    assert (entry.model_id, entry.label) == (model_id, pattern)
    assert (role.label, role.description) == (pattern, pattern)
    api, visit = own_api(user), Visit(user)
    read = ("registry", "models", "connections", "catalog/gemini")
    shown = [api.get(f"{MY}/{path}").content for path in read]
    shown += [api.post("/api/v1/roles/chat/resolve").content, api.get("/api/v1/roles").content]
    for page in ("hosts", "models", "roles"):
        shown.append(visit.open(page).answer.content)
    assert Search([canary]).hits(b"\n".join([*shown, database_bytes()])) == []
    figure(pattern=pattern, fields=9, filled_in=0)


@pytest.mark.invariant("S10")
def test_an_address_is_literal_or_refused(canary: str, figure: Callable[..., None]) -> None:
    make_provider("maker")
    api = with_token(make_user(superuser=True))
    row = {"provider": "maker", "label": "x", "api_key": "sk-1234567"}
    urls = [f"https://{pattern}" for pattern in PATTERNS]

    refused = [api.post(CONNECTIONS, row | {"api_url": pattern}) for pattern in PATTERNS]
    answers = {url: api.post(CONNECTIONS, row | {"api_url": url, "label": url}) for url in urls}

    assert {answer.status_code for answer in refused} == {400}
    stored = set(Connection.objects.values_list("api_url", flat=True))
    assert stored == {"https://os.environ/S10_CANARY", "https://file///proc/self/environ"}
    assert {answer.status_code for answer in answers.values()} == {201, 400}
    assert Search([canary]).hits(database_bytes()) == []
    figure(addresses=2 * len(PATTERNS), literal=len(stored), filled_in=0)
