"""Tags, aliases and capabilities of a model: lists replace, capabilities merge by name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.core.exceptions import ValidationError

from registry.models import Capability, LLMAlias, LLMModel, ModelCapability, Tag
from registry.services.llm_links import fold
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

NOTHING: frozenset[str] = frozenset()
WRONG = [" ", "a\x00b", "a\nb", "a\tb", "a\u2028b", "\u202eright to left", "\ud800", "x" * 201]


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    for name in ("vision", "tools", "audio"):
        Capability.objects.create(name=name, label=name.title())


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(
        change=LLMChange(
            api_key=Secret(API_KEY),
            tags=["Fast", "cheap"],
            aliases=["Quick", "swift"],
            capabilities={"vision": True, "tools": False},
        )
    )


def saying(field: str, names: Sequence[str]) -> LLMChange:
    if field == "tags":
        return LLMChange(NOTHING, tags=names)
    return LLMChange(NOTHING, aliases=names)


def tags(llm: LLMModel) -> list[str]:
    return [tag.name for tag in LLMModel.objects.get(pk=llm.pk).tags.all()]


def aliases(llm: LLMModel) -> list[str]:
    return [alias.name for alias in LLMAlias.objects.filter(llm=llm)]


def capabilities(llm: LLMModel) -> dict[str, bool]:
    rows = ModelCapability.objects.filter(llm=llm).select_related("capability")
    return {row.capability.name: row.supported for row in rows}


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Fast", "fast"),
        ("  Two   Words ", "two words"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("\uff21", "a"),
        ("e\u0301", "\u00e9"),
        ("İ", "i\u0307"),
    ],
)
def test_names_are_compared_by_one_spelling(name: str, folded: str) -> None:
    assert fold(name) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("given", "stored", "told"),
    [
        (["Fast", "cheap"], ["cheap", "Fast"], None),
        (["FAST", " cheap "], ["cheap", "Fast"], None),
        (["fast"], ["Fast"], [["cheap"], []]),
        (["fast", "new"], ["Fast", "new"], [["cheap"], ["new"]]),
        (["new", "NEW", "New "], ["new"], [["Fast", "cheap"], ["new"]]),
        ([], [], [["Fast", "cheap"], []]),
    ],
)
def test_tags_are_replaced_as_a_list(
    llm: LLMModel, given: Sequence[str], stored: list[str], told: list[list[str]] | None
) -> None:
    with written() as found:
        save_llm(llm, LLMChange(fields=NOTHING, tags=given))

    assert tags(llm) == stored
    assert [changes(entry) for entry in found] == ([] if told is None else [{"tags": told}])


def test_a_tag_is_one_row_for_all_models(llm: LLMModel) -> None:
    other = make_llm(change=LLMChange(api_key=Secret(API_KEY), tags=["FAST"]))

    assert tags(other) == ["Fast"]
    assert Tag.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "stored", "told"),
    [
        (["quick", "SWIFT"], ["Quick", "swift"], None),
        (["quick"], ["Quick"], [["swift"], []]),
        (["quick", "Größe"], ["Größe", "Quick"], [["swift"], ["Größe"]]),
        ([], [], [["Quick", "swift"], []]),
    ],
)
def test_aliases_are_replaced_as_a_list(
    llm: LLMModel, given: Sequence[str], stored: list[str], told: list[list[str]] | None
) -> None:
    with written() as found:
        save_llm(llm, LLMChange(fields=NOTHING, aliases=given))

    assert aliases(llm) == stored
    assert [changes(entry) for entry in found] == ([] if told is None else [{"aliases": told}])


@pytest.mark.parametrize("field", ["tags", "aliases"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_name_is_refused(llm: LLMModel, field: str, wrong: str) -> None:
    with written() as found:
        with pytest.raises(ValidationError) as refused:
            save_llm(llm, saying(field, ["fine", wrong]))

    assert set(refused.value.message_dict) == {field}
    assert found == []
    assert (tags(llm), aliases(llm)) == (["cheap", "Fast"], ["Quick", "swift"])


@pytest.mark.parametrize(
    ("said", "stored", "told"),
    [
        ({"vision": True}, {"vision": True, "tools": False}, None),
        ({}, {"vision": True, "tools": False}, None),
        (
            {"vision": False},
            {"vision": False, "tools": False},
            {"capabilities.vision": [True, False]},
        ),
        ({"tools": None}, {"vision": True}, {"capabilities.tools": [False, None]}),
        ({"audio": None}, {"vision": True, "tools": False}, None),
        (
            {"audio": False, "tools": True},
            {"vision": True, "tools": True, "audio": False},
            {"capabilities.audio": [None, False], "capabilities.tools": [False, True]},
        ),
    ],
)
def test_capabilities_merge_by_name(
    llm: LLMModel,
    said: dict[str, bool | None],
    stored: dict[str, bool],
    told: dict[str, list[object]] | None,
) -> None:
    with written() as found:
        save_llm(llm, LLMChange(fields=NOTHING, capabilities=said))

    assert capabilities(llm) == stored
    assert [changes(entry) for entry in found] == ([] if told is None else [told])


@pytest.mark.parametrize("name", ["flying", "Vision", "", "a\x00b", "\ud800"])
def test_an_unknown_capability_is_refused_by_name(llm: LLMModel, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        save_llm(llm, LLMChange(fields=NOTHING, capabilities={"audio": True, name: True}))

    assert set(refused.value.message_dict) == {"capabilities"}
    assert "audio" not in capabilities(llm)


def test_lists_that_are_not_named_stay(llm: LLMModel) -> None:
    llm.name = "Renamed"

    save_llm(llm, LLMChange(fields=frozenset({"name"})))

    assert (tags(llm), aliases(llm)) == (["cheap", "Fast"], ["Quick", "swift"])
    assert capabilities(llm) == {"vision": True, "tools": False}


def test_a_changed_list_moves_the_revision(llm: LLMModel) -> None:
    save_llm(llm, LLMChange(fields=NOTHING, capabilities={"audio": True}))

    assert LLMModel.objects.get().revision == 2
