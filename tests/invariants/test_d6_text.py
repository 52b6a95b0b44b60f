"""D6: text is text on every database: one normal form, nothing invisible, one spelling a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.models import Connection, KnowledgeBase, LLMAlias, LLMModel, Tag
from registry.services import clients
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from roles.models import CatalogEntry
from roles.services.catalogs import save_entry
from roles.services.own_connections import save_host
from roles.services.own_llms import save_local_model
from roles.services.slots import set_slot
from tests.factories import (
    API_KEY,
    make_connection,
    make_knowledge_base,
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_user,
)
from tests.roles.factories import make_host, make_role, provider_of

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

OWN_NAMED = 6
NAMED = 10  # columns and links that hold what people call things

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
    platform = make_platform(name=text)
    price = make_price(llm, "1", source_name=text)
    for row in (llm, provider, connection, base, platform, price):
        row.refresh_from_db()
    found = [llm.name, llm.family, llm.description, provider.name, connection.label, base.name]
    found += [platform.name, price.source_name]
    return [*found, llm.tags.get().name, LLMAlias.objects.get(llm=llm).name]


@pytest.mark.invariant("D6")
def test_what_people_write_comes_back_in_one_normal_form(figure: Callable[..., None]) -> None:
    for text in FINE:
        assert store_everywhere(text) == [tidy(text)] * NAMED, text

    figure(texts=len(FINE), fields=NAMED, round_trips=NAMED * len(FINE))


@pytest.mark.invariant("D6")
def test_what_people_call_their_own_comes_back_in_one_normal_form(
    figure: Callable[..., None],
) -> None:
    for text in FINE:
        assert store_own(text) == [tidy(text)] * OWN_NAMED, text

    figure(texts=len(FINE), fields=OWN_NAMED, round_trips=OWN_NAMED * len(FINE))


def store_own(text: str) -> list[str]:
    """Write `text` wherever people name what is their own, and staff a role."""
    user, host = make_user(), "http://host.example"
    provider_of("openai-compatible")
    connection = save_host(user, None, label=text, api_url=host)
    llm = save_local_model(
        user, None, host=connection.slug, model_name="m", label=text, tags=[text]
    )
    entry = save_entry(user, provider_of("gemini").slug, model_id="m", label=text)
    role = make_role(label=text, description=text)
    for row in (connection, llm, entry, role):
        row.refresh_from_db()
    return [
        connection.label,
        llm.name,
        llm.tags.get().name,
        entry.label,
        role.label,
        role.description,
    ]


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


@pytest.mark.invariant("D6")
def test_what_nobody_can_see_is_refused_in_ones_own(figure: Callable[..., None]) -> None:
    provider_of("gemini")
    host = make_host(make_user())
    before, refused = host.updated_at, 0

    for what, text in WRONG.items():
        for field, write in own_writes_of(host, text).items():
            assert refused_in(write) == {field}, (what, field)
            refused += 1

    host.refresh_from_db()
    assert host.updated_at == before
    assert not CatalogEntry.objects.exists()
    assert not LLMModel.objects.exists()
    figure(texts=len(WRONG), fields=refused // len(WRONG), refused=refused)


def own_writes_of(host: Connection, text: str) -> dict[str, Callable[[], Any]]:
    user = host.owner
    assert user is not None
    return {
        "label": lambda: save_host(user, host.slug, label=text),
        "role": lambda: set_slot(user, text, "primary", None),
        "slot": lambda: set_slot(user, "chat", text, None),
        "name": lambda: make_role(text or " "),
        "model_id": lambda: save_entry(user, "gemini", model_id=text, label="fine"),
        "model_name": lambda: save_local_model(
            user, None, host=host.slug, model_name=text, label="fine"
        ),
    }


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
        "client": lambda: clients.register(text, "", [{"id": "m"}]),
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
