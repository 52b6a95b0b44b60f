"""Nobody overwrites what he has not seen: ETag, If-Match, If-None-Match."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from registry.models import LLMModel, Provider
from tests.factories import make_connection, make_knowledge_base, make_llm
from tests.registry.api.client import CONNECTIONS, MODELS, Api, at_once, code_of

ROUNDS = 10


@pytest.mark.invariant("C7")
@pytest.mark.django_db(transaction=True)
def test_of_two_writers_who_saw_the_same_one_wins(
    api: Api, openai: Provider, figure: Callable[..., None]
) -> None:
    path = f"{MODELS}/{make_llm(provider=openai).pk}"
    for number in range(ROUNDS):
        seen = api.get(path).headers["ETag"]
        writers = [
            partial(api.patch, path, {"name": f"{name} {number}"}, If_Match=seen)
            for name in ("left", "right")
        ]

        answers = at_once(writers)

        assert sorted(answer.status_code for answer in answers) == [200, 412]
        winner = next(answer for answer in answers if answer.status_code == 200)
        assert api.get(path).json()["name"] == winner.json()["name"]
    figure(rounds=ROUNDS, lost=0)


@pytest.mark.invariant("C7")
def test_every_write_can_be_made_conditional(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai)
    connection = make_connection(openai)
    make_knowledge_base("Docs")
    model, host = f"{MODELS}/{llm.pk}", f"{CONNECTIONS}/{connection.pk}"
    base = "/api/v1/admin/knowledge-bases/docs"
    writes = [
        ("PUT", model, {"name": "x"}),
        ("PATCH", model, {"name": "x"}),
        ("DELETE", model, None),
        ("PATCH", f"{model}/default", None),
        ("POST", f"{model}/set-default", None),
        ("PATCH", f"{model}/status", {"status": "beta"}),
        ("PATCH", f"{model}/capabilities", {"operation": "add", "capability": "vision"}),
        ("PATCH", host, {"label": "x"}),
        ("DELETE", f"{host}/key", None),
        ("DELETE", host, None),
        ("PATCH", base, {"name": "x"}),
        ("DELETE", base, None),
        ("PATCH", "/api/v1/admin/providers/openai", {"name": "x"}),
        ("DELETE", "/api/v1/admin/providers/openai", None),
    ]

    for method, path, body in writes:
        answer = api.call(method, path, body, If_Match='"99"')
        assert (answer.status_code, code_of(answer)) == (412, "stale_revision"), path
        assert answer.json()["error"]["revision"] == 1


@pytest.mark.parametrize("header", ['"1"', '"7", "1"', "*", ' "1" '])
def test_what_was_seen_may_be_written(api: Api, openai: Provider, header: str) -> None:
    path = f"{MODELS}/{make_llm(provider=openai).pk}"

    assert api.patch(path, {"name": "x"}, If_Match=header).status_code == 200


@pytest.mark.parametrize("header", ['"2"', 'W/"1"', "1", "x", ""])
def test_what_was_not_seen_is_not_written(api: Api, openai: Provider, header: str) -> None:
    llm = make_llm(provider=openai, name="Before")

    answer = api.patch(f"{MODELS}/{llm.pk}", {"name": "After"}, If_Match=header)

    assert answer.status_code == 412
    assert LLMModel.objects.get().name == "Before"


@pytest.mark.parametrize(("header", "status"), [('"1"', 304), ('W/"1"', 304), ('"2"', 200)])
def test_what_is_known_is_not_sent_again(
    api: Api, openai: Provider, header: str, status: int
) -> None:
    answer = api.get(f"{MODELS}/{make_llm(provider=openai).pk}", If_None_Match=header)

    assert answer.status_code == status
    assert answer.headers["ETag"] == '"1"'
    assert (answer.content == b"") is (status == 304)


def test_a_write_that_changes_nothing_does_not_move_the_revision(
    api: Api, openai: Provider
) -> None:
    path = f"{MODELS}/{make_llm(provider=openai, name='Same').pk}"

    assert api.patch(path, {"name": "Same"}).headers["ETag"] == '"1"'
    assert api.patch(path, {"name": "Other"}).headers["ETag"] == '"2"'
