"""A2: no list, filter, count, tag, feed or export tells one person of another's records."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from registry.choices import Scope
from registry.services.llms import save_llm
from registry.services.tokens import revoke_token
from registry.types import LLMChange, Secret
from roles.choices import Builtin
from roles.services.catalogs import remove_entry, save_entry
from roles.services.own_connections import remove_connection, save_host
from roles.services.own_llms import remove_model, save_local_model
from roles.services.slots import set_slot
from tests.factories import make_llm, make_token, make_user
from tests.invariants.isolation import (
    NO_NAME,
    Answer,
    Owner,
    ask,
    checksum,
    lists,
    make_owner,
    with_session,
    with_token,
    without,
)

pytestmark = [pytest.mark.django_db, pytest.mark.invariant("A2")]

# Lists whose tag has the number of the catalogue's last write in it, whoever wrote: it tells that
# somebody did, and nothing else. Their content stays.
NUMBERED = (
    *("/api/v1/models/", "/api/registry/models/", "/api/v1/changes"),
    *("/v1/models", "/v1beta/models", "/api/tags"),
)
# Staff reads everybody's trail there.
TRAIL = "/api/v1/admin/audit"


@pytest.fixture
def first(settings: Settings) -> Owner:
    settings.REGISTRY_READS_PER_MINUTE = 0
    settings.REGISTRY_PUBLIC_LISTS = True
    make_llm(name="Shared", model_id="shared")
    return make_owner("zanna")


@pytest.fixture
def second(first: Owner) -> Owner:
    return make_owner("bruno")


def others(second: Owner) -> dict[str, Client]:
    _token, text = make_token(make_user("carla", superuser=True), scopes=tuple(Scope.values))
    return {
        "token": with_token(second.token_text),
        "session": with_session(second.user),
        "staff": with_token(text),
        "anonymous": Client(),
    }


def questions(owner: Owner) -> list[str]:
    """Return what a list may be asked about somebody: by owner, by text, by tag, by id."""
    llm, host = owner.llms[0], owner.connections[0]
    return [
        "",
        "?page_size=200",
        "?owner=me",
        f"?owner={owner.user.pk}",
        f"?owner={owner.name}",
        f"?q={owner.name}",
        f"?tag={owner.name}-tag",
        f"?tags={owner.name}-tag",
        f"?model={llm.pk}",
        f"?models={llm.slug}",
        f"?llm={llm.pk}",
        f"?connection={host.pk}",
        f"?user={owner.name}",
        "?ordering=created_at",
        "?ordering=-updated_at&page_size=1",
        "?provider=gemini",
        "?since=0",
        "?type=generation&status=active",
        "?resolved=1",
        "?format=openai",
    ]


def test_no_list_and_no_filter_shows_it(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    asked, answered, telling = 0, 0, []

    for actor, client in others(second).items():
        for path in lists():
            if path == TRAIL and actor == "staff":
                continue
            for question in questions(first):
                found = ask(client, "GET", path + question)
                asked, answered = asked + 1, answered + (found.status == 200)
                # Some answers name again what they were asked for.
                asked_for = question.partition("=")[2].removeprefix(first.name)
                if first.seen_in(
                    without(found, f"{first.name}{asked_for}").content
                    if asked_for
                    else found.content
                ):
                    telling.append((actor, path + question))

    assert telling == []
    assert answered > asked // 20
    figure(requests=asked, answered=answered, told=len(telling))


def test_a_search_for_anothers_finds_as_many_as_one_for_nobodys(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    asked = 0

    for actor, client in others(second).items():
        for path in lists():
            if path == TRAIL and actor == "staff":
                continue
            for question in questions(first):
                if first.name in question:
                    nobody = question.replace(first.name, NO_NAME)
                    found = ask(client, "GET", path + question)
                    missing = ask(client, "GET", path + nobody)
                    asked += 1
                    assert found.status == missing.status, (actor, path + question)
                    assert numbers(found) == numbers(missing), (actor, path + question)

    figure(searches=asked, different=0)


def numbers(answer: Answer) -> object:
    """Return how much a list counts; of what is no list nothing."""
    try:
        body = json.loads(answer.content or b"null")
    except ValueError:
        return None
    rows = body.get("results") if isinstance(body, dict) else None
    return (body.get("count"), len(rows)) if isinstance(rows, list) else None


def test_counts_and_tags_stay_while_another_writes(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    clients = others(second)
    own = [f"/api/v1/my/models/{second.llms[0].pk}", "/api/v1/roles/chat/primary"]
    own += [f"/api/v1/my/connections/{second.connections[0].pk}", "/api/v1/my/catalog/gemini"]
    addresses = [*lists(), *own]
    before = {
        (actor, path): ask(client, "GET", path)
        for actor, client in clients.items()
        for path in addresses
    }
    writes = write_everything(first)

    moved = []
    for (actor, path), answer in before.items():
        found = ask(clients[actor], "GET", path)
        if path == TRAIL and actor == "staff":
            continue
        if path == "/api/v1/changes":
            assert not first.seen_in(found.content)
        elif path.startswith(NUMBERED):
            assert (found.status, found.content) == (answer.status, answer.content), (actor, path)
        elif without(found) != without(answer):
            moved.append((actor, path))

    assert moved == []
    figure(writes=writes, answers=len(before), moved=len(moved))


def write_everything(owner: Owner) -> int:
    """Let somebody create, change and remove each kind of record; return how many writes it was."""
    user = owner.user
    host = save_host(user, None, label="zanna new", api_url="http://zanna-new.example:1")
    save_host(user, host.slug, label="zanna newer", api_key=Secret(owner.key))
    llm = save_local_model(user, None, host=host.slug, model_name="zanna-new")
    save_local_model(user, llm.slug, host=host.slug, model_name="zanna-newer", tags=["zanna-t"])
    save_llm(llm, LLMChange(fields=frozenset(), aliases=["zanna-alias"]))
    set_slot(user, "coder", "primary", llm)
    set_slot(user, "chat", "primary", Builtin.CLAUDE_CLI)
    save_entry(user, "google", model_id="zanna-entry")
    remove_entry(user, "google", owner.entry.model_id)
    remove_model(user, llm.slug)
    remove_connection(user, owner.connections[1].slug)
    revoke_token(owner.token)
    return 12


def test_no_export_and_no_command_tells_it(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    before, printed = checksum(first), []
    actor = {"actor": make_user("dana", superuser=True).get_username()}
    commands: list[tuple[str, list[str], dict[str, object]]] = [
        ("export_registry", [second.name], {}),
        ("export_registry", [second.name], {"with_keys": True, **actor}),
        ("export_registry", [second.name], {"json": True}),
        ("resolve_role", [second.name, "chat"], {"explain": True}),
        ("resolve_role", [second.name, "chat"], {"json": True, "explain": True}),
        ("export_catalog", [], {"format": "openai"}),
        ("export_catalog", [], {"format": "litellm"}),
    ]

    for name, args, options in commands:
        out = StringIO()
        call_command(name, *args, stdout=out, **options)
        printed.append(out.getvalue())

    assert all(printed)
    assert not [text for text in printed if first.seen_in(text.encode())]
    assert second.key not in "".join(
        text
        for text, (_n, _a, opts) in zip(printed, commands, strict=True)
        if "with_keys" not in opts
    )
    assert checksum(first) == before
    figure(exports=len(printed), told=0)


def test_who_may_resolve_for_others_is_told_no_more_than_the_answer(first: Owner) -> None:
    """Without the right a user's name is no question that is answered at all."""
    curious = make_owner("bruno")
    client = with_token(curious.token_text)

    answers = [
        ask(client, "POST", "/api/v1/roles/chat/resolve", json.dumps({"user": name}).encode())
        for name in (first.name, NO_NAME, first.user.pk, 99_999)
    ]

    assert {answer.status for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    assert User.objects.filter(username=first.name).exists()
