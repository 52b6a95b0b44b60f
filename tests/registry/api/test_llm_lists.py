"""Models: filters, search, order and pages of the list."""

from __future__ import annotations

import pytest

from registry.models import Platform, Provider
from registry.services.platforms import save_platform
from registry.types import LLMChange, Secret
from tests.factories import make_llm, make_provider, make_user
from tests.registry.api.client import MODELS, Api, fields_of, names_of
from tests.registry.api.many import fill


@pytest.fixture
def five(catalogue: None) -> None:
    """Five models that differ in everything a list can be asked for."""
    openai = Provider.objects.get(slug="openai")
    gemini = Provider.objects.get(slug="gemini")

    def known(**words: object) -> LLMChange:
        return LLMChange(api_key=Secret("sk-1234567890"), **words)  # type: ignore[arg-type]

    make_llm("embedding", provider=openai, name="Alpha", model_id="emb-one", is_default=True)
    make_llm(
        provider=openai,
        name="Beta",
        model_id="gen-two",
        change=known(tags=["Fast"], aliases=["Second"], capabilities={"vision": True}),
    )
    make_llm(
        provider=gemini,
        name="Gamma",
        model_id="gen-three",
        status="inactive",
        change=known(capabilities={"vision": True, "tools": True}),
    )
    make_llm(
        provider=gemini,
        name="Delta 100%_x",
        model_id="gen-four",
        status="deprecated",
        change=known(capabilities={"vision": False}),
    )
    make_llm("ner", provider=openai, name="Épsilon", model_id="ner-five", status="beta")


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Alpha", "Beta", "Delta 100%_x", "Gamma", "Épsilon"]),
        ("type=generation", ["Beta", "Delta 100%_x", "Gamma"]),
        ("status=inactive", ["Gamma"]),
        ("provider=gemini", ["Delta 100%_x", "Gamma"]),
        ("provider=google", ["Delta 100%_x", "Gamma"]),
        ("type=generation&provider=openai", ["Beta"]),
        ("capability=vision", ["Beta", "Gamma"]),
        ("capability=vision,tools", ["Gamma"]),
        ("tag=fast", ["Beta"]),
        ("tag=unheard-of", []),
        ("owner=shared&type=ner", ["Épsilon"]),
        ("owner=me", []),
        ("q=beta", ["Beta"]),
        ("q=GEN-T", ["Beta", "Gamma"]),
        ("q=second", ["Beta"]),
        ("q=100%25_", ["Delta 100%_x"]),
        ("q=%25_%25_%25", []),
        ("q=emb-one&type=generation", []),
        ("ordering=-name&type=generation", ["Gamma", "Delta 100%_x", "Beta"]),
        ("ordering=model_id&provider=openai", ["Alpha", "Beta", "Épsilon"]),
        ("page_size=2&page=2&type=generation", ["Gamma"]),
    ],
)
def test_a_list_shows_what_was_asked_for(api: Api, query: str, names: list[str]) -> None:
    answer = api.get(f"{MODELS}?{query}")

    assert answer.status_code == 200
    found = names_of(answer)
    # Databases sort É differently; its place is not what this is about.
    assert sorted(found) == sorted(names)
    assert [name for name in found if name != "Épsilon"] == [
        name for name in names if name != "Épsilon"
    ]


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("type=image", "type"),
        ("type=", "type"),
        ("status=gone", "status"),
        ("provider=nobody", "provider"),
        ("provider=%00", "provider"),
        ("platform=nowhere", "platform"),
        ("capability=flight", "capability"),
        ("capability=", "capability"),
        ("owner=ada", "owner"),
        ("ordering=api_key", "ordering"),
        ("ordering=connection__api_key", "ordering"),
        ("ordering=?", "ordering"),
        ("q=" + "x" * 201, "q"),
        ("q=" + "x" * 50_000, "q"),
        ("q=a%00b", "q"),
        ("type=ner&type=embedding", "type"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1e5", "page"),
        ("page=last", "page"),
        ("page=2147483648", "page"),
        ("page=9223372036854775808", "page"),
        ("page=" + "9" * 60, "page"),
        ("page=٣", "page"),
        ("page_size=0", "page_size"),
        ("page_size=true", "page_size"),
        ("page_size=", "page_size"),
        ("prodiver=openai", "prodiver"),
        ("name__startswith=A", "name__startswith"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(api: Api, query: str, field: str) -> None:
    answer = api.get(f"{MODELS}?{query}")

    assert answer.status_code == 400
    assert fields_of(answer) == {field}


@pytest.mark.usefixtures("five")
def test_a_page_has_its_neighbours(api: Api) -> None:
    answer = api.get(f"{MODELS}?page_size=2&page=2")

    shown = answer.json()
    assert list(shown) == ["count", "next", "previous", "results"]
    assert shown["count"] == 5
    assert shown["next"].endswith(f"{MODELS}?page=3&page_size=2")
    assert shown["previous"].endswith(f"{MODELS}?page_size=2")


@pytest.mark.usefixtures("five")
def test_a_page_beyond_the_last_one_is_404(api: Api) -> None:
    assert api.get(f"{MODELS}?page=2").status_code == 404


def test_a_page_never_has_more_than_200_rows(api: Api) -> None:
    fill(0, 201)

    default = api.get(MODELS).json()
    largest = api.get(f"{MODELS}?page_size=1000000000").json()

    assert (default["count"], len(default["results"])) == (201, 50)
    assert (largest["count"], len(largest["results"])) == (201, 200)


def test_a_list_is_empty_without_models(api: Api) -> None:
    assert api.get(MODELS).json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_models_of_a_platform_are_those_of_its_providers(api: Api, openai: Provider) -> None:
    make_llm(provider=openai, name="On it")
    make_llm(provider=make_provider(), name="Elsewhere")
    save_platform(Platform(slug="hub", name="Hub"), providers=[openai])

    assert names_of(api.get(f"{MODELS}?platform=hub")) == ["On it"]


def test_models_of_a_user_are_his_alone(api: Api, openai: Provider) -> None:
    other = make_user()
    llm = make_llm(provider=openai, owner=other, name="Private")

    assert names_of(api.get(MODELS)) == []
    assert api.get(f"{MODELS}/{llm.pk}").status_code == 404
    assert api.patch(f"{MODELS}/{llm.pk}", {"name": "Mine"}).status_code == 404
    assert api.delete(f"{MODELS}/{llm.pk}").status_code == 404


def test_ones_own_models_are_listed_on_request(api: Api, openai: Provider) -> None:
    ada = type(make_user()).objects.get(username="ada")
    llm = make_llm(provider=openai, owner=ada, name="Mine")

    assert names_of(api.get(f"{MODELS}?owner=me")) == ["Mine"]
    assert api.get(f"{MODELS}/{llm.pk}").status_code == 200


@pytest.mark.usefixtures("five")
def test_answers_are_not_kept_by_others(api: Api) -> None:
    answer = api.get(MODELS)

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Authorization, Cookie"
