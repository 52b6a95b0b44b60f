"""A model is tested as its form stands: nothing is saved, and no page gets a key back."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from audit.models import LogEntry
from registry.choices import LLMType, ProbeCode, Stage
from registry.errors import BrokerUnavailableError
from registry.models import Connection, ConnectionTest, Job, LLMModel, Provider
from registry.outbound.calls import Call
from registry.services import connection_tests
from registry.types import LLMChange, Secret
from tests.cases import pages
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.outbound import FakeFarSide
from tests.providers import carry_out, provider, refused
from tests.registry.admin.tested import has, marked
from tests.registry.admin.visits import ADD, Visitor, of

pytestmark = pytest.mark.django_db

TYPED = "sk-typed-in-the-form-0123456789"
TRY = "/admin/registry/llmmodel/test-unsaved/"
RUN = ("connectiontest.add", "connectiontest.view", "llmmodel.view")


@pytest.fixture
def visitor() -> Visitor:
    rights = (*RUN, "llmmodel.add", "llmmodel.change")
    return Visitor(make_user(staff=True, permissions=rights))


@pytest.fixture
def maker() -> Provider:
    return make_provider("maker")


def press(visitor: Visitor, page: str, url: str, /, **typed: Any) -> pages.Node:
    """Fill the form of `page` in and press Test; return what comes back."""
    visitor.open(page)
    form = pages.form_with(visitor.page, "name")
    assert form is not None
    visitor.answer = visitor.client.post(url, pages.values(form) | typed)
    assert visitor.status == 200
    return visitor.page


def new(visitor: Visitor, maker: Provider, /, **typed: Any) -> pages.Node:
    whole = {"type": "generation", "provider": str(maker.pk), "model_id": "model-1"}
    return press(visitor, ADD, TRY, **whole | {"api_key": TYPED} | typed)


def change(visitor: Visitor, llm: LLMModel, /, **typed: Any) -> pages.Node:
    return press(visitor, of(llm), of(llm, "try_change"), **typed)


def wrong(page: pages.Node) -> dict[str, str]:
    return {node.get("data-wrong-field"): node.text() for node in page.having("data-wrong-field")}


def sent_keys(far: FakeFarSide) -> set[tuple[str, str]]:
    """Return which key went to which host."""

    def pair(call: Call) -> tuple[str, str]:
        host = call.url.split("/")[2]
        return host, call.credential.secret.reveal() if call.credential else ""

    return {pair(call) for call in far.calls}


# A new model
# ----------------------------------------------------------------------------
def test_a_new_model_is_tested_and_not_saved(
    visitor: Visitor, maker: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider(monkeypatch)

    page = new(visitor, maker, name="", slug="a wrong slug")

    test = ConnectionTest.objects.get()
    assert marked(page, "test").get("data-test") == str(test.pk)
    assert not test.inference
    assert test.job.requested_by == visitor.user
    assert carry_out(test).code == ProbeCode.OK
    assert sent_keys(far) == {("api.maker.example", TYPED)}
    assert not LLMModel.objects.exists()
    assert not Connection.objects.exists()
    visitor.open(reverse("admin:registry_connectiontest_live", args=[test.pk]))
    assert "Answers in" in visitor.text
    assert TYPED not in visitor.html


def test_the_billed_call_is_made_only_when_it_was_asked_for(
    visitor: Visitor, maker: Provider
) -> None:
    new(visitor, maker, inference="on")

    assert ConnectionTest.objects.get().inference


def test_no_answer_has_the_key_and_no_row_keeps_it_open(visitor: Visitor, maker: Provider) -> None:
    new(visitor, maker)

    test = ConnectionTest.objects.get()
    assert TYPED not in visitor.html
    assert TYPED not in str(test.settings)
    assert not any(TYPED in str(vars(entry)) for entry in LogEntry.objects.all())


def test_what_is_missing_is_named_at_its_field(visitor: Visitor, maker: Provider) -> None:
    page = new(visitor, maker, model_id="", api_key="")

    assert set(wrong(page)) == {"model_id"}
    assert "Model id" in wrong(page)["model_id"]
    assert "This field is required." in wrong(page)["model_id"]
    assert "#id_model_id" in [node.get("href") for node in page.find("a")]
    assert not Job.objects.exists()

    assert set(wrong(new(visitor, maker, api_key=""))) == {"api_key"}
    assert set(wrong(new(visitor, maker, type="embedding"))) == {"dimensions"}
    assert set(wrong(new(visitor, maker, provider=""))) == {"provider"}
    assert set(wrong(new(visitor, maker, api_endpoint="ftp://x"))) == {"api_endpoint"}
    assert not has(page, "test")


def test_a_field_is_named_in_the_providers_own_word(visitor: Visitor) -> None:
    azure = make_provider(dialect="azure", direct_api_url="")

    page = new(visitor, azure, api_endpoint="")

    assert "Resource address" in wrong(page)["api_endpoint"]


def test_what_a_test_does_not_need_may_be_wrong(visitor: Visitor, maker: Provider) -> None:
    page = new(visitor, maker, temperature="hot", release_date="soon", context_window="x")

    assert has(page, "test")


def test_a_vector_is_tested_with_its_dimensions(visitor: Visitor, maker: Provider) -> None:
    new(visitor, maker, type=LLMType.EMBEDDING, dimensions="8")

    assert (ConnectionTest.objects.get().settings or {})["dimensions"] == 8


def test_a_shared_connection_lends_its_key_at_its_address(
    visitor: Visitor, maker: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider(monkeypatch)
    shared = make_connection(maker)

    new(visitor, maker, api_key="", connection=str(shared.pk))
    carry_out(ConnectionTest.objects.get())

    assert sent_keys(far) == {("api.maker.example", API_KEY)}


def test_a_typed_address_never_gets_the_key_of_a_connection(
    visitor: Visitor, maker: Provider
) -> None:
    shared = make_connection(maker)

    page = new(
        visitor, maker, api_key="", connection=str(shared.pk), api_endpoint="https://evil.example"
    )

    assert wrong(page)["connection"].endswith("not both.")
    assert not Job.objects.exists()


def test_a_broker_that_does_not_answer_leaves_a_test_that_waits(
    visitor: Visitor, maker: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = connection_tests.request_unsaved

    def stored_but_not_rung(*args: Any, **options: Any) -> None:
        raise BrokerUnavailableError(job=str(original(*args, **options).test.job_id))

    monkeypatch.setattr(connection_tests, "request_unsaved", stored_but_not_rung)

    assert has(new(visitor, maker), "status")


# A stored model
# ----------------------------------------------------------------------------
@pytest.fixture
def own(maker: Provider) -> LLMModel:
    """A model with a key and an address of its own."""
    change = LLMChange(api_key=Secret(API_KEY), api_endpoint="https://own.example/v1")
    return make_llm(model_id="model-1", provider=maker, change=change)


def test_an_untouched_form_tests_the_stored_key_at_its_address(
    visitor: Visitor, own: LLMModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider(monkeypatch)

    change(visitor, own, model_id="model-2")
    test = carry_out(ConnectionTest.objects.get())

    assert sent_keys(far) == {("own.example", API_KEY)}
    assert test.llm is None
    own.refresh_from_db()
    assert (own.model_id, own.health, own.tested_at) == ("model-1", "unknown", None)


@pytest.mark.invariant("S7")
@pytest.mark.parametrize("address", ["https://evil.example/v1", "https://own.example/other", ""])
def test_another_address_asks_for_its_key(address: str, visitor: Visitor, own: LLMModel) -> None:
    page = change(visitor, own, api_endpoint=address)

    assert set(wrong(page)) == {"api_key"}
    assert not Job.objects.exists()


def test_a_typed_key_is_tried_and_the_stored_one_stays(
    visitor: Visitor, own: LLMModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider(monkeypatch, models=refused(401, "Wrong key."))

    change(visitor, own, api_key=TYPED)
    test = carry_out(ConnectionTest.objects.get())

    assert (test.code, test.stages[1]["name"]) == (ProbeCode.BAD_KEY, Stage.AUTH)
    assert sent_keys(far) == {("own.example", TYPED)}
    assert own.connection is not None
    assert own.connection.open_key() == Secret(API_KEY)


def test_a_connection_chosen_instead_is_tested(
    visitor: Visitor, own: LLMModel, maker: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider(monkeypatch)
    shared = make_connection(maker, api_key="sk-of-the-shared-one")

    change(visitor, own, connection=str(shared.pk))
    carry_out(ConnectionTest.objects.get())

    assert sent_keys(far) == {("api.maker.example", "sk-of-the-shared-one")}


def test_a_model_over_a_shared_connection_is_tested_over_it(
    visitor: Visitor, maker: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider(monkeypatch)
    shared = make_connection(maker)
    llm = make_llm(provider=maker, change=LLMChange(connection=shared))

    change(visitor, llm)
    carry_out(ConnectionTest.objects.get())

    assert sent_keys(far) == {("api.maker.example", API_KEY)}
    assert set(wrong(change(visitor, llm, connection=""))) == {"api_key"}


# Rights
# ----------------------------------------------------------------------------
@pytest.mark.invariant("A8")
@pytest.mark.parametrize(
    "missing", ["connectiontest.add", "connectiontest.view", "llmmodel.add", "llmmodel.change"]
)
def test_who_may_not_save_or_not_test_has_no_button(missing: str, maker: Provider) -> None:
    rights = [right for right in (*RUN, "llmmodel.add", "llmmodel.change") if right != missing]
    visitor = Visitor(make_user(staff=True, permissions=rights))
    llm = make_llm(provider=maker)
    is_about_adding = missing != "llmmodel.change"
    url = TRY if is_about_adding else of(llm, "try_change")

    assert visitor.client.post(url, {"model_id": "x"}).status_code == 403
    if missing != "llmmodel.add":
        visitor.open(ADD if is_about_adding else of(llm))
        assert "test-unsaved" not in visitor.html
    assert not Job.objects.exists()


def test_only_a_post_tests(visitor: Visitor, own: LLMModel) -> None:
    assert visitor.client.get(TRY).status_code == 405
    assert visitor.client.get(of(own, "try_change")).status_code == 405


def test_a_model_that_is_gone_is_not_found(visitor: Visitor, own: LLMModel) -> None:
    url = of(own, "try_change")
    own.delete()

    assert visitor.client.post(url, {}).status_code == 404


def test_the_answer_is_a_part_of_a_page_with_a_live_panel(
    visitor: Visitor, maker: Provider
) -> None:
    page = new(visitor, maker)

    assert "nothing was saved" in page.text()
    assert "every 500ms" in marked(page, "test").get("hx-trigger")
    assert not list(page.find("html"))
