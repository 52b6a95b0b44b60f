"""A live server of ours, and published clients that know nothing of us but its address."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from audit import tracking
from registry.models import LLMModel, Provider
from registry.services import clients
from tests.factories import make_llm, make_provider, make_token, make_user

MANY = 1_200
# What a developer's shell may have; a client would send it to us, or ask somebody else.
VARIABLES = (
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"),
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_PROFILE"),
    *("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "OLLAMA_API_KEY"),
    *("OLLAMA_HOST", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"),
)


@pytest.fixture(autouse=True)
def bare_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def base(live_server: LiveServer) -> str:
    return str(live_server.url)


@pytest.fixture
def key(live_server: LiveServer) -> str:
    """A token of somebody who is no staff member."""
    return make_token(make_user("bob"))[1]


@pytest.fixture
def provider(live_server: LiveServer) -> Provider:
    return make_provider("acme", name="Acme")


@pytest.fixture
def good(provider: Provider) -> list[str]:
    """Two models of the catalogue and one that only a client offers; the newest first."""
    make_llm(provider=provider, model_id="acme/team/chat", name="Chat", release_date="2026-03-01")
    make_llm("embedding", provider=provider, model_id="acme-embed", release_date="2026-02-01")
    made = 1_767_225_600  # 2026-01-01
    info: dict[str, Any] = {"id": "theirs/chat:7b", "created": made, "owned_by": "them"}
    clients.register("c1", "acme", [info])
    return ["acme/team/chat", "acme-embed", "theirs/chat:7b"]


@pytest.fixture
def many(provider: Provider) -> set[str]:
    """More ids than any client has on one page; written past the services, at once."""
    llms = [
        LLMModel(
            provider=provider,
            type="generation",
            slug=f"many-{number}",
            name=f"Many {number}",
            model_id=f"many/model-{number}",
        )
        for number in range(MANY)
    ]
    tracking.unaudited(LLMModel.objects.all()).bulk_create(llms, batch_size=500)
    return {llm.model_id for llm in llms}
