"""The commands of docs/api.md, run from top to bottom as a reader would."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from registry.choices import Scope
from registry.services.tokens import create_token
from tests.architecture.source import ROOT
from tests.docs.pages import shell_commands
from tests.provider import provider_behind_the_door

STATUS = re.compile(r"# (\d{3})\b")
FEWEST = 25


@dataclass
class Command:
    """One curl command of the page, and the status that the comment above it promises."""

    text: str
    status: int
    method: str = "GET"
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


def parsed(text: str, status: int) -> Command:
    command = Command(text, status)
    words = iter(shlex.split(text)[1:])
    for word in words:
        if word == "-X":
            command.method = next(words)
        elif word == "-H":
            name, _colon, value = next(words).partition(": ")
            command.headers[name] = value
        elif word == "-d":
            command.body = next(words)
        else:
            command.path = word
    return command


def commands(page: str, *, auth: str) -> list[Command]:
    """Return the page's curl commands with its variables filled in."""
    found = []
    status = None
    for line in shell_commands(page):
        if line.startswith("#"):
            promise = STATUS.match(line)
            status = int(promise[1]) if promise else None
        elif line.startswith("curl"):
            assert status is not None, f"no status stands above {line}"
            found.append(parsed(line.replace("$REGISTRY", "").replace("$AUTH", auth), status))
            status = None
    return found


@pytest.mark.django_db(transaction=True)
def test_every_command_of_the_page_answers_what_the_page_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider_behind_the_door(monkeypatch)
    call_command("bootstrap")
    user = User.objects.get(is_superuser=True)
    _token, text = create_token(user, application="a reader", scopes=Scope.values)
    page = (ROOT / "docs/api.md").read_text()
    client = Client()

    wrong, last_id = [], ""
    for command in commands(page, auth=f"Authorization: Bearer {text}"):
        answer = client.generic(
            command.method,
            command.path.replace("$ID", last_id),
            command.body,
            content_type=command.headers.pop("Content-Type", "application/octet-stream"),
            headers=command.headers,
        )
        if answer.status_code != command.status:
            wrong.append(f"{answer.status_code} {command.text} {answer.content[:300]!r}")
        if answer.content:
            last_id = str(answer.json().get("id", last_id))

    assert wrong == []


def test_the_page_has_commands_and_they_are_understood() -> None:
    page = (ROOT / "docs/api.md").read_text()
    found = commands(page, auth="Authorization: Bearer x")

    assert len(found) >= FEWEST
    assert {command.method for command in found} == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    lists = ("/v1/", "/v1beta/", "/formats/", "/api/tags", "/api/show")
    mounts = ("/api/v1/", "/api/registry/", *lists)
    assert all(command.path.startswith(mounts) for command in found)
    assert all(command.headers["Authorization"] == "Bearer x" for command in found)
