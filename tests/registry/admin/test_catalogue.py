"""Knowledge bases, providers, platforms, tags and capabilities."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection as database
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.choices import ConnectionState, LLMType
from registry.models import Capability, KnowledgeBase, Platform, Provider
from registry.services.defaults import set_default
from registry.services.platforms import save_platform
from registry.services.reference_data import load
from registry.types import UNSET, LLMChange
from tests.factories import (
    make_connection,
    make_knowledge_base,
    make_llm,
    make_provider,
    make_user,
)
from tests.registry.admin.visitor import Visitor, errors
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def told(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


# Knowledge bases
# ------------------------------------------------------------------------
def test_a_knowledge_base_begins_with_the_defaults(visitor: Visitor) -> None:
    embedding = make_llm(LLMType.EMBEDDING)
    set_default(embedding)

    form = visitor.form("registry_knowledgebase_add")

    assert form["embedding_model"] == [str(embedding.pk)]
    assert form["generation_model"] == [""]


def test_a_knowledge_base_is_added_without_a_slug(visitor: Visitor) -> None:
    llm = make_llm(LLMType.EMBEDDING)

    with written() as events:
        visitor.submit("registry_knowledgebase_add", name="All Docs", embedding_model=str(llm.pk))

    base = KnowledgeBase.objects.get()
    assert (base.slug, base.embedding_model) == ("all-docs", llm)
    assert events.names == ["knowledge_base_created"]


def test_a_knowledge_base_takes_only_active_models_of_the_right_type(visitor: Visitor) -> None:
    generation = make_llm(LLMType.GENERATION)
    sleeping = make_llm(LLMType.GENERATION, status="inactive")

    answer = visitor.submit(
        "registry_knowledgebase_add",
        name="Docs",
        embedding_model=str(generation.pk),
        generation_model=str(sleeping.pk),
    )

    assert set(errors(answer)) == {"embedding_model", "generation_model"}
    assert not KnowledgeBase.objects.exists()


def test_the_model_field_asks_for_its_own_type(visitor: Visitor) -> None:
    page = visitor.node("registry_knowledgebase_add")

    asked = {node.get("name"): node.get("data-url") for node in page.having("data-url")}

    assert "type=embedding" in asked["embedding_model"]
    assert "type=generation" in asked["generation_model"]


def test_a_change_is_told_by_its_fields(visitor: Visitor) -> None:
    base = make_knowledge_base("Docs")

    with written() as events:
        visitor.submit("registry_knowledgebase_change", base.pk, name="Papers", status="archived")

    assert changes(events.only) == {"name": ["Docs", "Papers"], "status": ["active", "archived"]}


@pytest.mark.invariant("C7")
def test_a_lost_race_keeps_what_was_typed(visitor: Visitor) -> None:
    base = make_knowledge_base("Docs")
    form = visitor.form("registry_knowledgebase_change", base.pk)
    visitor.submit("registry_knowledgebase_change", base.pk, name="Theirs")

    answer = visitor.post("registry_knowledgebase_change", base.pk, **form | {"name": "Mine"})

    base.refresh_from_db()
    assert base.name == "Theirs"
    assert 'value="Mine"' in answer.content.decode()


# Providers
# ------------------------------------------------------------------------
def test_other_names_of_a_provider_are_a_list(visitor: Visitor) -> None:
    provider = make_provider("gemini", aliases=["google"])
    assert visitor.form("registry_provider_change", provider.pk)["aliases"] == ["google"]

    with written() as events:
        visitor.submit("registry_provider_change", provider.pk, aliases="vertex, Google")

    names = sorted(provider.aliases.values_list("name", flat=True))
    assert names == ["google", "vertex"]
    assert changes(events.only) == {"aliases": [[], ["vertex"]]}


def test_a_name_of_another_provider_stands_at_its_field(visitor: Visitor) -> None:
    make_provider("acme")
    provider = make_provider("other")

    answer = visitor.submit("registry_provider_change", provider.pk, aliases="acme")

    assert "aliases" in errors(answer)


@pytest.mark.invariant("S7")
def test_a_moved_provider_says_whose_keys_are_gone(visitor: Visitor) -> None:
    provider = make_provider("acme")
    relying = make_connection(provider)
    own = make_connection(provider, api_url="https://own.example/v1")

    page = visitor.text("registry_provider_change", provider.pk)
    answer = visitor.submit(
        "registry_provider_change", provider.pk, direct_api_url="https://moved.example/v1"
    )

    relying.refresh_from_db()
    own.refresh_from_db()
    assert "drops the keys" in page
    assert "the key of 1 connection was dropped" in told(answer)
    assert relying.state == ConnectionState.NEEDS_KEY
    assert own.state == ConnectionState.READY


def test_the_delete_page_of_a_provider_names_its_users(visitor: Visitor) -> None:
    provider = make_provider("acme")
    make_connection(provider, label="Main account")
    make_llm(provider=provider, name="Fast one")
    save_platform(Platform(slug="cloud", name="Cloud"), providers=[provider])

    page = visitor.node("registry_provider_delete", provider.pk)
    answer = visitor.post("registry_provider_delete", provider.pk, post="yes")

    for name in ("Main account", "Fast one", "Cloud"):
        assert name in page.text()
    assert not list(page.having("data-confirm-button"))
    assert answer.status_code == 409
    assert Provider.objects.filter(pk=provider.pk).exists()


# Platforms
# ------------------------------------------------------------------------
def test_a_platform_is_added_with_its_providers(visitor: Visitor) -> None:
    one, other = make_provider(), make_provider()

    with written() as events:
        visitor.submit(
            "registry_platform_add",
            name="Cloud",
            slug="cloud",
            providers=[str(one.pk), str(other.pk)],
        )

    platform = Platform.objects.get()
    assert set(platform.providers.all()) == {one, other}
    assert events.names == ["platform_created"]


def test_a_platform_that_is_left_alone_keeps_its_providers(visitor: Visitor) -> None:
    provider = make_provider("acme")
    platform = save_platform(Platform(slug="cloud", name="Cloud"), providers=[provider])

    with written() as events:
        visitor.submit("registry_platform_change", platform.pk, description="Ours")

    assert list(platform.providers.all()) == [provider]
    assert changes(events.only).keys() == {"description"}


def test_a_platform_is_deleted_and_its_providers_stay(visitor: Visitor) -> None:
    provider = make_provider("acme")
    platform = save_platform(Platform(slug="cloud", name="Cloud"), providers=[provider])

    visitor.submit("registry_platform_delete", platform.pk)

    assert not Platform.objects.exists()
    assert Provider.objects.filter(pk=provider.pk).exists()


# Words
# ------------------------------------------------------------------------
def test_words_are_looked_at_with_their_models(visitor: Visitor) -> None:
    load()
    make_llm(
        change=LLMChange(
            tags=["cheap"],
            capabilities={"vision": True, "tools": False},
            needs_connection=False,
            connection=UNSET,
        )
    )

    tags = visitor.node("registry_tag_changelist")
    capabilities = visitor.get("registry_capability_changelist").context["cl"].result_list

    page = reverse("admin:registry_llmmodel_changelist")
    assert f"{page}?tag=cheap" in [node.get("href") for node in tags.find("a")]
    counts = {row.name: row.llm_count for row in capabilities}
    assert (counts["vision"], counts["tools"]) == (1, 0)


@pytest.mark.invariant("A8")
@pytest.mark.parametrize("page", ["registry_tag", "registry_capability"])
def test_words_are_not_written_here(visitor: Visitor, page: str) -> None:
    load()
    word = Capability.objects.get(name="vision")

    assert visitor.post(f"{page}_add", name="new").status_code == 403
    if page == "registry_capability":
        assert visitor.post(f"{page}_change", word.pk, name="x").status_code == 403
        assert visitor.post(f"{page}_delete", word.pk, post="yes").status_code == 403
    assert Capability.objects.filter(pk=word.pk, name="vision").exists()


# All of them
# ------------------------------------------------------------------------
def rows_of_each() -> dict[str, Model]:
    provider = make_provider("acme", aliases=["ace"])
    connection = make_connection(provider)
    return {
        "provider": provider,
        "connection": connection,
        "platform": save_platform(
            Platform(slug="cloud", name="Cloud", connection=connection), providers=[provider]
        ),
        "knowledgebase": make_knowledge_base("Docs", embedding_model=make_llm(LLMType.EMBEDDING)),
    }


@pytest.mark.invariant("A8")
@pytest.mark.parametrize("table", ["provider", "connection", "platform", "knowledgebase"])
def test_who_may_look_sees_and_changes_nothing(table: str) -> None:
    row = rows_of_each()[table]
    before = vars(type(row)._default_manager.get(pk=row.pk))
    reader = Visitor(make_user(staff=True, groups=["readers"]))

    assert reader.get(f"registry_{table}_changelist").status_code == 200
    text = reader.text(f"registry_{table}_change", row.pk)
    assert "None" not in text
    assert "Save" not in text
    for page, args in (("add", ()), ("change", (row.pk,)), ("delete", (row.pk,))):
        answer = reader.post(f"registry_{table}_{page}", *args, name="Mine", post="yes")
        assert answer.status_code == 403
    after = vars(type(row)._default_manager.get(pk=row.pk))
    assert {**before, "_state": None} == {**after, "_state": None}


@pytest.mark.invariant("A8")
@pytest.mark.parametrize("table", ["provider", "connection", "platform", "knowledgebase"])
def test_who_may_not_look_sees_nothing(table: str) -> None:
    row = rows_of_each()[table]
    stranger = Visitor(make_user(staff=True))

    assert stranger.get(f"registry_{table}_changelist").status_code == 403
    assert stranger.get(f"registry_{table}_change", row.pk).status_code == 403
    assert stranger.get(f"registry_{table}_history", row.pk).status_code == 403


@pytest.mark.invariant("X1")
@pytest.mark.parametrize("table", ["provider", "connection", "platform", "knowledgebase"])
def test_names_never_become_markup(visitor: Visitor, table: str) -> None:
    attack = "<img src=x onerror=alert(1)>"
    column = "label" if table == "connection" else "name"
    row = rows_of_each()[table]

    visitor.submit(f"registry_{table}_change", row.pk, **{column: attack})

    row.refresh_from_db()
    assert getattr(row, column) == attack
    for page in ("changelist", "change", "delete", "history"):
        args = () if page == "changelist" else (row.pk,)
        assert attack not in visitor.get(f"registry_{table}_{page}", *args).content.decode()
    assert attack not in visitor.get("audit_logentry_changelist").content.decode()


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("table", ["provider", "platform", "knowledgebase"])
def test_lists_ask_no_row_anything(visitor: Visitor, table: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            visitor.get(f"registry_{table}_changelist")
        return len(captured)

    rows_of_each()
    visitor.get(f"registry_{table}_changelist")
    few = queries()
    for number in range(8):
        provider = make_provider()
        connection = make_connection(provider)
        llm = make_llm(provider=provider, change=LLMChange(connection=connection))
        make_knowledge_base(generation_model=llm)
        save_platform(
            Platform(slug=f"p{number}", name="P", connection=connection), providers=[provider]
        )

    assert queries() == few
    assert few <= 12
