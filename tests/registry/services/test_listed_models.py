"""Which models lists show, which one stands for equal ids, and what is told of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit import tracking
from registry.choices import LLMStatus
from registry.models import Capability, LLMModel
from registry.services import clients, model_lists
from registry.services.clock import database_now
from registry.services.defaults import set_default
from registry.types import ListedModel, LLMChange, Thinking
from tests.factories import make_client, make_llm, make_price, make_provider, make_user

pytestmark = pytest.mark.django_db


def listed(owner_id: int | None = None, now: datetime | None = None) -> dict[str, ListedModel]:
    found = model_lists.listed(owner_id, now)
    assert len({model.id for model in found}) == len(found)
    return {model.id: model for model in found}


def one(model_id: str, **options: Any) -> ListedModel:
    found = model_lists.find(model_id, **options)
    assert found is not None
    return found


# What is listed
# ----------------------------------------------------------------------------
def test_active_models_without_clients_are_listed() -> None:
    for status in LLMStatus.values:
        make_llm(model_id=status, status=status)

    assert set(listed()) == {"active"}


def test_all_types_are_in_one_list() -> None:
    for llm_type in ("embedding", "generation", "ner"):
        make_llm(llm_type, model_id=llm_type)

    assert {model.type for model in listed().values()} == {"embedding", "generation", "ner"}


@pytest.mark.parametrize("is_in_catalogue", [True, False])
@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (("ready",), "ready"),
        (("ready", "off"), "ready"),
        (("ready", "cooling"), "ready"),
        (("cooling",), "cooling"),
        (("cooling", "quota"), "cooling"),
        (("quota",), "cooling"),
        (("off",), None),
        (("off", "off"), None),
        (("cooling", "off"), None),
    ],
)
def test_clients_decide_whether_a_model_is_listed(
    is_in_catalogue: bool, marks: tuple[str, ...], expected: str | None
) -> None:
    if is_in_catalogue:
        make_llm(model_id="m")
    for number, mark in enumerate(marks):
        make_client(f"c{number}", "m")
        if mark == "cooling":
            clients.mark_quota(f"c{number}", "m")
        elif mark in ("off", "quota"):
            clients.suspend(f"c{number}", "m", "quota" if mark == "quota" else "broken")

    found = listed().get("m")

    assert (found and found.state) == expected
    assert one("m").state == (expected or "off")


@pytest.mark.parametrize("status", ["inactive", "deprecated", "beta"])
def test_what_the_catalogue_has_but_not_as_active_is_not_listed_for_a_client(status: str) -> None:
    make_llm(model_id="m", status=status)
    make_client("c1", "m")

    assert listed() == {}


def test_a_users_own_model_hides_nothing_from_others() -> None:
    make_llm(model_id="m", owner=make_user(), status="inactive")
    make_client("c1", "m", provider="acme")

    assert listed()["m"].owned_by == "acme"
    assert one("m").owned_by == "acme"


def test_ids_are_compared_exactly() -> None:
    make_llm(model_id="Model")
    make_client("c1", "model")
    clients.suspend("c1", "model")

    assert set(listed()) == {"Model"}
    assert listed()["Model"].state is None


def test_an_own_model_is_there_whatever_clients_can_serve() -> None:
    user = make_user()
    make_llm(model_id="m", owner=user)
    make_client("c1", "m")
    clients.suspend("c1", "m", "broken")

    assert listed(user.pk)["m"].state is None
    assert one("m", owner_id=user.pk).state is None
    assert listed() == {}


# Which one stands for equal ids
# ----------------------------------------------------------------------------
def test_an_own_model_goes_before_the_shared_one() -> None:
    user = make_user()
    make_llm(model_id="m", name="Shared", is_default=True)
    make_llm(model_id="m", name="Own", owner=user)

    assert listed(user.pk)["m"].name == "Own"
    assert one("m", owner_id=user.pk).name == "Own"
    assert (listed()["m"].name, one("m").name) == ("Shared", "Shared")
    assert listed(make_user().pk)["m"].name == "Shared"


def test_the_default_goes_first_then_the_rank() -> None:
    dear, cheap = (make_llm(model_id="m", slug=slug) for slug in ("dear", "cheap"))
    make_price(dear, "9")
    make_price(cheap, "1")
    assert (listed()["m"].slug, one("m").slug) == ("cheap", "cheap")

    set_default(dear)

    assert (listed()["m"].slug, one("m").slug) == ("dear", "dear")


def test_of_equal_rank_the_slug_decides() -> None:
    provider = make_provider()
    for slug in ("b", "a", "c"):
        make_llm(provider=provider, model_id="m", slug=slug)

    assert (listed()["m"].slug, one("m").slug) == ("a", "a")


def test_an_active_one_is_answered_before_others_of_its_id() -> None:
    user = make_user()
    make_llm(model_id="m", slug="old", status="deprecated")
    make_llm(model_id="m", slug="own", status="deprecated", owner=user)
    make_llm(model_id="m", slug="z-active")

    assert one("m", owner_id=user.pk).slug == listed(user.pk)["m"].slug == "z-active"


# One model
# ----------------------------------------------------------------------------
def test_retrieving_answers_active_beta_and_deprecated() -> None:
    for status in LLMStatus.values:
        make_llm(model_id=status, status=status)

    found = {status for status in LLMStatus.values if model_lists.find(status) is not None}

    assert found == {"active", "beta", "deprecated"}


def test_what_is_switched_off_is_not_answered_for_its_clients_either() -> None:
    make_llm(model_id="m", status="inactive")
    make_client("c1", "m")

    assert model_lists.find("m") is None


@pytest.mark.parametrize("model_id", ["", " m", "m ", "M", "m\0", "m" * 10_000, "é", "\ud800"])
def test_what_is_not_exactly_an_id_is_nobodys(model_id: str) -> None:
    make_llm(model_id="m")
    make_client("c1", "m", "other")

    assert model_lists.find(model_id) is None


# What is told
# ----------------------------------------------------------------------------
def test_a_row_of_the_catalogue_is_told_with_all_that_is_known() -> None:
    Capability(name="vision", label="Vision").save()
    heir = make_llm(model_id="acme/next")
    provider = make_provider("acme", name="Acme", proxy_prefix="acme/")
    columns: dict[str, Any] = {
        "model_id": "acme/chat",
        "name": "Chat",
        "slug": "chat",
        "family": "Talk",
        "version": "2",
        "description": "Talks.",
        "context_window": 8192,
        "max_output_tokens": 2048,
        "temperature": 0.5,
        "known_params": "temperature top_p",
        "release_date": date(2026, 1, 5),
        "deprecation_date": date(2028, 1, 1),
        "replacement": heir,
    }
    change = LLMChange(needs_connection=False, capabilities={"vision": True})
    llm = make_llm(provider=provider, change=change, **columns)
    make_price(llm, "2.5")
    make_price(llm, "9", "output")
    make_price(llm, "7", min_prompt_tokens=100_000)

    found = listed()["acme/chat"]

    assert found == one("acme/chat")
    assert found.created == int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
    assert (found.owned_by, found.provider_name, found.proxy_prefix) == ("acme", "Acme", "acme/")
    assert (found.name, found.slug, found.family, found.version) == ("Chat", "chat", "Talk", "2")
    assert (found.context_window, found.max_output_tokens, found.mode) == (8192, 2048, "chat")
    assert found.supported_parameters == ("temperature", "top_p")
    assert dict(found.capabilities) == {"vision": True}
    assert dict(found.prices) == {"input": Decimal("2.5"), "output": Decimal(9)}
    assert (found.retires_on, found.replacement) == (date(2028, 1, 1), "acme/next")
    assert (found.state, found.until, found.status) == (None, None, "active")


def test_without_a_release_date_created_is_when_it_was_added() -> None:
    llm = make_llm(model_id="m")

    assert listed()["m"].created == int(llm.created_at.timestamp())


def test_an_heir_that_is_somebodys_own_is_not_told() -> None:
    own = make_llm(model_id="secret", owner=make_user())
    llm = make_llm(model_id="m")
    tracking.unaudited(LLMModel.objects.filter(pk=llm.pk)).update(replacement=own)

    assert listed()["m"].replacement == ""


def test_what_only_clients_offer_is_told_as_the_latest_describes_it_with_common_limits() -> None:
    info = {
        "id": "m",
        "created": 7,
        "owned_by": "acme",
        "type": "chat",
        "display_name": "M",
        "version": "1",
        "description": "First.",
        "context_length": 1000,
        "inputTokenLimit": 900,
        "max_completion_tokens": 100,
        "supportedGenerationMethods": ["generateContent"],
        "supported_parameters": ["tools"],
        "thinking": {"min": 1, "max": 5, "zero_allowed": True, "levels": ["low"]},
    }
    make_client("c1", info | {"context_length": 500, "description": "Older."}, provider="p1")
    make_client("c2", info, provider="p2")

    found = listed()["m"]

    assert found == one("m")
    assert (found.created, found.owned_by, found.type, found.name) == (7, "acme", "chat", "M")
    assert (found.description, found.version, found.slug) == ("First.", "1", "")
    limits = (found.context_window, found.max_input_tokens, found.max_output_tokens)
    assert limits == (500, 900, 100)
    assert found.methods == ("generateContent",)
    assert found.supported_parameters == ("tools",)
    assert found.thinking == Thinking(1, 5, zero_allowed=True, levels=("low",))
    assert found.state == "ready"


def test_who_owns_what_only_clients_offer_is_their_provider_where_they_do_not_say() -> None:
    make_client("c1", {"id": "m", "created": -5}, provider="acme")
    make_client("c2", "nobodys")

    found = listed()

    assert (found["m"].owned_by, found["m"].created) == ("acme", 0)
    assert (found["nobodys"].owned_by, found["nobodys"].name) == ("", "")


def test_until_is_the_end_of_the_earliest_window() -> None:
    now = database_now()
    for number, seconds in enumerate((600, 60)):
        make_client(f"c{number}", "m")
        clients.mark_quota(f"c{number}", "m", retry_after=seconds, now=now)

    assert listed(now=now)["m"].until == now + timedelta(seconds=60)
    assert listed(now=now + timedelta(seconds=60))["m"].state == "ready"
