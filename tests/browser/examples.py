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
from registry.services import clients, known_models, sweeps, workers
from registry.services.accounts import permission_of
from registry.services.connections import save_connection
from registry.services.defaults import set_default
from registry.services.knowledge_bases import save_knowledge_base
from registry.services.llms import save_llm
from registry.services.statuses import set_status
from registry.services.tokens import create_token
from registry.types import ConnectionChange, LLMChange, Secret
from tests.factories import end_test, make_test

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


# model id -> how its tests ended: code, stage, and what else was found
RESULTS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "claude-haiku-5-5": [("ok", "inference", {"latency_ms": 412})],
    "claude-sonnet-5-5": [("ok", "inference", {"latency_ms": 618})],
    "gpt-5-mini": [("degraded", "inference", {"detail": "max_tokens", "latency_ms": 702})],
    "gpt-5.5": [("ok", "inference", {"latency_ms": 534})],
    "llama3.2": [("timeout", "reach", {"latency_ms": 15_000})],
    "text-embedding-3-large": [
        ("ok", "inference", {"latency_ms": 121}),
        (
            "bad_key",
            "auth",
            {
                "latency_ms": 98,
                "said": "Incorrect API key provided: ***. Look it up in the console.",
            },
        ),
    ],
}


def try_models(user: User) -> None:
    """Test models of the example one by one, then all of them at once; some wait still."""
    with context.use(source="admin", actor=user):
        for model_id, found in RESULTS.items():
            llm = LLMModel.objects.get(model_id=model_id)
            for code, stage, facts in found:
                asks = stage == "inference"
                cost = {"billed_calls": asks, "prompt_tokens": 3, "output_tokens": 9}
                make_test(llm, code=code, stage=stage, inference=asks, **cost | facts)
        rows = LLMModel.objects.select_related("provider", "connection__provider")
        sweep = sweeps.start(rows.order_by("name"), inference=False)
    for test in sweep.tests.filter(llm__provider__slug__in=("gemini", "mistral")):
        end_test(test, "no_credit" if "embed" in str(test) else "ok", stage="auth")
    workers.sweep()


# client -> its provider, minutes since it was heard of, and the seats of each model
SERVING: dict[str, tuple[str, int, dict[str, int]]] = {
    "batch-runner": ("openai", 2, {"gpt-5-mini": 4, "gpt-5.5": 1}),
    "eu-west/worker-1": ("openai", 0, {"gpt-5.5": 3, "gpt-5-mini": 2, "gpt-4o": 1}),
    "eu-west/worker-2": ("openai", 0, {"gpt-5.5": 3, "gpt-5-mini": 2}),
    "gpu-host": ("ollama", 1, {"llama3.2": 2, "nomic-embed-text": 2, "qwen3-coder": 1}),
    "lab-desk": ("", 4_400, {"llama3.2": 1}),
    "team-gateway": ("anthropic", 5, {"claude-sonnet-5-5": 6, "claude-haiku-5-5": 6}),
}
SAID = {"context_length": 272_000, "max_completion_tokens": 128_000, "created": 1_777_000_000}


def let_handle_clients(user: User) -> None:
    """Give the rights to mark and to remove clients."""
    for right in ("view", "change", "delete"):
        user.user_permissions.add(permission_of("client", right))


def report_clients(user: User) -> None:
    """Let a few clients register, run out of quota, and be suspended; `user` handles them."""
    let_handle_clients(user)
    now = timezone.now()
    with context.use(source="api", actor=user, application="gateways"):
        for client_id, (provider, minutes, seats) in SERVING.items():
            models = [
                {"id": model_id, "owned_by": provider} | SAID
                for model_id, number in seats.items()
                for _seat in range(number)
            ]
            then = now - timedelta(minutes=minutes)
            clients.register(client_id, provider, models, now=then)
        clients.mark_quota("eu-west/worker-1", "gpt-5.5", retry_after=2_520)
        clients.mark_quota("gpu-host", "qwen3-coder")
    with context.use(source="admin", actor=user):
        clients.suspend("eu-west/worker-1", "gpt-4o", "leaves with the old contract")
        clients.suspend("team-gateway", "claude-haiku-5-5", "credential expired")


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
