"""A person's own records, and slots, made by the services."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from audit import tracking
from registry.choices import ConnectionKind, HostType, LLMType, Transport
from registry.models import Connection, LLMModel, Provider
from registry.services import clients
from registry.services.connections import save_connection
from registry.services.llms import save_llm
from registry.services.providers import save_provider
from registry.types import UNSET, ConnectionChange, LLMChange, Secret
from roles.choices import Builtin, Slot
from roles.models import Role, RoleSlot
from roles.services.slots import save_role, set_slot
from tests.factories import API_KEY, make_user, reference_provider

_numbers = count(1)


def provider_of(slug: str) -> Provider:
    """Return one of the providers every installation begins with, created when it is not there."""
    found: Provider | None = Provider.objects.filter(slug=slug).first()
    return found or reference_provider(slug)


def make_host(owner: User | None = None, *, api_key: str = API_KEY, **columns: Any) -> Connection:
    """Create a host; `owner` None is the organisation."""
    number = next(_numbers)
    columns = {
        "label": f"Host {number}",
        "api_url": f"http://llm-{number}.example:3000",
        "host_type": HostType.OPENWEBUI,
        "kind": ConnectionKind.HOST,
        "provider": provider_of("openai-compatible"),
        "slug": f"h{number}" if owner else "",
    } | columns
    return _save(Connection(owner=owner, **columns), api_key)


def make_account(
    owner: User | None = None, *, api_key: str = API_KEY, **columns: Any
) -> Connection:
    """Create an account, at Google unless `provider` says otherwise."""
    number = next(_numbers)
    columns = {
        "label": f"Account {number}",
        "provider": provider_of("gemini"),
        "slug": f"a{number}" if owner else "",
    } | columns
    return _save(Connection(owner=owner, **columns), api_key)


def make_login(owner: User | None = None, **columns: Any) -> Connection:
    """Create a command-line login at Anthropic."""
    number = next(_numbers)
    columns = {
        "label": f"Login {number}",
        "kind": ConnectionKind.CLI,
        "provider": provider_of("anthropic"),
        "slug": f"c{number}" if owner else "",
    } | columns
    return _save(Connection(owner=owner, **columns), "")


def make_local(
    owner: User | None = None, connection: Connection | None = None, **columns: Any
) -> LLMModel:
    """Create a model of a host; one is made for it unless a `connection_ref` says it is gone."""
    if connection is None and not columns.get("connection_ref"):
        connection = make_host(owner)
    columns = {
        "transport": Transport.LOCAL_OPENAI,
        "provider": provider_of("openai-compatible"),
    } | columns
    return make_own(owner, connection, **columns)


def make_gemini(
    owner: User | None = None, connection: Connection | None = None, **columns: Any
) -> LLMModel:
    """Create a model of Google's API, without an account unless one is given."""
    columns = {"transport": Transport.GEMINI_API, "provider": provider_of("gemini")} | columns
    return make_own(owner, connection, **columns)


def make_claude(
    owner: User | None = None, connection: Connection | None = None, **columns: Any
) -> LLMModel:
    """Create a model of the Claude command."""
    columns = {"transport": Transport.CLAUDE_CLI, "provider": provider_of("anthropic")} | columns
    return make_own(owner, connection, **columns)


def make_own(owner: User | None, connection: Connection | None = None, **columns: Any) -> LLMModel:
    """Create a model over this connection, or over none; `owner` None is the organisation."""
    number = next(_numbers)
    columns = {
        "type": LLMType.GENERATION,
        "name": f"Model m{number}",
        "model_id": f"model-m{number}",
        "slug": f"m{number}",
    } | columns
    tags = columns.pop("tags", UNSET)
    change = LLMChange(connection=connection or UNSET, tags=tags, needs_connection=False)
    return save_llm(LLMModel(owner=owner, **columns), change)


def fill(
    owner: User | None,
    target: LLMModel | Builtin,
    *,
    role: str = "chat",
    slot: str = Slot.PRIMARY,
) -> RoleSlot:
    """Put a model or a built-in into a slot."""
    found = set_slot(owner, role, slot, target)
    assert found is not None
    return found


def make_role(name: str = "", **columns: Any) -> Role:
    return save_role(Role(name=name or f"role{next(_numbers)}", **columns))


def make_person(name: str = "") -> User:
    """Create a user without any right, as most are."""
    return make_user(name)


def rename_provider(provider: Provider, **columns: Any) -> Provider:
    """Change a provider's row."""
    for column, value in columns.items():
        setattr(provider, column, value)
    return save_provider(provider)


def _save(connection: Connection, api_key: str) -> Connection:
    secret = Secret(api_key) if api_key else None
    return save_connection(connection, ConnectionChange(api_key=secret))


def hold(client_id: str, *model_ids: str, now: datetime | None = None) -> None:
    """Register a client that serves these models."""
    clients.register(client_id, "", [{"id": model_id} for model_id in model_ids], now=now)


def measured(llm: LLMModel, health: str) -> LLMModel:
    """Let a model's health be what a test would have found."""
    tracking.unaudited(LLMModel.objects.filter(pk=llm.pk)).update(health=health)
    llm.refresh_from_db()
    return llm


def moved(row: LLMModel | Connection, **columns: Any) -> None:
    """Write columns behind the services' back, as another hand on the database would."""
    tracking.unaudited(type(row).objects.filter(pk=row.pk)).update(**columns)
