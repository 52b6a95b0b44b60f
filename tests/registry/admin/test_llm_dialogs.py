from __future__ import annotations

from datetime import date

import pytest

from registry.choices import LLMStatus
from registry.models import LLMModel
from registry.services.defaults import set_default
from tests.factories import make_llm
from tests.invariants.isolation import make_owner
from tests.registry.admin.visits import LIST, Visitor, of
from tests.trail import written

pytestmark = pytest.mark.django_db

SENT = {"_form_submitted": "True"}
DIALOGS = ("make_default", "activate_one", "deactivate_one", "deprecate")


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.mark.parametrize("name", DIALOGS)
def test_opening_a_dialog_changes_nothing(visitor: Visitor, name: str) -> None:
    llm = make_llm(name="Asked about", status=LLMStatus.BETA)

    with written() as events:
        visitor.open(of(llm, name))
        visitor.client.head(of(llm, name))

    assert events == []
    assert "Asked about" in visitor.text
    assert len(visitor.confirm_buttons()) == 1


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_without_its_form_changes_nothing(visitor: Visitor, name: str) -> None:
    llm = make_llm(status=LLMStatus.BETA)

    with written() as events:
        visitor.post(of(llm, name), {"something": "else"})

    assert events == []


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_from_another_site_is_refused(visitor: Visitor, name: str) -> None:
    llm = make_llm(status=LLMStatus.BETA)
    visitor.client.handler.enforce_csrf_checks = True

    visitor.post(of(llm, name), SENT)

    assert visitor.status == 403
    assert LLMModel.objects.get().status == LLMStatus.BETA


def test_make_default_lets_the_present_one_step_down(visitor: Visitor) -> None:
    former, llm = make_llm(name="Former"), make_llm(name="Next")
    set_default(former)

    with written() as events:
        visitor.post(of(llm, "make_default"), SENT)

    assert LLMModel.objects.get(is_default=True) == llm
    assert events.names == ["model_set_default"]
    assert "The default has changed" in visitor.text


def test_an_inactive_model_is_not_made_default(visitor: Visitor) -> None:
    llm = make_llm(status=LLMStatus.INACTIVE)

    visitor.post(of(llm, "make_default"), SENT)

    assert "Only an active model can be the default" in visitor.text
    assert not LLMModel.objects.get().is_default


def test_activate_and_deactivate(visitor: Visitor) -> None:
    llm = make_llm()

    visitor.post(of(llm, "deactivate_one"), SENT)
    assert LLMModel.objects.get().status == LLMStatus.INACTIVE
    visitor.post(of(llm, "activate_one"), SENT)
    assert LLMModel.objects.get().status == LLMStatus.ACTIVE


def test_what_the_service_refuses_is_said(visitor: Visitor) -> None:
    llm = make_llm()
    set_default(llm)

    visitor.post(of(llm, "deactivate_one"), SENT)

    assert "Choose another default first" in visitor.text
    assert LLMModel.objects.get().is_active


def test_an_open_dialog_says_what_the_service_refuses(visitor: Visitor) -> None:
    llm = make_llm(name="Star")
    set_default(llm)

    visitor.post(of(llm, "deactivate_one"), SENT, HX_Request="true")

    assert "HX-Redirect" not in visitor.answer.headers
    assert "Nothing was changed on Star" in visitor.text
    assert "Choose another default first" in visitor.text
    assert visitor.confirm_buttons() == []


def test_deprecating_notes_when_how_and_for_what(visitor: Visitor) -> None:
    llm, other = make_llm(), make_llm(name="Other")
    notes = {
        "deprecation_date": "2027-03-31",
        "migration_guide": "Ask for less.",
        "replacement": str(other.pk),
    }

    visitor.post(of(llm, "deprecate"), SENT | notes)

    llm.refresh_from_db()
    assert llm.status == LLMStatus.DEPRECATED
    assert llm.deprecation_date == date(2027, 3, 31)
    assert llm.migration_guide == "Ask for less."
    assert llm.replacement == other


def test_an_empty_note_keeps_the_stored_one(visitor: Visitor) -> None:
    llm = make_llm(migration_guide="Stays.")

    visitor.post(of(llm, "deprecate"), SENT)

    llm.refresh_from_db()
    assert (llm.status, llm.migration_guide) == (LLMStatus.DEPRECATED, "Stays.")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("deprecation_date", "soon"),
        ("replacement", "nobody"),
        ("migration_guide", "turned \u202e round"),
    ],
)
def test_a_wrong_note_is_said_in_the_dialog(visitor: Visitor, field: str, value: str) -> None:
    llm = make_llm()

    visitor.post(of(llm, "deprecate"), SENT | {field: value})

    assert visitor.status == 200
    assert len(visitor.confirm_buttons()) == 1
    assert "text-red-600" in visitor.html
    assert LLMModel.objects.get().is_active


def test_htmx_is_sent_back_to_the_page_it_came_from(visitor: Visitor) -> None:
    llm = make_llm()
    here = f"http://testserver{LIST}?type=generation&p=2"

    visitor.post(of(llm, "deactivate_one"), SENT, HX_Request="true", HX_Current_URL=here)

    assert visitor.answer.headers["HX-Redirect"] == f"{LIST}?type=generation&p=2"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/admin/", "//evil.example", "http://testserver//evil.example/admin/", ""],
)
def test_nobody_is_sent_elsewhere(visitor: Visitor, elsewhere: str) -> None:
    llm = make_llm()

    visitor.post(of(llm, "deactivate_one"), SENT, HX_Request="true", HX_Current_URL=elsewhere)

    assert visitor.answer.headers["HX-Redirect"] == LIST


def test_a_dialog_about_nothing_is_not_found(visitor: Visitor) -> None:
    visitor.post(f"{LIST}6f9619ff-8b86-4d01-b42d-00cf4fc964ff/make_default/", SENT)

    assert visitor.status == 404


def test_a_model_offers_only_what_would_change_it(visitor: Visitor) -> None:
    star, off = make_llm(name="Star"), make_llm(name="Off", status=LLMStatus.INACTIVE)
    set_default(star)
    links = {node.get("href") for node in visitor.open(LIST).page.find("a")}

    assert not {of(star, "make_default"), of(star, "activate_one")} & links
    assert not {of(off, "make_default"), of(off, "deactivate_one")} & links
    assert {of(star, "deactivate_one"), of(off, "activate_one"), of(off, "deprecate")} <= links
    for llm in (star, off):
        on_page = {node.get("href") for node in visitor.open(of(llm)).page.find("a")}
        assert of(llm, "make_default") not in on_page
        assert of(llm, "duplicate") in on_page


@pytest.mark.invariant("A2")
def test_a_dialog_does_not_tell_the_name_of_a_persons_own_model(visitor: Visitor) -> None:
    own = make_owner("zanna").llms[0]

    for name in DIALOGS:
        assert own.name not in visitor.open(of(own, name)).html, name
