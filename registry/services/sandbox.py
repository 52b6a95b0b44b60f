"""The sandbox's rows: what lets a person try everything before there is a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit import events
from audit.models import LogEntry
from registry.choices import Dialect, LLMStatus, LLMType, ProviderKind
from registry.errors import InUseError
from registry.models import Connection, KnowledgeBase, LLMModel, Platform, Provider, Route
from registry.sandbox.catalogue import KEY
from registry.services.connections import delete_connection, save_connection
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.services.providers import delete_provider, save_provider
from registry.services.revision import catalogue_write, store
from registry.types import ConnectionChange, LLMChange, Secret

if TYPE_CHECKING:
    from registry.models.provider import ProviderQuerySet

SLUG = "sandbox"
ORIGIN = "http://127.0.0.1"
_CREATED = "sandbox_created"
_DELETED = "sandbox_deleted"

# A provider of this name elsewhere is somebody's own.
_IS_SANDBOX = {"slug": SLUG, "direct_api_url__startswith": f"{ORIGIN}:"}
# The same, of what belongs to a provider: models and connections.
OF_SANDBOX = Q(**{f"provider__{name}": value for name, value in _IS_SANDBOX.items()})


def install() -> bool:
    """Register the sandbox and its models, if nobody has used this database yet.

    Returns whether it did: never beside other models or connections, and never again once it
    has been there, as the trail remembers.
    """
    provider = Provider(
        slug=SLUG,
        name="Sandbox",
        description=(
            "A pretended provider on this machine, to try everything without a key. "
            "`manage.py sandbox_provider` starts it; no request leaves the machine."
        ),
        kind=ProviderKind.SERVICE,
        dialect=Dialect.OPENAI_COMPATIBLE,
        direct_api_url=address("/v1"),
        auth_required=True,
    )
    with catalogue_write(_CREATED, provider):
        if not _is_untouched():
            return False
        save_provider(provider)
        connection = save_connection(
            Connection(provider=provider, label="Sandbox"), ConnectionChange(api_key=Secret(KEY))
        )
        shared = LLMChange(connection=connection)
        for columns in _MODELS:
            save_llm(LLMModel(provider=provider, **columns), shared)
        broken = LLMChange(api_key=Secret(KEY), api_endpoint=address("/faults/no_credit/v1"))
        save_llm(LLMModel(provider=provider, **_BROKEN), broken)
    return True


def address(base: str) -> str:
    """Return the address of the sandbox's shape at `base`."""
    return f"{ORIGIN}:{settings.REGISTRY_SANDBOX_PORT}{base}"


def is_installed() -> bool:
    return _providers().exists()


def remove() -> bool:
    """Delete the sandbox with its models, defaults among them, and connections.

    Returns whether it was there. Raises InUseError, which names the knowledge bases, platforms and
    other models' routes that use it; then nothing is deleted, and the refusal is on the trail.
    """
    provider = _providers().first()
    if provider is None:
        return False
    with catalogue_write(_DELETED, provider):
        if not is_installed():  # somebody was faster
            return False
        users = _users_of(provider)
        if not any(users.values()):
            _delete(provider)
    if any(users.values()):
        with transaction.atomic():
            events.record("sandbox_delete_blocked", provider, **users)
        raise InUseError(_("The sandbox is in use and cannot be deleted."), **users)
    return True


def _providers() -> ProviderQuerySet:
    return Provider.objects.filter(**_IS_SANDBOX)


def _is_untouched() -> bool:
    return not (
        LLMModel.objects.exists()
        or Connection.objects.exists()
        or Provider.objects.named(SLUG).exists()
        or LogEntry.objects.filter(event=_CREATED).exists()
    )


def _users_of(provider: Provider) -> dict[str, list[str]]:
    """Return by name what cannot do without the sandbox; archived knowledge bases count."""
    bases = KnowledgeBase.objects.filter(
        Q(embedding_model__provider=provider) | Q(generation_model__provider=provider)
    )
    platforms = Platform.objects.filter(
        Q(providers=provider) | Q(connection__provider=provider)
    ).distinct()
    routes = Route.objects.filter(Q(provider=provider) | Q(connection__provider=provider))
    return {
        "knowledge_bases": sorted(base.name for base in bases),
        "platforms": sorted(platform.name for platform in platforms),
        "routes": sorted(route.slug for route in routes.exclude(llm__provider=provider)),
    }


def _delete(provider: Provider) -> None:
    for llm in LLMModel.objects.filter(provider=provider):
        if llm.is_default:
            stored = LLMModel.objects.get(pk=llm.pk)
            llm.is_default = False
            store(llm, stored)
        delete_llm(llm)
    for connection in Connection.objects.filter(provider=provider):
        delete_connection(connection)
    delete_provider(provider)


_MODELS: tuple[dict[str, Any], ...] = (
    {
        "type": LLMType.GENERATION,
        "name": "Sandbox Chat",
        "model_id": "sandbox-chat",
        "description": "Repeats what it was told. It answers at once and costs nothing.",
        "context_window": 32_768,
        "max_output_tokens": 4_096,
    },
    {
        "type": LLMType.EMBEDDING,
        "name": "Sandbox Embedding",
        "model_id": "sandbox-embed",
        "description": "Makes vectors that are always the same for a text, and mean nothing.",
        "dimensions": 768,
        "max_tokens": 8_192,
    },
    {
        "type": LLMType.GENERATION,
        "name": "Sandbox Reasoner",
        "model_id": "sandbox-reasoner",
        "description": (
            "Only thinks: its answers are empty, as those of a reasoning model are that used up "
            "its tokens. In beta, so that nobody is offered it."
        ),
        "status": LLMStatus.BETA,
        "context_window": 131_072,
        "max_output_tokens": 8_192,
    },
)
_BROKEN: dict[str, Any] = {
    "type": LLMType.GENERATION,
    "name": "Sandbox Broken",
    "slug": "sandbox-broken",
    "model_id": "sandbox-chat",
    "description": (
        "Fails on purpose: its account has no credit. It shows how a failed test is told. In "
        "beta, so that nobody is offered it."
    ),
    "status": LLMStatus.BETA,
}
