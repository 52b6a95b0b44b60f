from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.factories import make_connection, make_knowledge_base, make_llm, make_provider, make_user
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db


def found(visitor: Visitor, term: str) -> str:
    return visitor.text("search", s=term, extended="1")


def test_the_palette_finds_rows_and_pages() -> None:
    visitor = Visitor()
    provider = make_provider("needle-provider")
    make_connection(provider, label="Needle account")
    make_llm(name="Needle model", provider=provider)
    make_knowledge_base("Needle base")

    text = found(visitor, "needle")

    for name in ("needle-provider", "Needle account", "Needle model", "Needle base"):
        assert name in text
    assert "Knowledge bases" in found(visitor, "knowledge")
    for term, page in (("which", "Which model?"), ("MATRIX", "Capability matrix")):
        assert page in found(visitor, term)


@pytest.mark.invariant("A8")
def test_the_palette_finds_only_what_its_user_may_see() -> None:
    make_connection(label="Needle account")
    make_knowledge_base("Needle base")
    visitor = Visitor(make_user(staff=True, permissions=["knowledgebase.view"]))

    text = found(visitor, "needle")

    assert "Needle base" in text
    assert "Needle account" not in text
    assert "Lifecycle" not in found(visitor, "lifecycle")


@pytest.mark.invariant("A8")
def test_a_private_connection_is_not_found() -> None:
    llm = make_llm(name="Needle model")
    assert llm.connection is not None

    page = Visitor().node("search", s="needle", extended="1")

    assert not [link for link in page.find("a") if "/connection/" in link.get("href")]


@pytest.mark.invariant("X4")
def test_the_palette_never_reads_the_trail_nor_every_row() -> None:
    for _ in range(30):
        make_provider()
    visitor = Visitor()

    with CaptureQueriesContext(database) as captured:
        text = found(visitor, "provider")

    assert not [query for query in captured if "audit_logentry" in query["sql"]]
    assert text.count("Provider ") <= 25


@pytest.mark.invariant("A8")
def test_a_right_that_is_gone_is_gone_at_once() -> None:
    make_knowledge_base("Needle base")
    user = make_user(staff=True, permissions=["knowledgebase.view"])
    visitor = Visitor(user)
    assert "Needle base" in found(visitor, "needle")

    user.user_permissions.clear()

    assert "Needle base" not in found(visitor, "needle")


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("term", ["", "%", "x" * 50_000, "a\0b"])
def test_no_term_breaks_the_palette(term: str) -> None:
    assert Visitor().get("search", s=term, extended="1").status_code == 200
