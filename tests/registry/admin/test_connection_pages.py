from __future__ import annotations

import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.models import Connection, Platform
from registry.services.platforms import save_platform
from registry.types import LLMChange
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.registry.admin.visitor import Visitor
from tests.trail import written

pytestmark = pytest.mark.django_db
ADD = "registry_connection_add"
CHANGE = "registry_connection_change"
DELETE = "registry_connection_delete"
LIST = "registry_connection_changelist"
KEY = "sk-another-9f8e7d6c5b4a3210"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.mark.invariant("S1")
def test_no_page_has_a_key(visitor: Visitor) -> None:
    """A piece of eight characters would be enough to tell."""
    connection = make_connection()
    make_llm(provider=connection.provider, change=LLMChange(connection=connection))
    pages = [
        visitor.get(LIST),
        visitor.get(CHANGE, connection.pk),
        visitor.get(DELETE, connection.pk),
        visitor.get("registry_connection_history", connection.pk),
        visitor.get("audit_logentry_changelist"),
        visitor.get("audit_logentry_csv"),
        visitor.get("index"),
        visitor.submit(CHANGE, connection.pk, label="x" * 500, api_key=KEY),
    ]

    for answer in pages:
        body = answer.getvalue().decode()
        for key in (API_KEY, KEY):
            assert not [key[at : at + 8] for at in range(len(key) - 7) if key[at : at + 8] in body]


@pytest.mark.invariant("S5")
def test_an_unreadable_key_hurts_only_its_own_row(visitor: Visitor) -> None:
    broken, fine = make_connection(label="Broken"), make_connection(label="Fine")
    with database.cursor() as cursor:
        table = Connection._meta.db_table
        cursor.execute(f"UPDATE {table} SET api_key = %s WHERE label = 'Broken'", [b"damaged"])

    page = visitor.text(LIST)
    opened = visitor.text(CHANGE, broken.pk)
    visitor.submit(CHANGE, broken.pk, api_key=KEY)

    assert re.search(r"Broken .*? Needs key .*? Fine .*? Ready", page)
    assert "cannot be read" in opened
    broken.refresh_from_db()
    assert broken.open_key().reveal() == KEY
    assert fine.open_key().reveal() == API_KEY


def test_a_private_connection_has_no_page(visitor: Visitor) -> None:
    llm = make_llm(name="Private one")
    connection = llm.connection
    assert connection is not None

    listed = visitor.get(LIST).context["cl"].result_list

    assert list(listed) == []
    for page in (CHANGE, DELETE):
        assert visitor.get(page, connection.pk).status_code in {302, 404}
    found = visitor.client.get(
        reverse("admin:autocomplete"),
        {"app_label": "registry", "model_name": "platform", "field_name": "connection"},
    )
    assert found.json()["results"] == []


def test_the_key_is_removed_in_a_dialog(visitor: Visitor) -> None:
    connection = make_connection()
    page = "registry_connection_remove_key"

    asked = visitor.get(page, connection.pk)
    assert asked.status_code == 200
    assert Connection.objects.get().key_hint == connection.key_hint

    with written() as events:
        answer = visitor.submit(page, connection.pk)

    assert answer.status_code in {200, 302}
    assert Connection.objects.get().key_hint == ""
    assert events.names == ["connection_key_removed"]


def test_without_a_key_there_is_nothing_to_remove(visitor: Visitor) -> None:
    with_key, without = make_connection(), make_connection(api_key="")

    assert "Remove key" in visitor.text(CHANGE, with_key.pk)
    assert "Remove key" not in visitor.text(CHANGE, without.pk)


def test_the_delete_page_names_the_users_and_offers_nothing(visitor: Visitor) -> None:
    connection = make_connection()
    make_llm(name="Fast", provider=connection.provider, change=LLMChange(connection=connection))
    save_platform(Platform(slug="cloud", name="Cloud", connection=connection))

    page = visitor.node(DELETE, connection.pk)
    with written() as events:
        answer = visitor.post(DELETE, connection.pk, post="yes")

    assert "Fast" in page.text()
    assert "Cloud" in page.text()
    assert not list(page.having("data-confirm-button"))
    assert answer.status_code == 409
    assert Connection.objects.filter(pk=connection.pk).exists()
    assert events.names == ["connection_delete_blocked"]


def test_an_unused_connection_is_deleted_after_a_question(visitor: Visitor) -> None:
    connection = make_connection()

    assert list(visitor.node(DELETE, connection.pk).having("data-confirm-button"))
    visitor.submit(DELETE, connection.pk)

    assert not Connection.objects.exists()


@pytest.mark.invariant("A8")
def test_each_right_allows_its_own_and_no_more() -> None:
    connection = make_connection()
    viewer = Visitor(make_user(staff=True, permissions=["connection.view"]))

    assert connection.key_hint in viewer.text(CHANGE, connection.pk)
    forged = {"label": "Mine", "api_url": "https://evil.example", "api_key": KEY}
    assert viewer.post(CHANGE, connection.pk, **forged).status_code == 403
    assert viewer.post(ADD, **forged).status_code == 403
    assert viewer.post(DELETE, connection.pk, post="yes").status_code == 403
    assert viewer.post("registry_connection_remove_key", connection.pk).status_code == 403
    connection.refresh_from_db()
    assert connection.open_key().reveal() == API_KEY
    assert connection.label != "Mine"


@pytest.mark.invariant("S12")
@pytest.mark.parametrize(
    "query",
    [
        {"key_fingerprint__startswith": "a"},
        {"api_key__contains": "sk"},
        {"api_key": "sk"},
        {"private_to__connection__api_key__contains": "sk"},
        {"owner__password__startswith": "md5"},
    ],
)
def test_a_key_cannot_be_guessed_by_filters(visitor: Visitor, query: dict[str, str]) -> None:
    make_connection()

    assert visitor.get(LIST, **query).status_code == 400


def test_the_list_narrows_by_provider_kind_and_state(visitor: Visitor) -> None:
    make_connection(make_provider("acme"), label="One")
    make_connection(make_provider("other"), label="Two", api_key="", kind="host")

    def labels(**query: str) -> list[str]:
        return [row.label for row in visitor.get(LIST, **query).context["cl"].result_list]

    assert labels(provider="acme") == ["One"]
    assert labels(kind="host") == ["Two"]
    assert labels(state="needs_key") == ["Two"]
    assert labels(q="one") == ["One"]


@pytest.mark.invariant("X4")
def test_the_list_asks_no_row_anything(visitor: Visitor) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            visitor.get(LIST)
        return len(captured)

    make_connection()
    visitor.get(LIST)
    few = queries()
    for _ in range(12):
        connection = make_connection()
        make_llm(provider=connection.provider, change=LLMChange(connection=connection))

    assert queries() == few
    assert few <= 12


@pytest.mark.parametrize("pk", ["1", "x" * 300, "a\0b"])
def test_what_can_be_no_id_is_no_connection(visitor: Visitor, pk: str) -> None:
    """Django says so and leads on; that it may offer actions first is no error of ours."""
    assert visitor.get(CHANGE, pk).status_code == 302
