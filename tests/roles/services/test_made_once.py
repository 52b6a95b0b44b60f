from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.models import LLMModel
from roles.services.kept import Kept
from roles.services.made_once import MadeOnce
from tests.factories import make_llm

pytestmark = pytest.mark.django_db


def in_its_form(llm_id: UUID) -> Any:
    return llm_id.hex if database.vendor == "sqlite" else llm_id


def test_values_take_the_places_of_marks_and_come_back_as_the_orm_has_them() -> None:
    llm, other = make_llm(temperature=0.5), make_llm()
    rows = LLMModel.objects.order_by()
    query = MadeOnce(
        lambda pk, name: rows.filter(pk=pk, name=name, type="generation").values_list(
            "pk", "is_default", "temperature", "settings", "created_at"
        ),
        UUID(int=1),
        "-",
    )

    for row in (llm, other, llm):
        expected = rows.filter(pk=row.pk).values_list(
            "pk", "is_default", "temperature", "settings", "created_at"
        )
        assert query.rows(in_its_form(row.pk), row.name) == [list(found) for found in expected]
    assert query.rows(in_its_form(uuid4()), llm.name) == []
    assert query.rows(in_its_form(llm.pk), other.name) == []


def test_one_value_may_have_two_places() -> None:
    llm = make_llm(name="Twice", family="Twice")
    rows = LLMModel.objects.order_by().values_list("pk")
    query = MadeOnce(lambda text: rows.filter(name=text, family=text), "-")

    assert query.rows("Twice") == [[llm.pk]]


def test_the_sql_is_made_once() -> None:
    made = []

    def make(slug: str) -> Any:
        made.append(slug)
        return LLMModel.objects.filter(slug=slug).values_list("pk")

    query = MadeOnce(make, "-")
    with CaptureQueriesContext(database) as queries:
        query.rows("a")
        query.rows("b")

    assert made == ["-"]
    assert len(queries) == 2


def test_a_value_without_a_place_is_a_mistake() -> None:
    query = MadeOnce(lambda _slug: LLMModel.objects.values_list("pk"), "-")

    with pytest.raises(ValueError, match="no place"):
        query.rows("a")


def test_what_is_kept_is_of_one_revision_and_the_last_used_stay() -> None:
    kept: Kept[str] = Kept(lambda: 2)
    kept.put(1, "a", "A")
    kept.put(1, "b", "B")
    assert kept.get(1, "a") == "A"
    kept.put(1, "c", "C")

    assert [kept.get(1, key) for key in "abc"] == ["A", None, "C"]
    assert kept.get(2, "a") is None

    kept.put(2, "d", "D")

    assert len(kept) == 1
    assert kept.get(1, "a") is None
