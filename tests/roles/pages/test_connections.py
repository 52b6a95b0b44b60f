"""One's own hosts, accounts and logins: added, changed, tested and removed."""

from __future__ import annotations

import pytest

from registry.choices import ConnectionKind
from registry.models import Connection, ConnectionTest, LLMModel
from roles.models import RoleSlot
from tests.factories import API_KEY
from tests.roles.factories import fill, make_account, make_host, make_local, provider_of
from tests.roles.pages.visiting import Visit
from tests.trail import written

pytestmark = pytest.mark.django_db

ADDRESS = "https://llm.example.org/v1"


@pytest.fixture
def visit() -> Visit:
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
    return Visit()


def test_a_host_is_added_and_is_the_persons_own(visit: Visit) -> None:
    with written() as events:
        visit.fill(
            "add-host", label="GPU box", api_url=ADDRESS, host_type="ollama", api_key=API_KEY
        )

    row = Connection.objects.get()
    assert (row.owner, row.kind, row.host_type) == (visit.user, ConnectionKind.HOST, "ollama")
    assert row.open_key().reveal() == API_KEY
    assert "GPU box is added" in visit.text
    assert [(entry.event, entry.actor, entry.source) for entry in events] == [
        ("connection_created", visit.user, "admin")
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", ""),
        ("api_url", ""),
        ("api_url", "no address"),
        ("api_url", "http://169.254.169.254/"),
        ("api_url", "https://user:word@llm.example.org"),
        ("api_key", "sk-...****...abcd"),
        ("label", "x" * 10_000),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    visit: Visit, field: str, value: str
) -> None:
    typed = {"label": "GPU box", "api_url": ADDRESS, "host_type": "openai"} | {field: value}

    visit.fill("add-host", **typed)

    assert list(visit.errors()) == [field]
    assert not Connection.objects.exists()
    assert "GPU box" in visit.answer.content.decode() or field == "label"
    assert field != "api_key" or value not in visit.answer.content.decode()


def test_an_account_is_added_at_a_provider(visit: Visit) -> None:
    visit.fill("add-account", label="Work", provider="gemini", api_key=API_KEY)

    row = Connection.objects.get()
    assert (row.provider.slug, row.kind) == ("gemini", ConnectionKind.ACCOUNT)


def test_an_account_needs_a_provider(visit: Visit) -> None:
    visit.fill("add-account", label="Work", provider="", api_key=API_KEY)
    assert list(visit.errors()) == ["provider"]


def test_a_login_has_neither_address_nor_key(visit: Visit) -> None:
    visit.fill("add-login", label="Claude on my laptop", provider="anthropic")

    row = Connection.objects.get()
    assert (row.kind, row.has_key) == (ConnectionKind.CLI, False)
    visit.open("connection", "accounts", row.pk)
    assert "Does it answer?" not in visit.text


def test_an_empty_key_keeps_the_stored_one_and_the_hint_tells_which(visit: Visit) -> None:
    row = make_host(visit.user)

    visit.open("connection", "hosts", row.pk)
    assert f"A key is stored: {row.key_hint}. Leave the field empty to keep it." in visit.text
    visit.fill("connection", "hosts", row.pk, label="Renamed")

    row.refresh_from_db()
    assert (row.label, row.open_key().reveal()) == ("Renamed", API_KEY)


def test_at_another_address_the_key_is_dropped(visit: Visit) -> None:
    row = make_host(visit.user)

    visit.fill("connection", "hosts", row.pk, api_url="https://elsewhere.example")

    row.refresh_from_db()
    assert not row.has_key


def test_who_comes_second_is_told_and_keeps_what_he_typed(visit: Visit) -> None:
    row = make_host(visit.user)
    sent = {"label": "Mine", "api_url": row.api_url, "host_type": "openai", "revision": "0"}
    seen = str(row.revision)
    visit.fill("connection", "hosts", row.pk, label="First")

    visit.post("connection", "hosts", row.pk, **sent | {"revision": seen})

    assert "changed elsewhere" in str(visit.errors())
    row.refresh_from_db()
    assert row.label == "First"
    assert "Mine" in visit.answer.content.decode()


def test_a_private_address_is_stored_and_the_page_tells_who_allows_it(visit: Visit) -> None:
    visit.fill("add-host", label="Laptop", api_url="http://127.0.0.1:11434", host_type="ollama")

    assert "REGISTRY_PRIVATE_HOSTS=127.0.0.1:11434" in visit.text


def test_the_removal_names_what_goes_and_takes_it(visit: Visit) -> None:
    row = make_host(visit.user, label="GPU box")
    fill(visit.user, make_local(visit.user, row, name="Llama"))

    text = visit.open("remove-connection", "hosts", row.pk).text
    assert "Llama" in text
    assert "chat, Primary" in text
    with written() as events:
        visit.post("remove-connection", "hosts", row.pk)

    assert "GPU box is removed." in visit.text
    assert not (Connection.objects.exists())
    assert not (LLMModel.objects.exists())
    assert not RoleSlot.objects.exists()
    assert events.names == ["connection_deleted"]


def test_removing_a_second_time_is_404(visit: Visit) -> None:
    row = make_host(visit.user)
    visit.post("remove-connection", "hosts", row.pk)
    visit.post("remove-connection", "hosts", row.pk)
    assert visit.status == 404


def test_a_test_is_asked_for_and_its_state_is_shown(visit: Visit) -> None:
    row = make_account(visit.user)

    visit.post("test-connection", "accounts", row.pk)

    assert ConnectionTest.objects.get().connection == row
    assert 'data-live="open"' in visit.answer.content.decode()
    assert "Waiting" in visit.text


def test_the_lists_count_models_in_one_query(
    visit: Visit, django_assert_max_num_queries: object
) -> None:
    for _number in range(8):
        make_local(visit.user, make_host(visit.user))
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        visit.open("hosts")
    assert visit.status == 200
