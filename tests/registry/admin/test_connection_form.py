from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from registry.choices import ConnectionState
from registry.models import Connection
from tests.factories import API_KEY, make_connection, make_provider
from tests.registry.admin.visitor import Visitor, errors
from tests.trail import changes, written

pytestmark = pytest.mark.django_db
ADD = "registry_connection_add"
CHANGE = "registry_connection_change"
KEY = "sk-another-9f8e7d6c5b4a3210"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def told(answer: Any) -> str:
    """Return the messages that wait for the next page."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_a_connection_is_added_with_its_key(visitor: Visitor) -> None:
    provider = make_provider("acme")

    with written() as events:
        answer = visitor.submit(ADD, provider=str(provider.pk), label="Main", api_key=f" {KEY} ")

    connection = Connection.objects.get()
    assert answer.status_code == 302
    assert connection.open_key().reveal() == KEY
    assert connection.state == ConnectionState.READY
    assert events.names == ["connection_created"]
    assert changes(events.only)["api_key"] == "changed"


def test_the_form_shows_hint_and_age_and_an_empty_field(visitor: Visitor) -> None:
    connection = make_connection()

    page = visitor.node(CHANGE, connection.pk)

    field = next(node for node in page.find("input") if node.get("name") == "api_key")
    assert field.get("type") == "password"
    assert field.get("value") == ""
    assert connection.key_hint in page.text()
    assert "Leave empty to keep it" in page.text()
    assert "drops the stored key" in page.text()


@pytest.mark.parametrize("typed", ["", "   ", "hint", "********", "••••••••"])
def test_an_empty_field_or_a_mask_keeps_the_key(visitor: Visitor, typed: str) -> None:
    connection = make_connection()
    text = connection.key_hint if typed == "hint" else typed

    with written() as events:
        visitor.submit(CHANGE, connection.pk, label="Renamed", api_key=text)

    connection.refresh_from_db()
    assert connection.label == "Renamed"
    assert connection.open_key().reveal() == API_KEY
    assert changes(events.only).keys() == {"label"}


@pytest.mark.parametrize("typed", ["sk-****1234", "sk-…", "key with blanks\x00"])
def test_a_masked_or_broken_key_stands_at_its_field(visitor: Visitor, typed: str) -> None:
    connection = make_connection()

    answer = visitor.submit(CHANGE, connection.pk, api_key=typed)

    connection.refresh_from_db()
    assert "api_key" in errors(answer)
    assert connection.open_key().reveal() == API_KEY


def test_a_new_key_replaces_the_old_one(visitor: Visitor) -> None:
    connection = make_connection()
    hint = connection.key_hint

    with written() as events:
        visitor.submit(CHANGE, connection.pk, api_key=KEY)

    connection.refresh_from_db()
    assert connection.open_key().reveal() == KEY
    assert connection.key_hint != hint
    assert changes(events.only) == {"api_key": "changed"}


@pytest.mark.invariant("S7")
@pytest.mark.parametrize(
    "address",
    [
        "http://api.acme.example/v1",
        "https://api.acme.example:8443/v1",
        "https://api.acme.example.evil.example/v1",
        "https://evil.example/v1",
        "https://ap\u0131.acme.example/v1",
        "",
    ],
)
def test_another_origin_drops_the_key(visitor: Visitor, address: str) -> None:
    provider = make_provider("acme", direct_api_url="https://other.acme.example")
    connection = make_connection(provider, api_url="https://api.acme.example/v1")

    answer = visitor.submit(CHANGE, connection.pk, api_url=address)

    connection.refresh_from_db()
    assert not connection.has_key
    assert connection.state == ConnectionState.NEEDS_KEY
    assert "The key was dropped" in told(answer)


@pytest.mark.invariant("S7")
@pytest.mark.parametrize(
    "address",
    [
        "https://api.acme.example/v2",
        "https://API.acme.example/v1",
        "https://api.acme.example:443/v1",
        "https://api.acme.example./v1/",
    ],
)
def test_the_same_origin_keeps_the_key(visitor: Visitor, address: str) -> None:
    connection = make_connection(api_url="https://api.acme.example/v1")

    answer = visitor.submit(CHANGE, connection.pk, api_url=address)

    connection.refresh_from_db()
    assert connection.open_key().reveal() == API_KEY
    assert "dropped" not in told(answer)


@pytest.mark.invariant("S7")
def test_an_address_with_a_user_in_it_is_refused(visitor: Visitor) -> None:
    connection = make_connection(api_url="https://api.acme.example/v1")

    answer = visitor.submit(
        CHANGE, connection.pk, api_url="https://api.acme.example@evil.example/v1"
    )

    connection.refresh_from_db()
    assert "api_url" in errors(answer)
    assert connection.api_url == "https://api.acme.example/v1"
    assert connection.open_key().reveal() == API_KEY


@pytest.mark.invariant("S7")
def test_a_new_key_comes_along_to_a_new_origin(visitor: Visitor) -> None:
    connection = make_connection(api_url="https://api.acme.example/v1")

    visitor.submit(CHANGE, connection.pk, api_url="https://new.example", api_key=KEY)

    connection.refresh_from_db()
    assert connection.open_key().reveal() == KEY
    assert connection.origin == "https://new.example:443"


@pytest.mark.invariant("A4")
def test_nothing_but_the_form_is_writable(visitor: Visitor) -> None:
    connection, other = make_connection(), make_provider("other")
    before = vars(Connection.objects.get())

    visitor.submit(
        CHANGE,
        connection.pk,
        label="Renamed",
        owner=str(visitor.user.pk),
        provider=str(other.pk),
        state="keyless",
        origin="https://evil.example:443",
        key_fingerprint="0" * 64,
        private_to="",
    )

    after = vars(Connection.objects.get())
    moved = {name for name in before if before[name] != after[name]} - {"_state"}
    assert moved == {"label", "revision", "updated_at"}


def test_a_blocked_address_comes_with_the_line_that_allows_it(visitor: Visitor) -> None:
    connection = make_connection(api_url="http://10.0.0.5:11434")

    text = visitor.text(CHANGE, connection.pk)

    assert "Address blocked" in text
    assert "REGISTRY_PRIVATE_HOSTS=10.0.0.5:11434" in text


def test_the_first_usable_connection_offers_the_known_models(visitor: Visitor) -> None:
    provider = make_provider("openai", direct_api_url="https://api.openai.com/v1")

    first = visitor.submit(ADD, provider=str(provider.pk), label="Main", api_key=KEY)
    second = visitor.submit(ADD, provider=str(provider.pk), label="Other", api_key=KEY)

    connection = Connection.objects.get(label="Main")
    page = reverse("admin:registry_llmmodel_catalogue")
    assert f"{page}?provider=openai&amp;connection={connection.pk}" in told(first)
    assert "known models" not in told(second)


def test_a_key_that_comes_later_offers_them_too(visitor: Visitor) -> None:
    provider = make_provider("openai", direct_api_url="https://api.openai.com/v1")
    connection = make_connection(provider, api_key="")

    answer = visitor.submit(CHANGE, connection.pk, api_key=KEY)

    assert "known models" in told(answer)


def test_a_provider_without_known_models_offers_none(visitor: Visitor) -> None:
    provider = make_provider("unheard-of")

    answer = visitor.submit(ADD, provider=str(provider.pk), label="Main", api_key=KEY)

    assert "known models" not in told(answer)


@pytest.mark.invariant("C7")
def test_two_forms_at_once_lose_nothing(visitor: Visitor) -> None:
    connection = make_connection(label="First")
    form = visitor.form(CHANGE, connection.pk)
    visitor.submit(CHANGE, connection.pk, label="Theirs")

    answer = visitor.post(CHANGE, connection.pk, **form | {"label": "Mine"})

    connection.refresh_from_db()
    assert connection.label == "Theirs"
    assert "Theirs" in str(errors(answer)["label"])
