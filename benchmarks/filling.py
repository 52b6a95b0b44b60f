"""A catalogue like a large organisation's, and somebody who reads it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from audit.tracking import unaudited
from registry.choices import LLMStatus, LLMType, Mode, Scope
from registry.models import (
    Capability,
    Connection,
    KnowledgeBase,
    LLMModel,
    ModelCapability,
    Provider,
    Tag,
)
from registry.services.connections import save_connection
from registry.services.knowledge_bases import save_knowledge_base
from registry.services.revision import catalogue_write
from registry.services.tokens import create_token
from registry.types import ConnectionChange, Secret

PROVIDERS = ("openai", "anthropic", "gemini", "cohere")
TAGS = ("chat", "long-context", "cheap", "european", "trial")
KNOWLEDGE_BASES = 20
EVERY = 500  # rows of one INSERT
NAME = "benchmark"
WORDS = "A general model for chat, summaries and structured answers over long documents."


def fill(total: int) -> None:
    """Add generation models, each with a connection, capabilities and a tag, up to `total`.

    They are written in bulk and not one by one through the services, which takes minutes. The
    first is the default, and the knowledge bases use the first twenty.
    """
    present = LLMModel.objects.count()
    with catalogue_write("catalogue_filled"):
        _add(range(present, total))
    if not present:
        for number in range(min(KNOWLEDGE_BASES, total)):
            llm = LLMModel.objects.get(slug=_slug(number))
            save_knowledge_base(KnowledgeBase(name=f"Base {number}", generation_model=llm))


def person() -> User:
    """Return the administrator who looks at everything; his password is not due."""
    found = User.objects.filter(username=NAME).first()
    return found or User.objects.create_superuser(NAME, password=None)


def ways_in(user: User) -> dict[str, Any]:
    """Return the headers of a new token with every scope, and of a new session."""
    _token, text = create_token(user, application=NAME, scopes=Scope.values)
    client = Client()
    client.force_login(user)
    return {
        "token": {"Authorization": f"Bearer {text}"},
        "session": {"Cookie": f"sessionid={client.session.session_key}"},
    }


def _add(numbers: range) -> None:
    connections = [_connection(Provider.objects.get(slug=slug)) for slug in PROVIDERS]
    llms = [_llm(number, connections[number % len(connections)]) for number in numbers]
    unaudited(LLMModel.objects.all()).bulk_create(llms, EVERY)
    capabilities = list(Capability.objects.all()[:4])
    known = [
        ModelCapability(llm=llm, capability=capability, supported=(place + number) % 3 > 0)
        for number, llm in enumerate(llms)
        for place, capability in enumerate(capabilities)
    ]
    unaudited(ModelCapability.objects.all()).bulk_create(known, EVERY)
    tags = [Tag.objects.get_or_create(name=name, folded=name)[0] for name in TAGS]
    link = LLMModel.tags.through
    links = [
        link(llmmodel_id=llm.pk, tag_id=tags[number % len(tags)].pk)
        for number, llm in enumerate(llms)
    ]
    link._default_manager.bulk_create(links, EVERY)


def _connection(provider: Provider) -> Connection:
    label = f"{provider.name} account"
    found: Connection | None = Connection.objects.filter(provider=provider, label=label).first()
    if found is not None:
        return found
    change = ConnectionChange(api_key=Secret(f"sk-benchmark-{provider.slug}-0123456789"))
    return save_connection(Connection(provider=provider, label=label), change)


def _slug(number: int) -> str:
    return f"model-{number:05}"


def _llm(number: int, connection: Connection) -> LLMModel:
    return LLMModel(
        slug=_slug(number),
        type=LLMType.GENERATION,
        mode=Mode.CHAT,
        provider=connection.provider,
        connection=connection,
        name=f"Model {number:05}",
        model_id=f"vendor/model-{number:05}-instruct",
        family="model",
        description=WORDS,
        status=LLMStatus.ACTIVE,
        is_default=number == 0,
        context_window=128_000,
        max_output_tokens=8_192,
        temperature=0.7,
        top_p=1.0,
        revision=1,
    )
