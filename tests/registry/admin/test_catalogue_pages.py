"""Knowledge bases, providers, platforms, tags and capabilities."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.choices import LLMType
from registry.models import Capability, Platform
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
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


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
