from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from auditlog.registry import auditlog
from django.db import models
from django.db.models import F

from audit import tracking
from audit.errors import UntrackedWriteError
from audit.models import LogEntry
from registry.models import ApiToken, Connection, LLMAlias, LLMModel, ModelCapability, Tag
from tests.factories import make_llm, make_token
from tests.trail import written

pytestmark = pytest.mark.django_db

OURS = [model for model in tracking.models() if model._meta.app_label == "registry"]
BULK: dict[str, Callable[[models.QuerySet[Any]], object]] = {
    "update": lambda rows: rows.update(pk=F("pk")),
    "bulk_create": lambda rows: rows.bulk_create([rows.model()]),
    "bulk_update": lambda rows: rows.bulk_update([rows.model()], ["pk"]),
    "_raw_delete": lambda rows: rows._raw_delete(None),
}


def test_the_catalogue_accounts_and_tokens_are_tracked() -> None:
    assert {model._meta.label for model in tracking.models()} >= {
        "auth.Group",
        "auth.User",
        "registry.ApiToken",
        "registry.Capability",
        "registry.Connection",
        "registry.KnowledgeBase",
        "registry.LLMAlias",
        "registry.LLMModel",
        "registry.ModelCapability",
        "registry.Platform",
        "registry.Provider",
        "registry.ProviderAlias",
        "registry.Tag",
    }


def test_the_trail_does_not_track_itself() -> None:
    assert not tracking.is_tracked(LogEntry)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("method", BULK)
def test_a_bulk_write_on_a_tracked_table_is_refused(model: type[models.Model], method: str) -> None:
    with pytest.raises(UntrackedWriteError, match=f"{model.__name__}.objects.{method}"):
        BULK[method](model._default_manager.all())


def test_the_refusal_reaches_through_relations() -> None:
    llm = make_llm()

    with pytest.raises(UntrackedWriteError):
        llm.provider.llms.update(name="all the same")
    with pytest.raises(UntrackedWriteError):
        LLMModel.objects.filter(pk=llm.pk).exclude(name="").update(name="x")


def test_deleting_a_queryset_tells_of_each_row() -> None:
    for name in ("fast", "slow"):
        Tag.objects.create(name=name, folded=name)

    with written() as found:
        Tag.objects.all().delete()

    assert sorted(entry.object_repr for entry in found) == ["fast", "slow"]
    assert set(found.names) == {"tag_deleted"}


def test_bookkeeping_may_bypass_the_trail() -> None:
    token, _text = make_token()

    with written() as found:
        rows = tracking.unaudited(ApiToken.objects.filter(pk=token.pk))
        assert rows.update(last_used_at=token.created_at) == 1

    assert found == []


@pytest.mark.parametrize(
    ("model", "field"),
    [(Connection, "api_key"), (ApiToken, "digest"), (ApiToken, "password_stamp")],
)
def test_a_secret_column_is_never_compared(model: type[models.Model], field: str) -> None:
    watched = auditlog.get_model_fields(model)["include_fields"]

    assert field not in watched
    assert watched


@pytest.mark.parametrize(
    ("model", "part_of"),
    [(LLMAlias, "llm"), (ModelCapability, "llm"), (Connection, "private_to"), (Tag, None)],
)
def test_parts_know_whose_story_they_belong_to(
    model: type[models.Model], part_of: str | None
) -> None:
    assert tracking.of(model).part_of == part_of
