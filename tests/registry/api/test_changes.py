"""What changed since an application last asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.choices import LLMStatus
from registry.models import LLMModel, Provider
from registry.services import changes
from registry.services.clock import database_now
from registry.services.defaults import set_default
from registry.services.deletion import delete_llm
from registry.services.revision import current_revision
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_platform, make_route, make_user
from tests.registry.api.client import Api, code_of, fields_of, with_session, with_token

PATH = "/api/v1/changes"


@pytest.fixture
def reader(catalogue: None) -> Api:
    """An application of somebody who is no staff member."""
    return with_token(make_user("bob"))


def since(revision: object, **more: object) -> str:
    named = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{PATH}?since={revision}{named}"


def told(api: Api, revision: int) -> list[tuple[str, str]]:
    return [(row["event"], row["name"]) for row in api.get(since(revision)).json()["results"]]


def test_an_application_learns_what_happened_to_its_models(reader: Api, openai: Provider) -> None:
    start = current_revision()
    llm = make_llm(provider=openai, slug="one", model_id="org/One")
    pk = str(llm.pk)
    route = make_route(llm, make_platform("hub"))
    delete_llm(llm)

    answer = reader.get(since(start))

    assert answer.status_code == 200
    shown = answer.json()
    rows = shown.pop("results")
    assert shown == {"revision": start + 4, "since": start, "complete": True, "next": None}
    moments = [row.pop("at") for row in rows]
    assert all(moment.endswith("Z") for moment in moments)
    about = {"model": "one", "model_id": "org/One"}
    nothing = {"model": None, "model_id": None}
    one = {"kind": "model", "id": pk, "name": "one", **about}
    way = {"kind": "route", "id": str(route.pk), "name": "one@hub", **about}
    assert rows[:3] == [
        {"revision": start + 1, "event": "model_created", **one},
        {"revision": start + 2, "event": "platform_created", "kind": "platform"}
        | {"id": "hub", "name": "hub", **nothing},
        {"revision": start + 3, "event": "route_created", **way},
    ]
    assert sorted(rows[3:], key=lambda row: row["kind"]) == [
        {"revision": start + 4, "event": "model_deleted", **one},
        {"revision": start + 4, "event": "route_deleted", **way},
    ]


def test_one_page_leads_to_the_next_until_there_is_no_more(reader: Api, openai: Provider) -> None:
    start: int | None = current_revision()
    for number in range(5):
        make_llm(provider=openai, slug=f"m{number}")
    pages = []

    while start is not None:
        answer = reader.get(since(start, limit=2))
        pages.append([row["name"] for row in answer.json()["results"]])
        start = answer.json()["next"]
        # A tag would tell the reader of the next page that he is done.
        assert answer.has_header("ETag") is (start is None)

    assert pages == [["m0", "m1"], ["m2", "m3"], ["m4"]]


def test_200_rows_come_unless_more_are_asked_for(reader: Api) -> None:
    start = current_revision()
    for _number in range(201):
        make_platform()

    assert len(reader.get(since(start)).json()["results"]) == 200
    assert len(reader.get(since(start, limit=1000)).json()["results"]) == 201


def test_nothing_new_is_an_empty_304_of_one_query(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai)
    here = current_revision()
    first = reader.get(since(here))
    assert (first.json()["results"], first["ETag"]) == ([], f'"{here}"')

    with CaptureQueriesContext(connection) as queries:
        again = reader.get(since(here), If_None_Match=first["ETag"])

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert len([query for query in queries if "registry_revision" in query["sql"]]) == 1
    assert not [query for query in queries if "registry_cataloguechange" in query["sql"]]
    make_llm(provider=openai, slug="new")
    later = reader.get(since(here), If_None_Match=first["ETag"])
    assert [row["name"] for row in later.json()["results"]] == ["new"]


def test_what_is_not_remembered_has_to_be_read_anew(reader: Api, openai: Provider) -> None:
    make_llm(provider=openai)
    here = current_revision()
    changes.forget(database_now() + 2 * changes.kept_for())
    for missing in (here - 1, here + 1, 2**63 - 1):
        tag = f'"{here}"'
        answer = reader.get(since(missing), If_None_Match=tag)

        assert answer.status_code == 200, "a known tag does not hide that something is missing"
        assert answer.json() == {
            **{"revision": here, "since": missing, "complete": False},
            **{"next": None, "results": []},
        }
    assert reader.get(since(here)).json()["complete"]


@pytest.mark.parametrize(
    "wrong", ["-1", "x", "", str(2**63), "9" * 300, "1.0", "+1", " 1", "%00", "0x1", "%D9%A1"]
)
def test_a_wrong_revision_is_told_on_the_field(reader: Api, wrong: str) -> None:
    answer = reader.get(since(wrong))

    assert answer.status_code == 400
    assert list(fields_of(answer)) == ["since"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "since"),
        ("?limit=5", "since"),
        ("?since=1&since=2", "since"),
        ("?since=1&limit=0", "limit"),
        ("?since=1&limit=1001", "limit"),
        ("?since=1&limit=many", "limit"),
        ("?since=1&page=2", "page"),
    ],
)
def test_a_wrong_question_is_told_on_the_field(reader: Api, query: str, field: str) -> None:
    answer = reader.get(PATH + query)

    assert answer.status_code == 400
    assert list(fields_of(answer)) == [field]


# Who is told
# ----------------------------------------------------------------------------


def test_without_a_login_there_is_nothing_unless_lists_are_public(
    catalogue: None, settings: Any, openai: Provider
) -> None:
    start, ann = current_revision(), make_user("ann")
    make_llm(provider=openai, slug="shared")
    make_llm(provider=openai, slug="anns", owner=ann)
    assert Api().get(since(start)).status_code == 401

    settings.REGISTRY_PUBLIC_LISTS = True
    assert told(Api(), start) == [("model_created", "shared")]
    assert Api(Authorization="Bearer reg_wrong").get(since(start)).status_code == 401


@pytest.mark.parametrize("staff", [False, True])
def test_own_models_are_told_to_their_owner_only(openai: Provider, *, staff: bool) -> None:
    ann, bob = make_user("ann"), make_user("bob", staff=staff, superuser=staff)
    start = current_revision()
    make_llm(provider=openai, slug="anns", owner=ann)

    for api in (with_token(ann), with_session(ann)):
        assert told(api, start) == [("model_created", "anns")]
    for api in (with_token(bob), with_session(bob)):
        assert told(api, start) == []


def test_a_token_needs_a_scope_that_reads(catalogue: None) -> None:
    user = make_user(superuser=True)

    statuses = {
        scope: with_token(user, scope).get(since(0)).status_code
        for scope in ("catalogue:read", "admin:read", "admin:write")
    }

    assert statuses == {"catalogue:read": 200, "admin:read": 200, "admin:write": 403}


def reader_of(kind: str) -> Api:
    staff: User = make_user(staff=True, permissions=["llmmodel.view"])
    return {
        "session": lambda: with_session(staff),
        "admin:read": lambda: with_token(staff, "admin:read"),
        "catalogue:read": lambda: with_token(staff, "catalogue:read"),
        "no right": lambda: with_session(make_user(staff=True)),
        "user": lambda: with_session(make_user()),
    }[kind]()


@pytest.mark.parametrize(
    ("kind", "hears"),
    [
        *[("session", True), ("admin:read", True)],
        *[("catalogue:read", False), ("no right", False), ("user", False)],
    ],
)
def test_inactive_models_are_the_staffs_affair(openai: Provider, kind: str, *, hears: bool) -> None:
    api, start = reader_of(kind), current_revision()
    make_llm(provider=openai, slug="draft", status=LLMStatus.INACTIVE)

    assert told(api, start) == ([("model_created", "draft")] if hears else [])


def test_no_answer_has_a_key_or_an_address_in_it(api: Api, openai: Provider) -> None:
    start = current_revision()
    change = LLMChange(api_key=Secret(API_KEY), api_endpoint="https://secret.example/v1")
    azure = Provider.objects.get(slug="azure")
    make_llm(provider=azure, slug="one", change=change)
    api.delete(f"/api/v1/admin/connections/{LLMModel.objects.get().connection_id}/key")

    answer = api.get(since(start))

    assert [row["event"] for row in answer.json()["results"]] == ["model_created", "model_updated"]
    for secret in (API_KEY, "secret.example", "connection", "key", "finger"):
        assert secret not in answer.content.decode()


# Around it
# ----------------------------------------------------------------------------


def test_it_is_only_read(api: Api) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = api.call(method, PATH, {})
        assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert api.call("HEAD", since(0)).status_code == 200


def test_an_answer_is_kept_by_nobody_else(reader: Api) -> None:
    answer = reader.get(since(0))

    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


def test_a_change_over_the_api_is_heard_at_once(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai, slug="one")
    here = api.get(since(current_revision())).json()["revision"]

    api.patch("/api/v1/admin/models/one", {"name": "Other"})
    set_default(llm)

    assert told(api, here) == [("model_updated", "one"), ("model_set_default", "one")]
