from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.test import Client, RequestFactory

from config.admin_menu import navigation
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def menu(user: User | AnonymousUser) -> dict[str, list[str]]:
    request: HttpRequest = RequestFactory().get("/admin/")
    request.user = user
    return {
        str(group.get("title", "")): [str(item["title"]) for item in group["items"]]
        for group in navigation(request)
    }


def test_the_menu_has_the_pages_there_are() -> None:
    assert menu(make_user(superuser=True)) == {
        "": ["Overview", "My models"],
        "Catalogue": [
            "Models",
            "Providers",
            "Platforms",
            "Routes",
            "Prices",
            "Capabilities",
            "Lifecycle",
        ],
        "Access": ["Connections", "Applications", "Clients"],
        "Use": ["Knowledge bases", "Roles"],
        "Choose": ["Which model?", "Compare prices", "Capability matrix"],
        "Operate": ["Tests and health"],
        "Trail": ["Trail"],
        "People": ["Users", "Groups"],
    }


@pytest.mark.invariant("A8")
@pytest.mark.parametrize(
    ("group", "absent"),
    [
        ("readers", {"Trail", "People"}),
        ("operators", {"People"}),
        ("administrators", set()),
    ],
)
def test_the_menu_follows_the_rights(group: str, absent: set[str]) -> None:
    groups = {"Catalogue", "Access", "Use", "Choose", "Operate", "Trail", "People"}

    shown = set(menu(make_user(staff=True, groups=[group])))

    assert shown == {""} | groups - absent


@pytest.mark.invariant("A8")
def test_a_single_right_shows_a_single_page() -> None:
    user = make_user(staff=True, permissions=["provider.view"])

    assert menu(user) == {"": ["Overview", "My models"], "Catalogue": ["Providers"]}


@pytest.mark.invariant("A8")
def test_who_may_see_models_and_no_prices_compares_none() -> None:
    user = make_user(staff=True, permissions=["llmmodel.view"])

    assert menu(user) == {
        "": ["Overview", "My models"],
        "Catalogue": ["Models", "Lifecycle"],
        "Choose": ["Which model?", "Capability matrix"],
    }


def test_every_page_of_the_menu_opens() -> None:
    user = make_user(superuser=True)
    client = Client()
    client.force_login(user)
    request = RequestFactory().get("/admin/")
    request.user = user

    for group in navigation(request):
        for item in group["items"]:
            assert client.get(item["link"]).status_code == 200, item["link"]
