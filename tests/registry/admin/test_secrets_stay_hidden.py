"""A key in no page, a secret column in no question."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from django.db.models import Model

from registry.choices import Dialect
from registry.models import Connection, LLMModel
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_provider, make_test, make_user
from tests.registry.admin.visits import ADD, LIST, Visitor, of

pytestmark = pytest.mark.django_db

TYPED = "sk-Zz3yX8wV5uT2sR9qP6oN1mL4kJ7iH0gF"


def traces(key: str, text: str) -> list[str]:
    """Return the pieces of eight characters, plain or encoded, that `text` shows."""
    pieces = {key[start : start + 8] for start in range(len(key) - 7)}
    pieces |= {base64.b64encode(key.encode()).decode()[:12], key.encode().hex()[:16]}
    return [piece for piece in pieces if piece in text]


@pytest.mark.invariant("S1")
def test_no_page_shows_a_piece_of_a_key(figure: Callable[..., None]) -> None:
    provider = make_provider("ollama", dialect=Dialect.OLLAMA)
    llm = make_llm(
        provider=provider,
        change=LLMChange(api_key=Secret(API_KEY), api_endpoint="https://one.example"),
    )
    visitor = Visitor()
    texts = [
        visitor.open(url).html
        for url in (
            LIST,
            of(llm),
            of(llm, "delete"),
            of(llm, "history"),
            f"{ADD}?copy={llm.pk}",
            f"{LIST}choices/models/",
            f"{LIST}choices/known/",
        )
    ]
    texts.append(visitor.fill(of(llm), name="", api_key=TYPED).html)
    texts.append(visitor.fill(of(llm), api_key=TYPED).html)
    texts.append(visitor.fill(ADD, type="ner", provider=str(provider.pk), api_key=TYPED).html)
    texts.append(visitor.open(of(llm, "history")).html)

    assert not [text for text in texts if traces(API_KEY, text) or traces(TYPED, text)]
    stored = LLMModel.objects.get(pk=llm.pk).connection
    assert stored is not None
    assert stored.open_key().reveal() == TYPED
    figure(pages=len(texts), traces=0)


def test_the_search_for_traces_finds_them() -> None:
    assert traces(API_KEY, f"... {API_KEY[3:11]} ...")
    assert traces(API_KEY, base64.b64encode(API_KEY.encode()).decode())


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("lookup", ["", "__exact", "__startswith", "__gt", "__regex", "__isnull"])
@pytest.mark.parametrize(
    "column",
    [
        "connection__api_key",
        "connection__key_fingerprint",
        "private_connection__api_key",
        "provider__connections__key_fingerprint",
        "provider__connections__label",
        "provider__llms__owner__password",
        "owner__password",
        "owner__api_tokens__digest",
        "tags__llms__connection__api_key",
        "api_key",
        "has_key__x",
        "type__x",
    ],
)
def test_a_secret_column_answers_no_filter(column: str, lookup: str) -> None:
    llm = make_llm()
    assert llm.connection is not None
    right = llm.connection.key_fingerprint[:4]
    answers = [
        Visitor().open(LIST, **{column + lookup: guess}) for guess in (right, "zzzz", "True")
    ]

    assert {answer.status for answer in answers} == {400}


@pytest.mark.invariant("S12")
@pytest.mark.parametrize(
    "column",
    [
        *("api_key", "origin", "settings", "llm__connection__api_key", "connection__api_key"),
        *("connection__key_fingerprint", "job__requested_by__password", "code__x"),
    ],
)
def test_a_secret_column_answers_no_filter_of_the_tests(column: str) -> None:
    test = make_test()
    url = "/admin/registry/connectiontest/"

    for guess in (str(test.pk), "a", "True"):
        assert Visitor().open(url, **{f"{column}__startswith": guess}).status == 400


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("model", [LLMModel, Connection])
def test_search_does_not_look_at_secrets(model: type[Model]) -> None:
    make_user()
    llm = make_llm()
    assert llm.connection is not None
    for term in (API_KEY, API_KEY[:8], llm.connection.key_fingerprint, "Secret"):
        assert Visitor().open(LIST, q=term).listed() == []


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("order", ["api_key", "-connection__api_key", "6", "-6", "6.1"])
def test_the_list_is_not_ordered_by_a_secret(order: str) -> None:
    for name in ("A", "B", "C"):
        make_llm(name=name)
    by_name = Visitor().open(LIST).listed()
    by_id = sorted(by_name)

    found = Visitor().open(LIST, o=order).listed()

    assert found in (by_name, by_name[::-1], by_id, by_id[::-1])
