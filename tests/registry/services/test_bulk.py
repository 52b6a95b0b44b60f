from __future__ import annotations

from typing import Any

import pytest

from registry.choices import LLMStatus, LLMType, RouteStatus
from registry.models import LLMModel
from registry.services import bulk
from registry.services.bulk import Outcome
from registry.types import LLMChange
from tests.factories import (
    make_connection,
    make_knowledge_base,
    make_llm,
    make_provider,
    make_route,
)
from tests.trail import written

pytestmark = pytest.mark.django_db


def unconnected(**columns: Any) -> LLMModel:
    return make_llm(change=LLMChange(needs_connection=False), **columns)


def test_a_status_is_set_where_it_differs() -> None:
    here, there = make_llm(name="A"), make_llm(name="B", status=LLMStatus.INACTIVE)
    default = make_llm(name="C", is_default=True)
    llms = [here, there, default]
    told = Outcome(["A"], ["B"], {"C": "is the default of its type"})

    with written() as found:
        preview = bulk.status(llms, LLMStatus.INACTIVE, preview=True)
    assert (preview, found) == (told, [])
    assert LLMModel.objects.get(pk=here.pk).is_active

    with written() as found:
        done = bulk.status(llms, LLMStatus.INACTIVE)
    assert (done.changed, done.unchanged, list(done.refused)) == (["A"], ["B"], ["C"])
    assert found.names == ["model_updated"]


def test_a_tag_is_added_to_what_is_there() -> None:
    first = make_llm(name="A")
    bulk.tag([first], "fast")
    second = make_llm(name="B")

    assert bulk.tag([first, second], "FAST", preview=True) == Outcome(["B"], ["A"], {})
    assert not second.tags.exists()

    assert bulk.tag([first, second], "FAST") == Outcome(["B"], ["A"], {})
    assert bulk.tag([first], "cheap") == Outcome(["A"], [], {})
    assert [tag.name for tag in first.tags.all()] == ["cheap", "fast"]
    assert [tag.name for tag in second.tags.all()] == ["fast"]


def test_a_tag_that_is_none_is_refused_for_each() -> None:
    done = bulk.tag([make_llm(name="A"), make_llm(name="B")], "two\nlines")

    assert (done.changed, sorted(done.refused)) == ([], ["A", "B"])


def test_a_connection_is_attached_to_models_of_its_provider() -> None:
    provider = make_provider()
    connection = make_connection(provider)
    attached = make_llm(name="A", provider=provider, change=LLMChange(connection=connection))
    waiting, foreign = unconnected(name="B", provider=provider), unconnected(name="C")
    llms = [attached, waiting, foreign]

    preview = bulk.attach(llms, connection, preview=True)
    assert LLMModel.objects.get(pk=waiting.pk).connection is None
    done = bulk.attach(llms, connection)

    assert preview == done
    assert (done.changed, done.unchanged, list(done.refused)) == (["B"], ["A"], ["C"])
    assert LLMModel.objects.get(pk=waiting.pk).connection == connection


def test_models_that_nobody_uses_are_deleted_and_the_others_say_who_does() -> None:
    free = make_llm(name="A")
    used = make_llm(LLMType.EMBEDDING, name="B", is_default=True)
    make_knowledge_base("Docs", embedding_model=used)
    reason = "used by Docs; is the default of its type"

    with written() as found:
        assert bulk.delete([free, used], preview=True) == Outcome(["A"], [], {"B": reason})
    assert found == []

    with written() as found:
        assert bulk.delete([free, used]) == Outcome(["A"], [], {"B": reason})
    assert found.names == ["model_deleted", "model_delete_blocked"]
    assert LLMModel.objects.get() == used


def test_the_status_of_routes_is_set_where_it_differs() -> None:
    llm = make_llm()
    routes = [make_route(llm, slug=f"{name}@hub", status=name) for name in RouteStatus.values]

    with written() as found:
        preview = bulk.route_status(routes, RouteStatus.INACTIVE, preview=True)
    outcome = bulk.route_status(routes, RouteStatus.INACTIVE)

    assert found == []
    assert outcome == preview
    assert outcome.unchanged == ["inactive@hub"]
    assert sorted(outcome.changed) == ["active@hub", "maintenance@hub"]
    assert {route.status for route in llm.routes.all()} == {RouteStatus.INACTIVE}


def test_a_route_that_is_gone_is_refused_and_the_rest_goes_on() -> None:
    gone, stays = make_route(), make_route()
    type(gone).objects.get(pk=gone.pk).delete()

    outcome = bulk.route_status([gone, stays], RouteStatus.INACTIVE)

    assert (outcome.changed, list(outcome.refused)) == ([str(stays)], [str(gone)])


def test_a_row_that_is_gone_is_refused_and_the_rest_goes_on() -> None:
    gone, here = make_llm(name="A"), make_llm(name="B")
    LLMModel.objects.get(pk=gone.pk).delete()

    done = bulk.delete([gone, here])

    assert done.changed == ["B"]
    assert done.refused == {"A": "This has been deleted in the meantime."}


def test_nothing_chosen_does_nothing() -> None:
    assert bulk.delete([]) == Outcome()
