"""Rows for tests, made by the services, so that none exists which the product would refuse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from importlib import resources
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User

from registry.choices import AuthType, Dialect, LLMType, ProbeCode, Scope, Stage
from registry.models import (
    ApiToken,
    Client,
    Connection,
    ConnectionTest,
    KnowledgeBase,
    LLMModel,
    Platform,
    Price,
    Provider,
    Route,
)
from registry.services import accounts, clients, connection_tests, job_queue, prices
from registry.services.connections import save_connection
from registry.services.knowledge_bases import save_knowledge_base
from registry.services.llms import save_llm
from registry.services.platforms import save_platform
from registry.services.probing import SKIPPED, Found
from registry.services.providers import save_provider
from registry.services.routes import save_route
from registry.services.tokens import create_token
from registry.types import UNSET, ConnectionChange, LLMChange, Secret

# What a provider's key looks like; no test sends it anywhere.
API_KEY = "sk-qQ7vT2mZ9xK4bN8cW1rY6pL3dF5gH0jS"

_numbers = count(1)

# What a model of each type needs beside its name.
NEEDED: dict[str, dict[str, Any]] = {
    LLMType.EMBEDDING: {"dimensions": 1536},
    LLMType.GENERATION: {},
    LLMType.NER: {},
}


def make_user(
    username: str = "",
    *,
    staff: bool = False,
    superuser: bool = False,
    groups: Sequence[str] = (),
    permissions: Sequence[str] = (),
    password: str = "",
) -> User:
    """Create a user; `permissions` are `table.right`, such as `llmmodel.change`."""
    name = username or f"user{next(_numbers)}"
    password = password or f"{name}-Quite-Long-77"
    user: User = User.objects.create_user(
        name, password=password, is_staff=staff or superuser, is_superuser=superuser
    )
    if groups:
        accounts.ensure_groups()
        user.groups.set(Group.objects.filter(name__in=groups))
    for permission in permissions:
        user.user_permissions.add(accounts.permission_of(*permission.split(".")))
    return user


def make_provider(
    slug: str = "",
    *,
    dialect: str = Dialect.OPENAI_COMPATIBLE,
    aliases: Sequence[str] | None = None,
    **columns: Any,
) -> Provider:
    """Create a provider with an address of its own, unless `direct_api_url` says otherwise."""
    slug = slug or f"provider{next(_numbers)}"
    columns = {"name": slug.title(), "direct_api_url": f"https://api.{slug}.example/v1"} | columns
    return save_provider(
        Provider(slug=slug, dialect=dialect, **columns),
        aliases=UNSET if aliases is None else aliases,
    )


def reference_provider(slug: str) -> Provider:
    """Create one of the providers that every installation begins with."""
    text = resources.files("registry.data").joinpath("providers.json").read_text()
    (entry,) = (row for row in json.loads(text)["providers"] if row["slug"] == slug)
    columns = {field.name for field in Provider._meta.concrete_fields}
    return make_provider(
        aliases=entry["aliases"], **{name: entry[name] for name in entry if name in columns}
    )


def make_connection(
    provider: Provider | None = None, *, api_key: str = API_KEY, **columns: Any
) -> Connection:
    """Create a shared connection; an empty `api_key` leaves it without one."""
    columns = {"label": f"account {next(_numbers)}"} | columns
    return save_connection(
        Connection(provider=provider or make_provider(), **columns),
        ConnectionChange(api_key=Secret(api_key) if api_key else None),
    )


def make_llm(
    llm_type: str = LLMType.GENERATION,
    *,
    provider: Provider | None = None,
    api_key: str = API_KEY,
    change: LLMChange | None = None,
    **columns: Any,
) -> LLMModel:
    """Create a shared model with a key of its own; `change` replaces all but the columns."""
    number = next(_numbers)
    columns = {
        "name": f"Model {number}",
        "model_id": f"model-{number}",
        **NEEDED[llm_type],
    } | columns
    llm = LLMModel(type=llm_type, provider=provider or make_provider(), **columns)
    return save_llm(llm, change or LLMChange(api_key=Secret(api_key)))


def make_knowledge_base(name: str = "", **columns: Any) -> KnowledgeBase:
    return save_knowledge_base(KnowledgeBase(name=name or f"Base {next(_numbers)}", **columns))


def make_test(
    llm: LLMModel | None = None, *, code: str = "", inference: bool = False, **result: Any
) -> ConnectionTest:
    """Ask for a test of a model; with a `code`, end it with this result (see `end_test`)."""
    test = connection_tests.request_test(llm or make_llm(), inference=inference).test
    return end_test(test, code, **result) if code else test


def end_test(
    test: ConnectionTest,
    code: str,
    *,
    stage: str = Stage.REACH,
    expected: int | None = None,
    **found: Any,
) -> ConnectionTest:
    """End a test that waits, as a worker does; it failed at `stage`, unless it did not.

    `found` is what else it found, such as `latency_ms`.
    """
    job = job_queue.claim(test.job_id, seconds=15)
    assert job is not None, "another test of this model has not ended yet"
    stages = stages_of(code, stage=stage, inference=test.inference)
    test = ConnectionTest.objects.with_links().get(pk=test.pk)
    with job_queue.holding(job):
        connection_tests.store(test, Found(**{"code": code, "stages": stages} | found), expected)
    return ConnectionTest.objects.with_links().get(pk=test.pk)


def stages_of(code: str, *, stage: str, inference: bool) -> list[dict[str, Any]]:
    """Return the stages of a test: a failure ends it at `stage`, else all were passed."""
    is_good = code in (ProbeCode.OK, ProbeCode.OK_TRUNCATED)
    rows: list[dict[str, Any]] = []
    for name in Stage.values:
        has_failed = any(row["code"] != ProbeCode.OK for row in rows)
        if has_failed or (name == Stage.INFERENCE and not inference and is_good):
            rows.append({"name": name, "code": SKIPPED, "latency_ms": None})
        elif name == stage and not is_good:
            rows.append({"name": name, "code": str(code), "latency_ms": 5})
        else:
            rows.append({"name": name, "code": ProbeCode.OK.value, "latency_ms": 5})
    return rows


def make_token(
    user: User | None = None,
    *,
    scopes: Sequence[str] = (Scope.CATALOGUE_READ,),
    application: str = "tests",
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Return a token and its text."""
    owner = user or make_user(staff=True)
    return create_token(owner, application=application, scopes=list(scopes), expires_at=expires_at)


