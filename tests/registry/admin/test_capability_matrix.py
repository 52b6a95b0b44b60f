from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.admin.capability_matrix import PAGE
from registry.choices import LLMStatus, LLMType
from registry.models import LLMModel
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_price, make_provider, make_user
from tests.many_models import add_many
from tests.registry.admin.visitor import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("capabilities")]

COLUMNS = ["Streaming", "Tools", "Vision", "128k context", "Free of charge"]


def able(known: Mapping[str, bool] | None = None, **columns: Any) -> LLMModel:
    change = LLMChange(api_key=Secret(API_KEY), capabilities=known or {})
    return make_llm(change=change, **columns)


def listed(visitor: Visitor, **query: str) -> list[str]:
    page = visitor.node("choose_capabilities", **query)
    return [node.get("data-model") for node in page.having("data-model")]


def cells(visitor: Visitor, slug: str) -> dict[str, str]:
    """Return the words of one row, without the icons."""
    page = visitor.node("choose_capabilities")
    (row,) = (node for node in page.having("data-model") if node.get("data-model") == slug)
    words = [" ".join("".join(cell.words).split()) for cell in row.find("td")]
    return dict(zip(COLUMNS, words, strict=True))


def test_each_answer_is_a_word() -> None:
    able({"tools": True, "vision": False}, model_id="one", context_window=128_000)

    assert cells(Visitor(), "one") == {
        "Streaming": "unknown",
        "Tools": "yes",
        "Vision": "no",
        "128k context": "yes",
        "Free of charge": "unknown",
    }


def test_what_is_derived_follows_from_limits_and_prices() -> None:
    free = able(model_id="free", context_window=127_999)
    paid = able(model_id="paid")
    half = able(model_id="half")
    for llm, prices in ((free, ("0", "0")), (paid, ("0", "1")), (half, ("0",))):
        for unit, usd in zip(("input", "output"), prices, strict=False):
            make_price(llm, usd, unit=unit)
    visitor = Visitor()

    assert cells(visitor, "free")["Free of charge"] == "yes"
    assert cells(visitor, "free")["128k context"] == "no"
    assert cells(visitor, "paid")["Free of charge"] == "no"
    assert cells(visitor, "half")["Free of charge"] == "unknown"


def test_the_rows_are_narrowed_by_type_maker_and_name() -> None:
    maker = make_provider("maker")
    able(model_id="first", provider=maker)
    able(model_id="second")
    make_llm(LLMType.EMBEDDING, model_id="third")
    visitor = Visitor()

    assert listed(visitor, provider="maker") == ["first"]
    assert listed(visitor, type="embedding") == ["third"]
    assert listed(visitor, q="seco") == ["second"]
    assert listed(visitor, q="%") == []
    assert len(listed(visitor)) == 3


@pytest.mark.parametrize(
    ("answer", "found"), [("", ["has"]), ("yes", ["has"]), ("no", ["lacks"]), ("unknown", ["open"])]
)
def test_the_rows_are_narrowed_by_a_capability(answer: str, found: list[str]) -> None:
    able({"tools": True}, model_id="has")
    able({"tools": False}, model_id="lacks")
    able({"vision": True}, model_id="open")

    assert listed(Visitor(), capability="tools", answer=answer) == found


@pytest.mark.parametrize(
    ("capability", "answer", "found"),
    [
        ("128k_context", "yes", ["long"]),
        ("128k_context", "no", ["short"]),
        ("128k_context", "unknown", ["open"]),
        ("free_tier", "yes", ["short"]),
        ("free_tier", "no", ["long"]),
        ("free_tier", "unknown", ["open"]),
    ],
)
def test_the_rows_are_narrowed_by_what_is_derived(
    capability: str, answer: str, found: list[str]
) -> None:
    for model_id, tokens, usd in (("long", 200_000, "1"), ("short", 8_000, "0")):
        llm = able(model_id=model_id, context_window=tokens)
        make_price(llm, usd)
        make_price(llm, usd, unit="output")
    able(model_id="open")

    assert listed(Visitor(), capability=capability, answer=answer) == found


def test_models_that_cannot_be_chosen_are_shown_when_asked_for() -> None:
    able(model_id="used")
    able(model_id="idle", status=LLMStatus.INACTIVE)
    visitor = Visitor()

    assert listed(visitor) == ["used"]
    assert sorted(listed(visitor, status="all")) == ["idle", "used"]
    assert "Inactive" in visitor.text("choose_capabilities", status="all")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"type": "poem"}, "type"),
        ({"provider": "nobody"}, "provider"),
        ({"capability": "flying"}, "capability"),
        ({"answer": "perhaps"}, "answer"),
        ({"q": "x" * 50_000}, "q"),
        ({"status": "1e5"}, "status"),
    ],
)
def test_a_wrong_value_stands_at_its_field(query: dict[str, str], field: str) -> None:
    answer = Visitor().get("choose_capabilities", **query)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]


@pytest.mark.parametrize("number", ["-1", "0", "1e5", "NaN", str(2**63), "9" * 5000, "x"])
def test_any_page_number_is_some_page(number: str) -> None:
    able(model_id="one")

    assert listed(Visitor(), p=number) == ["one"]


def test_a_nul_in_the_address_is_refused() -> None:
    assert Visitor().get("choose_capabilities", q="\0").status_code == 400


def test_nothing_found_is_said() -> None:
    visitor = Visitor()
    assert "No model is in use yet." in visitor.text("choose_capabilities")

    able()
    assert "No model fits." in visitor.text("choose_capabilities", q="nothing")


@pytest.mark.invariant("X1")
def test_names_stay_text() -> None:
    able(name="<img src=x onerror=alert(1)>", model_id="img")

    answer = Visitor().get("choose_capabilities", q="<img src=x onerror=alert(1)>")

    content = answer.content.decode()
    assert "<img src=x" not in content
    assert "&lt;img src=x onerror=alert(1)&gt;" in content


def test_the_file_has_all_rows_and_runs_no_formula() -> None:
    able({"tools": True}, model_id="one", name="=1+1")
    add_many(PAGE + 5)

    answer = Visitor().get("choose_capabilities", csv="1")
    rows = list(csv.DictReader(answer.getvalue().decode().splitlines()))

    assert answer["Content-Type"].startswith("text/csv")
    assert len(rows) == PAGE + 6
    (one,) = (row for row in rows if row["model"] == "one")
    assert one["name"] == "'=1+1"
    assert (one["tools"], one["vision"], one["free_tier"]) == ("yes", "unknown", "unknown")


@pytest.mark.invariant("A8")
def test_the_page_follows_the_rights() -> None:
    able(model_id="one")
    for rights, status in ((["provider.view"], 403), (["llmmodel.view"], 200)):
        visitor = Visitor(make_user(staff=True, permissions=rights))
        assert visitor.get("choose_capabilities").status_code == status
        assert visitor.get("choose_capabilities", csv="1").status_code == status


@pytest.mark.invariant("X4")
def test_the_number_of_queries_does_not_grow() -> None:
    add_many(50)
    visitor = Visitor()
    visitor.get("choose_capabilities")
    with CaptureQueriesContext(database) as few:
        assert len(listed(visitor)) == PAGE

    add_many(500, start=1_000)
    with CaptureQueriesContext(database) as many:
        assert len(listed(visitor)) == PAGE

    assert len(many) == len(few)
