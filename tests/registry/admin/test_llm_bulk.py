from __future__ import annotations

from typing import Any

import pytest

from registry.choices import LLMStatus, LLMType
from registry.models import LLMModel
from registry.services.defaults import set_default
from registry.types import LLMChange
from tests.cases import pages
from tests.factories import make_connection, make_knowledge_base, make_llm
from tests.registry.admin.visits import LIST, Visitor
from tests.trail import written

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def preview(
    visitor: Visitor, action: str, *llms: LLMModel, url: str = LIST, **more: Any
) -> Visitor:
    chosen = {"action": action, "_selected_action": [str(llm.pk) for llm in llms]}
    return visitor.post(url, chosen | more)


def confirm(visitor: Visitor) -> Visitor:
    form = pages.form_with(visitor.page, "confirm")
    assert form is not None, "the preview offers no confirmation"
    return visitor.post(form.get("action"), {**pages.values(form), "confirm": "yes"})


def statuses() -> dict[str, str]:
    return dict(LLMModel.objects.values_list("name", "status"))


def test_a_preview_changes_nothing_and_names_everything(visitor: Visitor) -> None:
    active, star = make_llm(name="Active one"), make_llm(name="Star")
    set_default(star)
    off = make_llm(name="Off already", status=LLMStatus.INACTIVE)
    before = statuses()

    with written() as events:
        preview(visitor, "deactivate", active, star, off)

    assert events == []
    assert statuses() == before
    assert "Will change: 1 Active one" in visitor.text
    assert "Already so: 1" in visitor.text
    assert "Will be refused: 1 Star – is the default of its type" in visitor.text  # noqa: RUF001


def test_the_confirmation_does_what_the_preview_said(visitor: Visitor) -> None:
    active, star = make_llm(name="Active one"), make_llm(name="Star")
    set_default(star)
    off = make_llm(name="Off already", status=LLMStatus.INACTIVE)
    preview(visitor, "deactivate", active, star, off)

    with written() as events:
        confirm(visitor)

    assert statuses()["Active one"] == LLMStatus.INACTIVE
    assert statuses()["Star"] == LLMStatus.ACTIVE
    assert events.names == ["model_updated"]
    assert "Changed: 1 Active one" in visitor.text
    assert "Refused: 1 Star" in visitor.text
    assert visitor.confirm_buttons() == []


def test_activating(visitor: Visitor) -> None:
    off = make_llm(name="Off", status=LLMStatus.INACTIVE)

    preview(visitor, "activate", off)
    confirm(visitor)

    assert statuses() == {"Off": LLMStatus.ACTIVE}


def test_nothing_to_do_offers_no_confirmation(visitor: Visitor) -> None:
    llm = make_llm()

    preview(visitor, "activate", llm)

    assert visitor.confirm_buttons() == []
    assert "nothing to do" in visitor.text


def test_tagging_asks_for_the_tag_first(visitor: Visitor) -> None:
    llm = make_llm(name="One")

    preview(visitor, "add_tag", llm)
    form = pages.form_with(visitor.page, "tag")
    assert form is not None
    visitor.post(LIST, {**pages.values(form), "tag": "fast"})
    assert "Will change: 1 One" in visitor.text
    assert not llm.tags.exists()
    confirm(visitor)

    assert [tag.name for tag in llm.tags.all()] == ["fast"]


def test_attaching_refuses_models_of_another_provider(visitor: Visitor) -> None:
    shared = make_connection()
    fits = make_llm(name="Fits", provider=shared.provider)
    foreign = make_llm(name="Foreign")

    preview(visitor, "attach_connection", fits, foreign, connection=str(shared.pk))
    assert "Foreign – belongs to another provider" in visitor.text  # noqa: RUF001
    confirm(visitor)

    fits.refresh_from_db()
    foreign.refresh_from_db()
    assert fits.connection == shared
    assert foreign.connection != shared


def test_deleting_keeps_what_is_used_and_names_its_users(visitor: Visitor) -> None:
    used, free = make_llm(LLMType.EMBEDDING, name="Used"), make_llm(name="Free")
    for name in ("Docs", "Legal"):
        make_knowledge_base(name, embedding_model=used)

    preview(visitor, "delete_selected", used, free)
    assert "used by Docs, Legal" in visitor.text
    with written() as events:
        confirm(visitor)

    assert set(statuses()) == {"Used"}
    assert "used by Docs, Legal" in visitor.text
    assert sorted(events.names) == ["model_delete_blocked", "model_deleted"]


def test_all_rows_across_pages_follow_the_filter(visitor: Visitor) -> None:
    shared = make_connection()
    for number in range(60):
        change = LLMChange(connection=shared)
        make_llm(name=f"G{number}", provider=shared.provider, change=change)
    make_llm(LLMType.EMBEDDING, name="E")
    url = f"{LIST}?type=generation"

    preview(visitor, "deactivate", LLMModel.objects.get(name="G1"), url=url, select_across="1")
    assert "Will change: 60" in visitor.text
    assert "and 10 more" in visitor.text
    confirm(visitor)

    assert set(LLMModel.objects.active().values_list("name", flat=True)) == {"E"}


def test_the_page_stays_small_for_200_rows(visitor: Visitor) -> None:
    shared = make_connection()
    llms = [
        make_llm(name="N" * 150, provider=shared.provider, change=LLMChange(connection=shared))
        for _number in range(200)
    ]

    preview(visitor, "deactivate", *llms)

    assert "Will change: 200" in visitor.text
    assert len(visitor.html) < 120_000


def test_a_confirmation_that_was_never_previewed_still_obeys_the_rules(visitor: Visitor) -> None:
    star = make_llm(name="Star")
    set_default(star)

    preview(visitor, "deactivate", star, confirm="yes")

    assert statuses() == {"Star": LLMStatus.ACTIVE}


@pytest.mark.parametrize("action", ["nonsense", "", "save_model", "delete"])
def test_an_unknown_action_does_nothing(visitor: Visitor, action: str) -> None:
    make_llm(name="Stays")

    with written() as events:
        preview(visitor, action, LLMModel.objects.get())

    assert events == []


def test_rows_that_are_no_models_are_ignored(visitor: Visitor) -> None:
    make_llm(name="Stays")

    visitor.client.post(LIST, {"action": "deactivate", "_selected_action": ["6f9619ff"]})

    assert statuses() == {"Stays": LLMStatus.ACTIVE}
