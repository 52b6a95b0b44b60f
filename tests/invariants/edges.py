"""The ways by which the address of a stored key is changed, one function each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError

from registry.models import Connection, LLMModel, Provider
from registry.services.connections import save_connection
from registry.services.llms import save_llm
from registry.services.providers import save_provider
from registry.types import Change, ConnectionChange, LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.registry.admin.visitor import Visitor
from tests.registry.api.client import CONNECTIONS, MODELS, with_token

HOME = "https://münchen.example/v1"
PROVIDERS = "/api/v1/admin/providers"
NOTHING: frozenset[str] = frozenset()

# Takes the new address; returns whether it was accepted.
Move = Callable[[str], bool]
# Makes a row with a key at HOME; returns its connection and the way to move it.
Edge = Callable[[], tuple[Connection, Move]]


def _accepted(write: Callable[[], object]) -> bool:
    try:
        write()
    except ValidationError:
        return False
    return True


def _answered(answer: Any) -> bool:
    assert answer.status_code in (200, 302, 400), answer.status_code
    if "text/html" in answer["Content-Type"]:
        return bool(answer.status_code == 302)  # a form that comes back was refused
    return bool(answer.status_code == 200)


def _connection() -> Connection:
    return make_connection(api_url=HOME)


def _llm() -> tuple[LLMModel, Connection]:
    llm = make_llm(change=LLMChange(api_key=Secret(API_KEY), api_endpoint=HOME))
    assert llm.connection is not None
    return llm, llm.connection


def _provider() -> tuple[Provider, Connection]:
    provider = make_provider(direct_api_url=HOME)
    return provider, make_connection(provider)


def service_connection() -> tuple[Connection, Move]:
    row = _connection()

    def move(url: str) -> bool:
        row.api_url = url
        return _accepted(lambda: save_connection(row, ConnectionChange(frozenset({"api_url"}))))

    return row, move


def service_llm() -> tuple[Connection, Move]:
    llm, row = _llm()
    return row, lambda url: _accepted(lambda: save_llm(llm, LLMChange(NOTHING, api_endpoint=url)))


def service_provider() -> tuple[Connection, Move]:
    provider, row = _provider()

    def move(url: str) -> bool:
        provider.direct_api_url = url
        return _accepted(lambda: save_provider(provider, Change(frozenset({"direct_api_url"}))))

    return row, move


def _by_api(method: str, path: str, field: str) -> Move:
    api = with_token(make_user(superuser=True))
    return lambda url: _answered(api.call(method, path, {field: url}))


def api_connection_patch() -> tuple[Connection, Move]:
    row = _connection()
    return row, _by_api("PATCH", f"{CONNECTIONS}/{row.pk}", "api_url")


def api_connection_put() -> tuple[Connection, Move]:
    row = _connection()
    return row, _by_api("PUT", f"{CONNECTIONS}/{row.pk}", "api_url")


def api_llm_patch() -> tuple[Connection, Move]:
    llm, row = _llm()
    return row, _by_api("PATCH", f"{MODELS}/{llm.pk}", "api_endpoint")


def api_llm_put() -> tuple[Connection, Move]:
    llm, row = _llm()
    return row, _by_api("PUT", f"{MODELS}/{llm.pk}", "api_endpoint")


def api_provider_patch() -> tuple[Connection, Move]:
    provider, row = _provider()
    return row, _by_api("PATCH", f"{PROVIDERS}/{provider.slug}", "direct_api_url")


def admin_connection() -> tuple[Connection, Move]:
    row, visitor = _connection(), Visitor()
    page = "registry_connection_change"
    return row, lambda url: _answered(visitor.submit(page, row.pk, api_url=url))


def admin_llm() -> tuple[Connection, Move]:
    (llm, row), visitor = _llm(), Visitor()
    page = "registry_llmmodel_change"
    return row, lambda url: _answered(visitor.submit(page, llm.pk, api_endpoint=url))


def admin_provider() -> tuple[Connection, Move]:
    (provider, row), visitor = _provider(), Visitor()
    page = "registry_provider_change"
    return row, lambda url: _answered(visitor.submit(page, provider.pk, direct_api_url=url))


EDGES: tuple[Edge, ...] = (
    service_connection,
    service_llm,
    service_provider,
    api_connection_patch,
    api_connection_put,
    api_llm_patch,
    api_llm_put,
    api_provider_patch,
    admin_connection,
    admin_llm,
    admin_provider,
)
