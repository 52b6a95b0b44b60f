"""D6: text is text on every database: one normal form, nothing invisible, one spelling a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.models import KnowledgeBase, LLMAlias, LLMModel, Tag
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_knowledge_base, make_llm, make_provider

FINE = [
    "emoji 🦙🚀",
    "family 👩\u200d👩\u200d👧",
    "flag 🏴\u200d☠️",
    "hebrew \u05e9\u05dc\u05d5\u05dd",
    "arabic \u0645\u0631\u062d\u0628\u0627",
    "combining Z\u0351\u036b\u0343algo",
    "decomposed e\u0301 o\u0308",
    "composed \u00e9 \u00f6",
    "cyrillic \u0430\u0435\u043e",
    "  outer blanks  ",
    "日本語 中文 한국어",
    "quotes ' \" ` ; -- /* */",
    "markup <b>&amp;</b>",
    "percent %s %(a)s {0} {{a}}",
    "backslash \\n \\0 \\u0000",
    "= formula",
    "null None nil",
    "x" * 64,
]
WRONG = {
    "NUL": "a\x00b",
    "bell": "a\x07b",
    "escape": "a\x1b[31mb",
    "line": "a\nb",
    "carriage return": "a\rb",
    "tab": "a\tb",
    "line separator": "a\u2028b",
    "next line": "a\x85b",
    "override": "a\u202eb",
    "embedding": "a\u202ab",
    "isolate": "a\u2067b",
    "mark": "a\u200fb",
    "high surrogate": "a\ud83d",
    "low surrogate": "\udc00b",
    "1 MB": "x" * 1_000_000,
    "blank": "   ",
    "nothing": "",
}

pytestmark = pytest.mark.django_db


def tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def store_everywhere(text: str) -> list[str]:
    """Write `text` wherever people name things; return what the database gives back."""
    said = LLMChange(api_key=Secret(API_KEY), tags=[text], aliases=[text])
    llm = make_llm(name=text, family=text, description=text, change=said)
    provider = make_provider(name=text)
    connection = make_connection(provider, label=text)
    base = make_knowledge_base(text)
    for row in (llm, provider, connection, base):
        row.refresh_from_db()
    found = [llm.name, llm.family, llm.description, provider.name, connection.label, base.name]
    return [*found, llm.tags.get().name, LLMAlias.objects.get(llm=llm).name]


@pytest.mark.invariant("D6")
def test_what_people_write_comes_back_in_one_normal_form(figure: Callable[..., None]) -> None:
    for text in FINE:
        assert store_everywhere(text) == [tidy(text)] * 8, text

    figure(texts=len(FINE), fields=8, round_trips=8 * len(FINE))


def refused_in(write: Callable[[], object]) -> set[str]:
    with pytest.raises(ValidationError) as refused:
        write()
    return set(refused.value.message_dict)


@pytest.mark.invariant("D6")
def test_what_nobody_can_see_is_refused_by_its_field(figure: Callable[..., None]) -> None:
    llm = make_llm()
    refused = 0

    for what, text in WRONG.items():
        for field, write in writes_of(llm, text).items():
            assert refused_in(write) == {field}, (what, field)
            refused += 1

    assert LLMModel.objects.get() == llm
    figure(texts=len(WRONG), fields=refused // len(WRONG), refused=refused)


def writes_of(llm: LLMModel, text: str) -> dict[str, Callable[[], Any]]:
    """Return what each field of a name is written by."""
    provider = llm.provider
    return {
        "name": lambda: make_llm(provider=provider, name=text),
        "model_id": lambda: make_llm(provider=provider, model_id=text, slug="fine"),
        "slug": lambda: make_llm(provider=provider, slug=text or " "),
        "tags": lambda: save_llm(llm, LLMChange(frozenset(), tags=[text])),
        "aliases": lambda: save_llm(llm, LLMChange(frozenset(), aliases=[text])),
        "label": lambda: make_connection(provider, label=text),
    }


@pytest.mark.invariant("D6")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Fast", "fast"),
        ("STRASSE", "straße"),
        ("caf\u00e9", "CAFE\u0301"),
        ("\uff26ast", "Fast"),
        ("two words", "Two  Words"),
        (
            "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
            "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3",
        ),
    ],
)
def test_names_that_read_alike_are_one(first: str, second: str) -> None:
    said = LLMChange(api_key=Secret(API_KEY), tags=[first, second], aliases=[first, second])
    make_llm(change=said)
    other = make_llm(change=LLMChange(api_key=Secret(API_KEY), tags=[second]))

    assert Tag.objects.count() == 1
    assert LLMAlias.objects.count() == 1
    assert other.tags.get() == Tag.objects.get()


@pytest.mark.invariant("D6")
def test_slugs_are_told_apart_in_lower_case_only() -> None:
    make_llm(slug="fast")

    assert refused_in(lambda: make_llm(slug="FAST")) == {"slug"}
    assert refused_in(lambda: make_llm(slug="fast")) == {"slug"}
    assert LLMModel.objects.named("FAST").count() == 1


@pytest.mark.invariant("D6")
def test_an_identifier_of_a_provider_is_exact() -> None:
    provider = make_provider()

    for model_id in ("Fast", "fast", "FAST"):
        make_llm(provider=provider, model_id=model_id, change=LLMChange(needs_connection=False))

    assert LLMModel.objects.filter(model_id="Fast").count() == 1
    assert not KnowledgeBase.objects.exists()
