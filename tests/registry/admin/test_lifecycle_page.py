from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.admin.lifecycle_page import NAMED, PAGE
from registry.choices import LLMStatus
from registry.services import llm_uses
from registry.services.statuses import set_status
from roles.choices import Slot
from tests.factories import make_knowledge_base, make_llm, make_route, make_user
from tests.many_models import add_many
from tests.registry.admin.visitor import Visitor
from tests.roles.factories import fill

pytestmark = pytest.mark.django_db


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def listed(visitor: Visitor, **query: str) -> list[str]:
    page = visitor.node("lifecycle", **query)
    return [node.get("data-retiring") for node in page.having("data-retiring")]


def test_a_row_says_when_who_and_what_next() -> None:
    heir = make_llm(name="Heir", model_id="heir")
    old = make_llm(name="Old", model_id="old", deprecation_date=in_days(5), replacement=heir)
    make_knowledge_base("Contracts", generation_model=old)
    make_route(old)
    set_status(old, LLMStatus.DEPRECATED, migration_guide="Ask Heir from Friday on.")
    visitor = Visitor()

    page = visitor.node("lifecycle")

    (row,) = page.having("data-retiring")
    for text in ("Old", "Within 7 days", "in 5 days", in_days(5), "knowledge base Contracts"):
        assert text in row.text(), text
    for text in ("1 route", "Heir", "named replacement", "Ask Heir from Friday on."):
        assert text in row.text(), text
    links = [node.get("href") for node in row.find("a")]
    for llm in (old, heir):
        assert reverse("admin:registry_llmmodel_change", args=[llm.pk]) in links


def test_slots_of_roles_and_applications_are_users_too() -> None:
    llm = make_llm(deprecation_date=in_days(5))
    for slot in (Slot.PRIMARY, Slot.BACKUP_1):
        fill(None, llm, role="coder", slot=slot)
    fill(make_user(), llm, role="chat")
    llm_uses.forget()
    llm_uses.note(llm, "search")
    llm_uses.note(llm, "billing")

    text = Visitor().text("lifecycle")
    told_less = Visitor(make_user(staff=True, permissions=["llmmodel.view"])).text("lifecycle")

    assert "3 slots of roles" in text
    assert "2 applications" in text
    assert "nobody that is registered here" not in text
    assert "3 slots of roles" in told_less
    assert "2 applications" not in told_less


def test_without_a_named_replacement_one_is_suggested() -> None:
    make_llm(name="Fits", context_window=200_000)
    make_llm(name="Too small", context_window=1_024)
    make_llm(name="Old", context_window=128_000, status=LLMStatus.DEPRECATED)

    (row,) = Visitor().node("lifecycle").having("data-retiring")

    assert "Fits" in row.text()
    assert "suggested" in row.text()
    assert "Too small" not in row.text()


def test_where_nothing_fits_the_page_says_so() -> None:
    make_llm(status=LLMStatus.DEPRECATED)

    text = Visitor().text("lifecycle")

    assert "none that can do all that this one can" in text
    assert "nobody that is registered here" in text


def test_many_knowledge_bases_are_counted() -> None:
    llm = make_llm(deprecation_date=in_days(0))
    for number in range(NAMED + 2):
        make_knowledge_base(f"Base {number}", generation_model=llm)

    text = Visitor().text("lifecycle")

    assert "and 2 more knowledge bases" in text
    assert "today" in text


@pytest.mark.parametrize(
    ("window", "days"), [("past", -3), ("week", 3), ("month", 20), ("quarter", 60)]
)
def test_a_tab_keeps_its_list(window: str, days: int) -> None:
    for left in (-3, 3, 20, 60):
        make_llm(model_id=f"left{left}", deprecation_date=in_days(left))
    visitor = Visitor()

    assert listed(visitor, window=window) == [f"left{days}"]
    assert len(listed(visitor)) == 4


def test_a_month_of_the_calendar_leads_to_its_models() -> None:
    far = timezone.localdate() + timedelta(days=200)
    make_llm(model_id="far", deprecation_date=far.isoformat())
    make_llm(model_id="near", deprecation_date=in_days(0))
    visitor = Visitor()

    assert listed(visitor) == ["near"]
    links = [node.get("href") for node in visitor.node("lifecycle").find("a")]
    assert f"/admin/lifecycle/?month={far:%Y-%m}" in links
    assert listed(visitor, month=f"{far:%Y-%m}") == ["far"]


@pytest.mark.parametrize(
    "query",
    [
        {"month": "9999-99"},
        {"month": "-1"},
        {"month": "2026-1e5"},
        {"window": "tomorrow"},
        {"window": "' OR 1=1 --"},
        {"p": "-1"},
        {"p": "1e400"},
        {"p": "9" * 5000},
        {"p": "<script>"},
    ],
)
def test_what_is_no_choice_narrows_nothing(query: dict[str, str]) -> None:
    make_llm(model_id="near", deprecation_date=in_days(0))

    assert listed(Visitor(), **query) == ["near"]


def test_a_nul_in_the_address_is_refused() -> None:
    assert Visitor().get("lifecycle", month="\0").status_code == 400


def test_nothing_to_do_is_said() -> None:
    make_llm()
    visitor = Visitor()
    assert "Nothing retires" in visitor.text("lifecycle")

    make_llm(deprecation_date=in_days(200))
    text = visitor.text("lifecycle")
    assert "Nothing retires" not in text
    assert "No model is in this list." in text


def test_the_dialog_that_deprecates_opens_from_here() -> None:
    llm = make_llm(deprecation_date=in_days(3))
    dialog = reverse("admin:registry_llmmodel_deprecate", args=[llm.pk])
    visitor = Visitor()

    assert dialog in [node.get("hx-get") for node in visitor.node("lifecycle").find("a")]
    assert visitor.client.get(dialog).status_code == 200


@pytest.mark.invariant("A8")
def test_a_reader_changes_nothing_from_here() -> None:
    make_llm(deprecation_date=in_days(3))
    reader = Visitor(make_user(staff=True, groups=["readers"]))

    page = reader.node("lifecycle")

    assert "Deprecate" not in [node.text() for node in page.find("a")]
    assert list(page.having("data-retiring"))


@pytest.mark.invariant("A8")
def test_who_may_not_see_models_sees_no_page() -> None:
    visitor = Visitor(make_user(staff=True, permissions=["provider.view"]))

    assert visitor.get("lifecycle").status_code == 403


def test_it_only_reads() -> None:
    assert Visitor().post("lifecycle").status_code == 405


@pytest.mark.invariant("X4")
def test_the_number_of_queries_does_not_grow() -> None:
    add_many(50, retiring=50)
    visitor = Visitor()
    visitor.get("lifecycle")
    with CaptureQueriesContext(database) as few:
        assert len(listed(visitor)) == PAGE

    add_many(500, retiring=500, start=1_000)
    with CaptureQueriesContext(database) as many:
        assert len(listed(visitor)) == PAGE

    assert len(many) == len(few)