def make_platform(slug: str = "", **columns: Any) -> Platform:
    """Create an active platform with an address of its own."""
    slug = slug or f"platform{next(_numbers)}"
    columns = {
        "name": slug.title(),
        "base_url": f"https://{slug}.example/v1",
        "auth_type": AuthType.API_KEY,
    } | columns
    return save_platform(Platform(slug=slug, **columns))


def make_route(
    llm: LLMModel | None = None, platform: Platform | None = None, **columns: Any
) -> Route:
    """Create an active route of first priority."""
    llm, platform = llm or make_llm(), platform or make_platform()
    return save_route(Route(llm=llm, platform=platform, **columns))


def make_price(llm: LLMModel, usd: str | None, unit: str = "input", **columns: Any) -> Price:
    """Enter one price, from now on unless `valid_from` says otherwise."""
    columns |= {"llm": llm, "unit": unit, "usd": None if usd is None else Decimal(usd)}
    return prices.save_price(Price(**columns))


def make_client(
    client_id: str = "",
    *models: str | dict[str, Any],
    provider: str = "",
    now: datetime | None = None,
) -> Client:
    """Register a client that serves these models, or one that nobody else serves.

    A model is its id or its description; mentioned twice it has two seats.
    """
    number = next(_numbers)
    entries = [{"id": model} if isinstance(model, str) else model for model in models]
    found = clients.register(
        client_id or f"client{number}", provider, entries or [{"id": f"held-{number}"}], now=now
    )
    assert found.client is not None
    return found.client
