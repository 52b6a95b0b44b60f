from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from audit.models import LogEntry
from audit.objects import pages_of
from tests.factories import make_llm, make_provider, make_user

pytestmark = pytest.mark.django_db


def asked_by(user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def entries_about(*rows: Model) -> list[LogEntry]:
    return [
        LogEntry(
            pk=number,
            content_type=ContentType.objects.get_for_model(row),
            object_pk=str(row.pk),
        )
        for number, row in enumerate(rows, start=1)
    ]


def test_an_object_that_is_there_has_a_page() -> None:
    provider = make_provider("acme")
    request = asked_by(make_user(superuser=True))

    pages = pages_of(entries_about(provider), request, admin.site)

    assert pages == {1: f"/admin/registry/provider/{provider.pk}/change/"}


def test_an_object_that_is_gone_has_none() -> None:
    provider = make_provider("acme")
    entries = entries_about(provider)
    provider.delete()

    assert pages_of(entries, asked_by(make_user(superuser=True)), admin.site) == {}


def test_who_may_not_open_the_page_gets_no_link() -> None:
    entries = entries_about(make_provider("acme"))
    reader = make_user(staff=True, permissions=["logentry.view"])

    assert pages_of(entries, asked_by(reader), admin.site) == {}


def test_an_event_without_a_row_has_none() -> None:
    entries = entries_about(User())
    entries[0].object_pk = ""

    assert pages_of(entries, asked_by(make_user(superuser=True)), admin.site) == {}


def test_a_key_of_another_kind_has_none() -> None:
    llm = make_llm()
    entries = entries_about(llm)
    entries[0].object_pk = "17"

    assert pages_of(entries, asked_by(make_user(superuser=True)), admin.site) == {}


def test_each_kind_is_asked_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rows = [*(make_provider() for _ in range(5)), *(make_user() for _ in range(5))]
    entries = entries_about(*rows)
    request = asked_by(make_user(superuser=True))

    with django_assert_num_queries(2):
        assert len(pages_of(entries, request, admin.site)) == len(rows)
