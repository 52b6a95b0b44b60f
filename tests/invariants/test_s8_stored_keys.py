"""S8: a stored key and an address that comes with a request never meet.

Nothing is called yet; so here the request must not even leave a row that holds both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from registry.models import Connection, LLMModel
from registry.types import LLMChange
from tests.factories import API_KEY, make_connection, make_llm, make_user
from tests.registry.admin.visitor import Visitor
from tests.registry.api.client import CONNECTIONS, MODELS, Api, with_token

HOME = "https://own.example/v1"
SINK = "https://sink.example"

pytestmark = pytest.mark.django_db


def keys_at_the_sink() -> int:
    """Count the rows whose key opens for the address of the request."""
    rows = Connection.objects.filter(origin__contains="sink")
    return sum(row.has_key for row in rows)


@pytest.fixture
def api() -> Api:
    return with_token(make_user(superuser=True))


@pytest.fixture
def row() -> Connection:
    return make_connection(api_url=HOME)


@pytest.mark.invariant("S8")
def test_no_address_takes_an_address_beside_a_stored_key(
    api: Api, row: Connection, figure: Callable[..., None]
) -> None:
    llm = make_llm(provider=row.provider, change=LLMChange(connection=row))
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"{CONNECTIONS}/{row.pk}/test", {"base_url": SINK}),
        ("POST", f"{MODELS}/{llm.pk}/test", {"api_endpoint": SINK}),
        ("POST", f"{MODELS}/test", {"connection": str(row.pk), "api_endpoint": SINK}),
        ("PATCH", f"{CONNECTIONS}/{row.pk}", {"base_url": SINK}),
        ("PATCH", f"{CONNECTIONS}/{row.pk}", {"origin": SINK}),
        ("PATCH", f"{MODELS}/{llm.pk}", {"api_endpoint": SINK}),
        ("PATCH", f"{MODELS}/{llm.pk}", {"api_endpoint": SINK, "connection": str(row.pk)}),
        ("PUT", f"{MODELS}/{llm.pk}", {"endpoint": SINK}),
    ]
    new = {"type": "generation", "provider": row.provider.slug, "name": "N", "model_id": "n"}
    wanted.append(("POST", MODELS, new | {"connection": str(row.pk), "api_endpoint": SINK}))

    answers = [api.call(method, path, body).status_code for method, path, body in wanted]

    assert all(400 <= status < 500 for status in answers), answers
    assert keys_at_the_sink() == 0
    assert Connection.objects.get().api_url == HOME
    assert Connection.objects.get().open_key().reveal() == API_KEY
    assert list(LLMModel.objects.all()) == [llm]
    figure(requests=len(answers), keys=0)


@pytest.mark.invariant("S8")
def test_the_picture_of_a_key_is_no_key_for_a_new_address(
    api: Api, figure: Callable[..., None]
) -> None:
    pictures = ["", None, "hint", "********", "\u2022\u2022\u2022", "key00000000"]
    visitor = Visitor()

    for picture in pictures:
        for send in (by_api(api), by_form(visitor)):
            row = make_connection(api_url=HOME)
            key = row.key_hint if picture == "hint" else picture
            assert send(row, key).status_code in (200, 302, 400)
            assert not Connection.objects.get(pk=row.pk).has_key

    assert keys_at_the_sink() == 0
    figure(requests=2 * len(pictures), keys=0)


Send = Callable[[Connection, str | None], Any]


def by_api(api: Api) -> Send:
    return lambda row, key: api.patch(f"{CONNECTIONS}/{row.pk}", {"api_url": SINK, "api_key": key})


def by_form(visitor: Visitor) -> Send:
    return lambda row, key: visitor.submit(
        "registry_connection_change", row.pk, api_url=SINK, api_key=key or ""
    )


@pytest.mark.invariant("S8")
def test_a_new_key_for_the_new_address_is_taken(api: Api, row: Connection) -> None:
    answer = api.patch(f"{CONNECTIONS}/{row.pk}", {"api_url": SINK, "api_key": "sk-for-the-sink"})

    assert (answer.status_code, answer.json()["state"]) == (200, "ready")
    assert keys_at_the_sink() == 1
    assert Connection.objects.get().open_key().reveal() == "sk-for-the-sink"
