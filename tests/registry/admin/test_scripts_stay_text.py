"""What people type is text on every page, whatever it looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from registry.choices import LLMType, ProbeCode
from registry.services.defaults import set_default
from registry.types import LLMChange, Secret
from tests.cases.pages import Node
from tests.factories import (
    API_KEY,
    make_connection,
    make_knowledge_base,
    make_llm,
    make_provider,
    make_test,
    make_user,
)
from tests.registry.admin.visits import ADD, LIST, Visitor, of

pytestmark = [pytest.mark.django_db, pytest.mark.invariant("X1")]

PAYLOADS = (
    "<script>boom()</script>",
    '"><img src=x onerror=boom()>',
    "'><svg/onload=boom()>",
    "</textarea><script>boom()</script>",
    "</script><script>boom()</script>",
    "{{ boom }}{% boom %}",
    "javascript:boom()",
    '" x-on:click="boom()" x-init="boom()',
    "<template x-data=boom()></template>",
    "`${boom()}`",
)
TESTS = "/admin/registry/connectiontest/"
LINKS = {"action", "formaction", "href", "src"}


def dangers(page: Node) -> Iterator[str]:
    """Name the elements and attributes that run what the payloads say."""
    for node in page.walk():
        if node.tag in {"script", "svg", "template"} and "boom" in " ".join(node.words):
            yield node.tag
        for name, value in node.attributes.items():
            runs = name.startswith(("on", "x-", "hx-", "@", ":"))
            leads = name in LINKS and value.strip().startswith("javascript:")
            if "boom" in value and (runs or leads):
                yield f"{name}={value}"
        if node.tag == "img" and "boom" in str(node.attributes):
            yield "img"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_every_text_is_only_text(payload: str, figure: Callable[..., None]) -> None:
    provider = make_provider("acme", name=payload)
    shared = make_connection(provider, label=payload)
    llm = make_llm(
        LLMType.EMBEDDING,
        name=payload,
        model_id="".join(payload.split()),
        description=payload,
        family=payload,
        version=payload,
        migration_guide=payload,
        provider=provider,
        change=LLMChange(api_key=Secret(API_KEY), tags=[payload[:64]], aliases=[payload]),
    )
    make_knowledge_base(payload, embedding_model=llm)
    set_default(llm)
    test = make_test(llm, code=ProbeCode.BAD_PARAMETER, detail=payload, said=payload)
    visitor = Visitor(make_user(payload[:20], superuser=True))
    ticked = {"action": "delete_selected", "_selected_action": str(llm.pk)}

    pages = [visitor.open(url).page for url in (LIST, of(llm), of(llm, "delete"), ADD)]
    pages.append(visitor.open(of(llm, "make_default")).page)
    pages.append(visitor.open(LIST, q=payload, tag=payload, type=payload).page)
    pages.append(visitor.open(f"{LIST}catalogue/", q=payload, connection=str(shared.pk)).page)
    pages.append(visitor.open(ADD, type=payload, provider=payload, copy=str(llm.pk)).page)
    pages.append(visitor.post(LIST, ticked).page)
    pages.append(visitor.post(LIST, ticked | {"confirm": "yes"}).page)
    pages.append(visitor.fill(of(llm), status="inactive", description=payload * 2).page)
    pages.append(visitor.fill(of(llm), description="other").page)
    pages.append(visitor.open(of(llm, "history")).page)
    pages += [visitor.open(url).page for url in (TESTS, f"{TESTS}{test.pk}/change/", "/admin/")]
    pages.append(visitor.post(LIST, ticked | {"action": "check_selected"}).page)

    assert [danger for page in pages for danger in dangers(page)] == []
    figure(payload=payload, pages=len(pages))


def test_a_danger_would_be_found() -> None:
    found = Node("p", children=[Node("img", {"src": "x", "onerror": "boom()"})])

    assert list(dangers(found))


@pytest.mark.parametrize("path", [LIST, ADD, f"{LIST}catalogue/", TESTS, "/admin/login/"])
def test_no_page_has_a_script_or_a_handler_of_its_own(path: str) -> None:
    make_llm()
    visitor = Visitor().open(path)

    for node in visitor.page.walk():
        inline = node.tag == "script" and "src" not in node.attributes
        assert not inline or node.get("type") == "application/json"
        assert not [name for name in node.attributes if name.startswith("on")]
    policy = visitor.answer.headers.get("Content-Security-Policy", "")
    assert "script-src 'self' 'unsafe-eval'" in policy


@pytest.mark.parametrize("path", [LIST, ADD, f"{LIST}catalogue/"])
def test_no_page_asks_another_host(path: str) -> None:
    make_llm()
    page = Visitor().open(path).page

    for node in page.find("script", "link", "img", "iframe", "form"):
        for name in ("src", "href", "action"):
            assert not node.get(name).startswith(("http:", "https:", "//")), node
