"""S8: a stored key and an address that comes with a request never meet.

A request must neither leave a row that holds both, nor make a call that does: the sink listens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from registry.models import Connection, LLMModel
from registry.services import origins
from registry.types import LLMChange
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.outbound import Server, allowed, replying
from tests.provider import agreement
from tests.registry.admin.visitor import Visitor
from tests.registry.api.client import CONNECTIONS, MODELS, Api, with_token
from tests.registry.api.tested import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(settings: Settings) -> Iterator[Server]:
    """Where the stored key belongs; it answers as any provider does."""
    with allowed(settings, replying(agreement())) as server:
        yield server


@pytest.fixture
def sink(settings: Settings) -> Iterator[Server]:
    """The address that requests bring along; nothing but the rule keeps a call from it."""
    with allowed(settings, replying(agreement())) as server:
        yield server


def keys_for(sink: Server) -> int:
    """Count the rows whose key opens for the address of the request."""
    rows = Connection.objects.filter(origin=origins.origin_of(sink.url))
    return sum(row.has_key for row in rows)


@pytest.fixture
def api() -> Api:
    return with_token(make_user(superuser=True))


@pytest.fixture
def row(home: Server) -> Connection:
    return make_connection(api_url=f"{home.url}/v1")


@pytest.mark.invariant("S8")
def test_no_address_takes_an_address_beside_a_stored_key(
    api: Api, row: Connection, sink: Server, figure: Callable[..., None]
) -> None:
    llm = make_llm(provider=row.provider, change=LLMChange(connection=row))
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"{CONNECTIONS}/{row.pk}/test", {"base_url": sink.url}),
        ("POST", f"{MODELS}/{llm.pk}/test", {"api_endpoint": sink.url}),
        ("POST", f"{MODELS}/test", {"connection": str(row.pk), "api_endpoint": sink.url}),
        ("PATCH", f"{CONNECTIONS}/{row.pk}", {"base_url": sink.url}),
        ("PATCH", f"{CONNECTIONS}/{row.pk}", {"origin": sink.url}),
        ("PATCH", f"{MODELS}/{llm.pk}", {"api_endpoint": sink.url}),
        ("PATCH", f"{MODELS}/{llm.pk}", {"api_endpoint": sink.url, "connection": str(row.pk)}),
        ("PUT", f"{MODELS}/{llm.pk}", {"endpoint": sink.url}),
    ]
    new = {"type": "generation", "provider": row.provider.slug, "name": "N", "model_id": "n"}
    both = {"connection": str(row.pk), "api_endpoint": sink.url}
    wanted.append(("POST", MODELS, new | both))
    wanted.append(("POST", f"{MODELS}/test", new | both))
    wanted.append(("POST", f"{CONNECTIONS}/{row.pk}/models", {"base_url": sink.url}))

    answers = [api.call(method, path, body).status_code for method, path, body in wanted]
    work()

    assert all(400 <= status < 500 for status in answers), answers
    assert keys_for(sink) == 0
    assert sink.connections == 0
    assert Connection.objects.get().api_url == row.api_url
    assert Connection.objects.get().open_key().reveal() == API_KEY
    assert list(LLMModel.objects.all()) == [llm]
    figure(requests=len(answers), keys=0, connections=sink.connections)


@pytest.mark.invariant("S8")
def test_settings_that_nobody_saved_get_no_stored_key(
    api: Api, row: Connection, sink: Server, figure: Callable[..., None]
) -> None:
    make_llm(provider=row.provider, change=LLMChange(connection=row), model_id="n")
    new = {"type": "generation", "provider": row.provider.slug, "name": "N", "model_id": "n"}
    typed = [{"api_endpoint": sink.url, "api_key": key} for key in ("", None, "********")]
    typed += [{"api_endpoint": sink.url, "api_key": row.key_hint}, {"api_endpoint": sink.url}]

    answers = [api.post(f"{MODELS}/test", new | body).status_code for body in typed]
    work()

    assert answers == [400] * len(typed)
    assert sink.connections == 0
    figure(requests=len(answers), connections=sink.connections)


@pytest.mark.invariant("S8")
def test_an_address_that_needs_no_key_is_called_without_one(
    api: Api, row: Connection, sink: Server, figure: Callable[..., None]
) -> None:
    keyless = make_provider("keyless", auth_required=False)
    make_connection(keyless)
    new = {"type": "generation", "provider": "keyless", "name": "N", "model_id": "n"}

    assert api.post(f"{MODELS}/test", new | {"api_endpoint": sink.url}).status_code == 202
    work()

    assert sink.requests != []
    assert [request for request in sink.requests if API_KEY.encode() in request] == []
    assert not any(b"authorization" in request.lower() for request in sink.requests)
    figure(requests=len(sink.requests), keys=0)


@pytest.mark.invariant("S8")
def test_what_is_stored_together_is_called_together(
    api: Api, row: Connection, home: Server, sink: Server
) -> None:
    llm = make_llm(provider=row.provider, change=LLMChange(connection=row))
    unsaved = {"type": "generation", "provider": row.provider.slug, "model_id": "n"}
    paths = {
        f"{CONNECTIONS}/{row.pk}/test": {},
        f"{CONNECTIONS}/{row.pk}/models": {},
        f"{MODELS}/{llm.pk}/test": {},
        f"{MODELS}/test": unsaved | {"connection": str(row.pk)},
    }
    for path, body in paths.items():
        before = len(home.requests)
        assert api.post(path, body).status_code in (200, 202), path
        work()
        seen = home.requests[before:]
        assert seen, path
        assert all(f"Bearer {API_KEY}".encode() in request for request in seen), path

    assert sink.connections == 0


@pytest.mark.invariant("S8")
def test_the_picture_of_a_key_is_no_key_for_a_new_address(
    api: Api, home: Server, sink: Server, figure: Callable[..., None]
) -> None:
    pictures = ["", None, "hint", "********", "\u2022\u2022\u2022", "key00000000"]
    visitor = Visitor()

    for picture in pictures:
        for send in (by_api(api, sink.url), by_form(visitor, sink.url)):
            row = make_connection(api_url=f"{home.url}/v1")
            key = row.key_hint if picture == "hint" else picture
            assert send(row, key).status_code in (200, 302, 400)
            assert not Connection.objects.get(pk=row.pk).has_key
            assert api.post(f"{CONNECTIONS}/{row.pk}/test").status_code == 202
    work()

    assert keys_for(sink) == 0
    assert sink.connections == 0
    figure(requests=2 * len(pictures), keys=0, connections=sink.connections)


Send = Callable[[Connection, str | None], Any]


def by_api(api: Api, url: str) -> Send:
    return lambda row, key: api.patch(f"{CONNECTIONS}/{row.pk}", {"api_url": url, "api_key": key})


def by_form(visitor: Visitor, url: str) -> Send:
    return lambda row, key: visitor.submit(
        "registry_connection_change", row.pk, api_url=url, api_key=key or ""
    )


@pytest.mark.invariant("S8")
def test_a_new_key_for_the_new_address_is_taken(api: Api, row: Connection, sink: Server) -> None:
    both = {"api_url": sink.url, "api_key": "sk-for-the-sink"}
    answer = api.patch(f"{CONNECTIONS}/{row.pk}", both)

    assert (answer.status_code, answer.json()["state"]) == (200, "ready")
    assert keys_for(sink) == 1
    assert Connection.objects.get().open_key().reveal() == "sk-for-the-sink"
