"""Which models are found, and in which order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from registry.models import LLMModel
from registry.services import selection
from tests.factories import make_llm, make_platform, make_provider, make_route, make_user
from tests.registry.services.selection.catalogues import make

pytestmark = pytest.mark.django_db


def slugs(rows: list[LLMModel]) -> list[str]:
    return [row.slug for row in rows]


def test_the_cheapest_comes_first_and_an_unknown_price_last() -> None:
    make("unknown", context_window=1_000_000)
    make("dear", price="2")
    make("free", price="0")

    assert slugs(selection.query()) == ["free", "dear", "unknown"]


def test_context_then_speed_then_names_settle_a_tie() -> None:
    provider = make_provider("one")
    make("c-slow", price="1", context_window=8_000, tokens_per_second=5.0, provider=provider)
    make("d-fast", price="1", context_window=8_000, tokens_per_second=9.0, provider=provider)
    make("b-none", price="1", provider=provider)
    make("e-large", price="1", context_window=9_000, provider=provider)
    make("a-none", price="1", provider=provider)

    assert slugs(selection.query()) == ["e-large", "d-fast", "c-slow", "a-none", "b-none"]


def test_letters_sort_alike_in_every_database() -> None:
    provider = make_provider("one")
    for slug in ("a_b", "a-b", "a.b", "ab", "a1"):
        make(slug, price="1", provider=provider)

    assert slugs(selection.query()) == sorted(["a_b", "a-b", "a.b", "ab", "a1"])


@pytest.mark.parametrize(
    ("status", "is_found"),
    [("active", True), ("beta", True), ("inactive", False), ("deprecated", False)],
)
def test_only_active_and_beta_are_answered(status: str, is_found: bool) -> None:
    make("it", status=status)

    assert bool(selection.query()) is is_found


def test_a_model_whose_routes_are_all_down_is_not_answered() -> None:
    make_route(make("down"), status="maintenance")
    make_route(make("gone"), make_platform(status="deprecated"))
    make_route(make("up"))
    make("own-endpoint")

    assert set(slugs(selection.query())) == {"up", "own-endpoint"}


def test_a_user_s_own_model_is_nobody_else_s() -> None:
    make_llm(owner=make_user(), slug="mine")

    assert selection.query() == []


def test_unknown_and_denied_capabilities_both_fail() -> None:
    make("has", can=["vision"])
    make("lacks", cannot=["vision"])
    make("silent")

    assert slugs(selection.query(requires_vision=True)) == ["has"]


def test_a_limit_of_zero_means_free() -> None:
    make("free", price="0", output="0")
    make("cheap", price="0.000000001")
    make("unknown")

    assert slugs(selection.query(max_cost_per_1m_input=0)) == ["free"]


def test_a_limit_is_inclusive_and_exact() -> None:
    make("at", price="0.1")
    make("above", price="0.100000001")

    assert slugs(selection.query(max_input_cost=Decimal("0.1"))) == ["at"]


def test_an_unknown_context_fails_a_minimum_and_passes_a_maximum() -> None:
    make("unknown")
    make("small", context_window=8_000)

    assert slugs(selection.query(min_context=1)) == ["small"]
    assert set(slugs(selection.query(max_context=9_000))) == {"unknown", "small"}


def test_a_provider_is_the_maker_or_a_platform_that_serves() -> None:
    google = make_provider("gemini", aliases=["google"])
    make("made", provider=google)
    make_route(make("served"), make_platform("groq"))
    make_route(make("not-served"), make_platform("azure"))

    assert slugs(selection.query(provider="google")) == ["made"]
    assert slugs(selection.query(provider="groq")) == ["served"]
    assert selection.query(provider="nobody") == []


def test_tags_and_families_are_compared_in_any_case() -> None:
    make("it", tags=["Long Context"], family="GPT-4o")

    assert slugs(selection.query(tags=["long  context"], family="gpt-4o")) == ["it"]


def test_a_name_is_looked_for_before_aliases() -> None:
    provider = make_provider("maker")
    make("first", provider=provider, aliases=["second"])
    make("second", provider=provider, status="deprecated")

    found = selection.find_model("maker", "second")

    assert found is not None
    assert found.slug == "second"


def test_an_alias_finds_in_any_case_and_an_unknown_name_nothing() -> None:
    make("first", provider=make_provider("maker"), aliases=["The Latest"])

    found = selection.find_model("maker", "the latest")

    assert found is not None
    assert selection.find_model("maker", "First") is None
    assert selection.find_model("nobody", "first") is None
    assert selection.find_model("maker", "a\0b") is None
    assert selection.find_model("maker", "\ud800") is None
    assert selection.find_model("a\0b", "first") is None


def test_optional_capabilities_rank_and_do_not_filter() -> None:
    make("both", can=["tools", "vision"], price="9")
    make("one", can=["tools"], price="5")
    make("none", price="1")

    found = selection.capability_search(optional=["tools", "vision"])

    assert slugs(found) == ["both", "one", "none"]


def test_best_is_the_first_of_the_query_or_none() -> None:
    make("dear", price="2")
    make("cheap", price="1")

    best = selection.find_best()

    assert best is not None
    assert best.slug == "cheap"
    assert selection.find_best(requires_telepathy=True) is None


def test_a_wrong_condition_is_named() -> None:
    with pytest.raises(ValidationError, match="whole number"):
        selection.query(min_context="many")


def test_a_family_is_compared_alike_in_every_database() -> None:
    make("it", family="Müller")

    assert slugs(selection.query(family="Müller")) == ["it"]
    assert selection.query(family="MÜLLER") == []


def test_other_words_for_a_capability_are_known() -> None:
    make("it", can=["tools"])

    assert slugs(selection.query(requires_function_calling=True)) == ["it"]
    assert slugs(selection.capability_search(["function_calling"])) == ["it"]
    unknown = ["telepathy", "a\0b", "x" * 50_000]
    assert selection.unknown_capabilities(["function_calling", "Tools", *unknown]) == unknown
