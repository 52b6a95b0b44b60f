from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.tracking import unaudited
from registry.choices import LLMStatus, LLMType
from registry.models import Connection, LLMModel
from registry.services.defaults import set_default
from registry.services.statuses import set_status
from registry.types import LLMChange, Secret
from tests.cases import pages
from tests.factories import (
    API_KEY,
    make_connection,
    make_knowledge_base,
    make_llm,
    make_provider,
    make_user,
)
from tests.registry.admin.visits import LIST, Visitor

pytestmark = pytest.mark.django_db

OWN_KEY = Secret(API_KEY)


def found(visitor: Visitor, **query: str) -> set[str]:
    ids = visitor.open(LIST, **query).listed()
    return set(LLMModel.objects.filter(pk__in=ids).values_list("name", flat=True))


def test_an_empty_list_offers_two_ways_to_begin() -> None:
    visitor = Visitor().open(LIST)

    assert "No models yet" in visitor.text
    assert 'href="/admin/registry/llmmodel/catalogue/"' in visitor.html
    assert 'href="/admin/registry/llmmodel/add/"' in visitor.html


def test_a_search_without_a_hit_is_no_empty_list() -> None:
    assert "No models yet" not in Visitor().open(LIST, q="nothing").text


def test_only_the_default_bears_the_star_and_the_word() -> None:
    star, _other = make_llm(name="Star"), make_llm(name="Other")
    set_default(star)

    page = Visitor().open(LIST).page

    assert pages.default_ids(page) == [str(star.pk)]
    assert page.text().count("Default") == 1


def test_a_row_says_in_words_what_its_colours_say() -> None:
    provider = make_provider()
    make_llm(name="Off", status=LLMStatus.INACTIVE, provider=provider)
    waiting = make_connection(provider, api_key="")
    make_llm(name="Waiting", provider=provider, change=LLMChange(connection=waiting))

    text = Visitor().open(LIST).text

    for word in ("Inactive", "Active", "Ready", "Needs key"):
        assert word in text


def test_the_switch_has_a_name_and_a_state() -> None:
    make_llm(name="Talker")

    (switch,) = [
        node for node in Visitor().open(LIST).page.find("button") if node.get("role") == "switch"
    ]

    assert switch.get("aria-label") == "Active: Talker"
    assert switch.get("aria-checked") == "true"


def test_a_row_names_who_uses_the_model() -> None:
    llm = make_llm(LLMType.EMBEDDING)
    for name in ("Docs", "Legal", "Wiki"):
        make_knowledge_base(name, embedding_model=llm)

    text = Visitor().open(LIST).text

    assert "Docs, Legal and 1 more" in text


def test_sizes_carry_their_unit() -> None:
    make_llm(LLMType.EMBEDDING, dimensions=1536)
    make_llm(context_window=128_000)

    text = Visitor().open(LIST).text

    assert "1,536 dimensions" in text
    assert "128,000 tokens" in text


def test_tabs_count_their_type_and_show_it() -> None:
    make_llm(LLMType.EMBEDDING, name="E")
    make_llm(name="G1")
    make_llm(name="G2")
    visitor = Visitor().open(LIST)
    tabs = {node.get("data-tab"): node.text() for node in visitor.page.having("data-tab")}

    assert tabs == {
        "all": "All 3",
        "embedding": "Embedding 1",
        "generation": "Generation 2",
        "ner": "Entity recognition 0",
    }
    assert found(visitor, type="generation") == {"G1", "G2"}
    assert found(visitor, type="ner") == set()


