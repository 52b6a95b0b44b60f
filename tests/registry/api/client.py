"""A caller of the API, as an application writes one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from registry.choices import Scope
from registry.services.tokens import scopes_open_to
from tests.factories import make_token
from tests.threads import errors, together

MODELS = "/api/v1/admin/models"
CONNECTIONS = "/api/v1/admin/connections"
KEY = "sk-new-1234567890abcdef"


class Api:
    """Speaks JSON; `headers` go along with every request."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(headers=headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send `body` as JSON, or as it is when it is bytes; header names have `_` for `-`."""
        content = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            content = json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = named.pop("content-type", "application/json")
        return self.client.generic(method, path, content, content_type=kind, headers=named)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


def with_token(user: User, *scopes: str) -> Api:
    """Return a caller with a new token of `user`; without `scopes` it has all it may."""
    allowed = scopes_open_to(user) if user.is_staff else (Scope.CATALOGUE_READ.value,)
    _token, text = make_token(user, scopes=scopes or allowed)
    return Api(Authorization=f"Bearer {text}")


def with_session(user: User, **options: Any) -> Api:
    """Return a caller who is logged in to the admin; `options` are the test client's."""
    api = Api()
    api.client = Client(**options)
    api.client.force_login(user)
    return api


def body_of_embedding(**values: Any) -> dict[str, Any]:
    """Return what a new embedding model is made of."""
    return {
        "type": "embedding",
        "provider": "openai",
        "name": "New Embedding",
        "model_id": "text-embedding-3-large",
        "config": {
            "dimensions": 3072,
            "max_tokens": 8191,
            "normalize": True,
            "distance_metric": "cosine",
            "batch_size": 100,
        },
        "api_key": KEY,
    } | values


def body_of_generation(**values: Any) -> dict[str, Any]:
    return {
        "type": "generation",
        "provider": "openai",
        "name": "New Generation",
        "model_id": "gpt-4o",
        "config": {
            "context_window": 128000,
            "max_output_tokens": 4096,
            "temperature": 0.7,
            "top_p": 1.0,
            "top_k": 40,
        },
        "api_key": KEY,
    } | values


def create(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    """Create a model and return the answer."""
    answer = api.post(MODELS, body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what the calls return when all of them begin at the same moment."""
    found = together(calls)
    assert errors(found) == []
    return list(found)


def code_of(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def fields_of(answer: Any) -> set[str]:
    """Return the names of the fields that an answer complains about."""
    return set(answer.json()["error"].get("fields", {}))


def names_of(answer: Any) -> list[str]:
    return [row["name"] for row in answer.json()["results"]]
