from __future__ import annotations

import pytest

from registry.models import LLMModel
from registry.services.llms import save_llm
from registry.services.slugs import LONGEST, free_slug, slug_from
from registry.types import LLMChange
from tests.factories import make_llm, make_provider, make_user
from tests.registry.services.drafts import draft, refusal

UUID = "1b4e28ba-2fa1-4a1b-9d3f-0123456789ab"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("gpt-4o", "gpt-4o"),
        ("GPT-4o", "gpt-4o"),
        ("meta-llama/Llama-3.1-8B", "meta-llama-llama-3.1-8b"),
        ("llama3.1:8b", "llama3.1-8b"),
        ("  spaced  out ", "spaced-out"),
        ("models/gemini_2", "models-gemini_2"),
        ("_hidden", "hidden"),
        (".env", "env"),
        ("größe", "gr-e"),
        ("a///b", "a-b"),
        ("trailing/", "trailing"),
        ("日本", "x"),
        ("", "x"),
        ("///", "x"),
        ("a" * 500, "a" * LONGEST),
    ],
)
def test_a_slug_is_made_of_what_addresses_carry(text: str, slug: str) -> None:
    assert slug_from(text) == slug


@pytest.mark.django_db
def test_a_collision_is_told_apart_by_provider_then_by_number() -> None:
    provider = make_provider("maker")

    slugs = [
        make_llm(provider=provider, model_id="fast", name=str(number)).slug for number in range(4)
    ]

    assert slugs == ["fast", "maker-fast", "maker-fast-2", "maker-fast-3"]


@pytest.mark.parametrize("model_id", ["embedding", "Generation", "ner", "available", UUID])
@pytest.mark.django_db
def test_a_reserved_name_gets_its_provider_in_front(model_id: str) -> None:
    assert make_llm(provider=make_provider("maker"), model_id=model_id).slug == (
        f"maker-{model_id.lower()}"
    )


@pytest.mark.django_db
def test_without_a_prefix_a_number_tells_apart() -> None:
    make_llm(slug="docs")
    taken = LLMModel.objects.shared()

    assert free_slug("Docs", taken) == "docs-2"
    assert free_slug("available", taken) == "available-2"
    assert free_slug("other", taken) == "other"


@pytest.mark.django_db
def test_long_names_stay_within_the_limit() -> None:
    provider = make_provider("p" * 60)
    slugs = {make_llm(provider=provider, model_id="m" * 200).slug for _ in range(3)}

    assert len(slugs) == 3
    assert all(len(slug) <= LONGEST for slug in slugs)


@pytest.mark.django_db
def test_each_user_has_slugs_of_his_own() -> None:
    ada, bob = make_user(), make_user()
    provider = make_provider("maker")

    slugs = [
        make_llm(provider=provider, model_id="fast", owner=owner).slug
        for owner in (None, ada, bob, ada)
    ]

    assert slugs == ["fast", "fast", "fast", "maker-fast"]


@pytest.mark.django_db
def test_a_given_slug_is_kept() -> None:
    assert make_llm(model_id="fast", slug="my.own_slug-1").slug == "my.own_slug-1"


@pytest.mark.parametrize(
    "slug", ["Upper", "two words", "-dash", ".dot", "_under", "a/b", "ä", "a\nb", UUID, "x" * 201]
)
@pytest.mark.django_db
def test_what_is_no_slug_is_refused(slug: str) -> None:
    assert set(refusal(draft(slug=slug))) == {"slug"}


@pytest.mark.parametrize("name", ["fast", "FAST", " Fast "])
@pytest.mark.django_db
def test_a_model_is_found_by_its_slug_in_any_case(name: str) -> None:
    llm = make_llm(slug="fast")

    assert LLMModel.objects.named(name).get() == llm


@pytest.mark.django_db
def test_a_model_is_found_by_its_uuid() -> None:
    llm = make_llm()

    assert LLMModel.objects.named(str(llm.pk)).get() == llm
    assert LLMModel.objects.named(str(llm.pk).upper()).get() == llm


@pytest.mark.parametrize("name", ["", "a\x00b", "\ud800", "x" * 5000, "%", "fast'--", UUID])
@pytest.mark.django_db
def test_what_cannot_be_a_name_finds_nothing(name: str) -> None:
    make_llm(slug="fast")

    assert not LLMModel.objects.named(name).exists()


@pytest.mark.django_db
def test_another_users_model_is_not_found_by_its_slug() -> None:
    make_llm(slug="fast", owner=make_user())

    assert not LLMModel.objects.named("fast").exists()


@pytest.mark.django_db
def test_a_cleared_slug_is_made_anew() -> None:
    llm = make_llm(slug="fast", model_id="other")
    llm.slug = ""

    assert save_llm(llm, LLMChange(fields=frozenset({"slug"}))).slug == "other"