def test_models_of_a_person_are_not_in_the_organisations_list() -> None:
    mine = make_user()
    own = make_llm(name="Mine", owner=mine)

    assert found(Visitor()) == set()
    assert Visitor().open(f"{LIST}{own.pk}/change/").answer.status_code == 302


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"provider": "acme"}, {"Gold"}),
        ({"status": "inactive"}, {"Silver"}),
        ({"tag": "FAST"}, {"Gold"}),
        ({"tag": "fas"}, set()),
        ({"default": "yes"}, {"Gold"}),
        ({"default": "no"}, {"Silver"}),
        ({"has_key": "yes"}, {"Gold"}),
        ({"has_key": "no"}, {"Silver"}),
        ({"capability": "vision"}, {"Gold"}),
        ({"context_window_from": "50000"}, {"Gold"}),
        ({"context_window_to": "50000"}, {"Silver"}),
        ({"dimensions_from": "1"}, set()),
        ({"q": "gold-1"}, {"Gold"}),
        ({"q": "AURUM"}, {"Gold"}),
        ({"q": "silv"}, {"Silver"}),
        ({"q": "silver-slug"}, {"Silver"}),
        ({"q": "gold silver"}, set()),
        ({"q": "%"}, set()),
        ({"q": "_"}, set()),
    ],
)
def test_filters_and_search_find_what_they_name(
    query: dict[str, str], names: set[str], capabilities: None
) -> None:
    gold = make_llm(
        name="Gold",
        model_id="gold-1",
        provider=make_provider("acme"),
        context_window=100_000,
        change=LLMChange(
            api_key=OWN_KEY, tags=["fast"], aliases=["Aurum"], capabilities={"vision": True}
        ),
    )
    set_default(gold)
    make_llm(
        name="Silver",
        model_id="ag",
        slug="silver-slug",
        status=LLMStatus.INACTIVE,
        context_window=2_000,
        change=LLMChange(needs_connection=False, capabilities={"vision": False}),
    )

    assert found(Visitor(), **query) == names


def test_a_model_with_several_fitting_names_is_listed_once() -> None:
    change = LLMChange(api_key=OWN_KEY, aliases=["gold one", "gold two", "gold three"])
    make_llm(name="Gold", change=change)

    assert len(Visitor().open(LIST, q="gold").listed()) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"q": "%_" * 200},
        {"q": "x " * 25_000},
        {"q": '"' * 3_000},
        {"context_window_from": "abc"},
        {"context_window_to": "1e400"},
        {"dimensions_from": "9" * 400},
        {"type": "no such type"},
        {"p": "99999999999999999999"},
        {"o": "999.-999.x"},
        {"tag": "x" * 50_000},
    ],
)
def test_no_query_breaks_the_list(query: dict[str, str]) -> None:
    make_llm()

    answer = Visitor().client.get(LIST, query, follow=True)

    assert answer.status_code == 200


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("kind", ["superuser", "operator"])
def test_a_page_costs_the_same_however_many_models_there_are(
    kind: str, figure: Callable[..., None]
) -> None:
    user = make_user(superuser=True) if kind == "superuser" else None
    visitor = Visitor(user or make_user(staff=True, groups=["operators"]))
    shared = make_connection()
    counts = []
    for target in (100, 1_000):
        _fill_up(target, shared)
        visitor.open(LIST)  # once for what Django remembers
        with CaptureQueriesContext(connection) as queries:
            visitor.open(LIST)
        assert len(visitor.listed()) == 50
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[1] <= 12
    figure(models=1_000, queries=counts[1])


def _fill_up(target: int, shared: Connection) -> None:
    """Add rows until there are `target`; their names and users are as in real life."""
    first = LLMModel.objects.count()
    rows = [
        LLMModel(
            id=uuid4(),
            name=f"Model {number}",
            model_id=f"model-{number}",
            slug=f"model-{number}",
            type=LLMType.GENERATION,
            provider=shared.provider,
            connection=shared,
        )
        for number in range(first, target)
    ]
    unaudited(LLMModel.objects.all()).bulk_create(rows)
    for llm in LLMModel.objects.order_by("name")[:3]:
        if not llm.generation_bases.exists():
            make_knowledge_base(generation_model=llm)


def test_a_filtered_page_costs_the_same_as_well() -> None:
    visitor = Visitor()
    shared = make_connection()
    counts = []
    for target in (100, 400):
        _fill_up(target, shared)
        visitor.open(LIST, q="model")
        with CaptureQueriesContext(connection) as queries:
            visitor.open(LIST, q="model", status="active", provider=shared.provider.slug)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_deprecated_model_stays_in_the_list() -> None:
    llm = make_llm(name="Old")
    set_status(llm, LLMStatus.DEPRECATED)

    assert found(Visitor()) == {"Old"}
