"""A catalogue as a small organisation would have it; every key in it is an example."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from audit import context, tracking
from audit.models import LogEntry
from registry.choices import Dialect, LLMStatus, Scope
from registry.models import Connection, KnowledgeBase, LLMModel, Provider
from registry.services import known_models
from registry.services.connections import save_connection
from registry.services.defaults import set_default
from registry.services.knowledge_bases import save_knowledge_base
from registry.services.llms import save_llm
from registry.services.statuses import set_status
from registry.services.tokens import create_token
from registry.types import ConnectionChange, LLMChange, Secret

EXAMPLE_KEY = "sk-example-0123456789abcdefghijklmnopqrst"

# provider -> label of its connection, address
ACCOUNTS = {
    "openai": ("OpenAI, organisation account", ""),
    "anthropic": ("Anthropic, organisation account", ""),
    "gemini": ("Google AI, project assistants", ""),
    "mistral": ("Mistral, EU account", ""),
    "cohere": ("Cohere, search team", ""),
    "ollama": ("GPU host in the data centre", "https://ollama.example.org"),
}
# provider -> tags of each of its models that is in the example
MODELS: dict[str, dict[str, list[str]]] = {
    "openai": {
        "gpt-5.5": ["assistants", "production"],
        "gpt-5-mini": ["assistants", "low cost"],
        "gpt-4o": ["assistants"],
        "text-embedding-3-large": ["search", "production"],
        "text-embedding-3-small": ["search", "low cost"],
        "text-embedding-ada-002": ["search"],
    },
    "anthropic": {
        "claude-opus-5-5": ["assistants"],
        "claude-sonnet-5-5": ["assistants", "production"],
        "claude-haiku-5-5": ["low cost"],
    },
    "gemini": {"gemini-3.8-flash": ["long documents"], "gemini-embedding-001": ["search"]},
    "mistral": {"mistral-large-4": ["eu"], "mistral-embed": ["eu", "search"]},
    "cohere": {"embed-v4.0": ["search"]},
    "ollama": {"llama3.2": ["on premises"], "nomic-embed-text": ["on premises"]},
}
BASES = (
    ("HR handbook", "text-embedding-3-large", "gpt-5.5", 412),
    ("Product documentation", "text-embedding-3-large", "claude-sonnet-5-5", 12_840),
    ("Support articles", "text-embedding-3-large", "claude-haiku-5-5", 3_106),
    ("Contracts archive", "mistral-embed", "mistral-large-4", 58_211),
    ("Lab notebooks", "nomic-embed-text", "llama3.2", 977),
)


def fill_catalogue(user: User) -> None:
    """Build it through the services, as `user` in the admin and as two applications."""
    with ExitStack() as stack:
        stack.enter_context(context.use(source="admin", actor=user))
        connections = {slug: _connect(slug, *account) for slug, account in ACCOUNTS.items()}
        llms = {
            model_id: _add(slug, model_id, connections[slug], tags)
            for slug, rows in MODELS.items()
            for model_id, tags in rows.items()
        }
        pilot = Connection(
            provider=Provider.objects.get(slug="azure"), label="Azure, pilot project"
        )
        pilot.api_url = "https://pilot.example.org"
        save_connection(pilot)  # its key comes later
        _add_own(llms)
        _bases(llms)
        set_default(llms["text-embedding-3-large"])
        set_default(llms["gpt-5.5"])
        create_token(user, application="search portal", scopes=[Scope.CATALOGUE_READ])
    _later(user, llms)


def _connect(slug: str, label: str, address: str) -> Connection:
    provider = Provider.objects.get(slug=slug)
    key = Secret(f"{EXAMPLE_KEY}-{slug}") if provider.auth_required else None
    connection = Connection(provider=provider, label=label, api_url=address)
    return save_connection(connection, ConnectionChange(api_key=key))


def _add(slug: str, model_id: str, connection: Connection, tags: list[str]) -> LLMModel:
    (known,) = known_models.find(provider=slug, model_id=model_id)
    llm = known_models.add_known(known, connection=connection)
    return save_llm(llm, LLMChange(frozenset(), tags=tags))


def _add_own(llms: dict[str, LLMModel]) -> None:
    """A model of the organisation's own, for finding names in letters."""
    columns: Mapping[str, Any] = {"name": "Name finder", "model_id": "names-2", "max_tokens": 4096}
    provider = Provider.objects.create(
        slug="in-house",
        name="In-house",
        dialect=Dialect.OPENAI_COMPATIBLE,
        direct_api_url="https://models.example.org/v1",
    )
    llms["names-2"] = save_llm(
        LLMModel(type="ner", provider=provider, **columns),
        LLMChange(api_key=Secret(EXAMPLE_KEY), tags=["eu", "letters"]),
    )


def _bases(llms: dict[str, LLMModel]) -> None:
    for name, embedding, generation, documents in BASES:
        save_knowledge_base(
            KnowledgeBase(
                name=name,
                embedding_model=llms[embedding],
                generation_model=llms[generation],
                document_count=documents,
            )
        )


def _later(user: User, llms: dict[str, LLMModel]) -> None:
    """The following days: an application and a command write, too, and the trail shows when."""
    _age(days=9)
    with context.use(source="command", actor=user):
        set_status(
            llms["text-embedding-ada-002"],
            LLMStatus.DEPRECATED,
            deprecation_date=timezone.localdate() + timedelta(days=40),
            replacement=llms["text-embedding-3-small"],
        )
        set_status(llms["nomic-embed-text"], LLMStatus.BETA)
    _age(days=2)
    with context.use(source="api", actor=user, application="deploy pipeline"):
        llm = LLMModel.objects.get(pk=llms["claude-opus-5-5"].pk)
        llm.temperature = 0.4
        save_llm(llm, LLMChange(frozenset({"temperature"}), tags=["assistants", "production"]))
        set_status(llms["gpt-4o"], LLMStatus.INACTIVE)
    _age(days=1)
    with context.use(source="admin", actor=user):
        connection = Connection.objects.get(provider__slug="openai")
        change = ConnectionChange(frozenset(), api_key=Secret(f"{EXAMPLE_KEY}-new"))
        save_connection(connection, change)
    _age(days=0)


def _age(*, days: int) -> None:
    """Move what is on the trail, and the rows' own dates, into the past."""
    step = timedelta(days=days, minutes=25)
    for entry in tracking.unaudited(LogEntry.objects.all()):
        tracking.unaudited(LogEntry.objects.filter(pk=entry.pk)).update(
            timestamp=entry.timestamp - step
        )
    for llm in tracking.unaudited(LLMModel.objects.all()):
        tracking.unaudited(LLMModel.objects.filter(pk=llm.pk)).update(
            updated_at=llm.updated_at - step
        )
