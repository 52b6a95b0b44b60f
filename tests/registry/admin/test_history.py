from __future__ import annotations

import pytest

from audit import context
from registry.choices import LLMStatus
from registry.models import LLMModel
from registry.services.statuses import set_status
from tests.factories import API_KEY, make_llm, make_user
from tests.registry.admin.visits import Visitor, of

pytestmark = pytest.mark.django_db


def events(visitor: Visitor) -> list[str]:
    return [node.get("data-event") for node in visitor.page.having("data-event")]


def test_the_history_tells_who_did_what_with_both_values() -> None:
    llm = make_llm(name="Before")
    anna = Visitor(make_user("anna", superuser=True))
    anna.fill(of(llm), name="After", temperature="0.5", api_key=API_KEY[::-1])

    anna.open(of(llm, "history"))

    assert events(anna) == ["model_updated", "model_created"]
    for word in ("anna", "Admin", "Before", "After", "0.5", "changed"):
        assert word in anna.text
    assert API_KEY[::-1][:8] not in anna.html


def test_each_object_has_its_own_history() -> None:
    one, other = make_llm(name="One"), make_llm(name="Other")
    set_status(other, LLMStatus.INACTIVE)

    assert events(Visitor().open(of(one, "history"))) == ["model_created"]


def test_other_sources_are_named() -> None:
    llm = make_llm()
    with context.use(source="command", application=""):
        set_status(llm, LLMStatus.BETA)

    assert "Command" in Visitor().open(of(llm, "history")).text


def test_a_long_history_has_pages() -> None:
    llm = make_llm()
    for number in range(55):
        llm = LLMModel.objects.get()
        set_status(llm, LLMStatus.BETA if number % 2 else LLMStatus.INACTIVE)
    visitor = Visitor().open(of(llm, "history"))

    assert len(events(visitor)) == 50
    assert "Older" in visitor.text
    assert len(events(visitor.open(of(llm, "history"), p="2"))) == 6
    assert "Newer" in visitor.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30])
def test_an_unknown_page_breaks_nothing(page: str) -> None:
    assert Visitor().open(of(make_llm(), "history"), p=page).status == 200
