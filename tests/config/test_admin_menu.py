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
        "": ["Overview"],
        "Catalogue": ["Models", "Providers", "Platforms", "Capabilities"],
        "Access": ["Connections", "Applications"],
        "Use": ["Knowledge bases"],
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
    groups = {"Catalogue", "Access", "Use", "Trail", "People"}

    shown = set(menu(make_user(staff=True, groups=[group])))

    assert shown == {""} | groups - absent


@pytest.mark.invariant("A8")
def test_a_single_right_shows_a_single_page() -> None:
    user = make_user(staff=True, permissions=["provider.view"])

    assert menu(user) == {"": ["Overview"], "Catalogue": ["Providers"]}


def test_every_page_of_the_menu_opens() -> None:
    user = make_user(superuser=True)
    client = Client()
    client.force_login(user)
    request = RequestFactory().get("/admin/")
    request.user = user

    for group in navigation(request):
        for item in group["items"]:
            assert client.get(item["link"]).status_code == 200, item["link"]
