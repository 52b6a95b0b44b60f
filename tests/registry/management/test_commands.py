"""Commands print for people, or JSON for programs, and end with 1 and the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from registry.choices import LLMStatus
from registry.management.base import RegistryCommand
from registry.models import ApiToken, KeyRingCanary, LLMModel, Provider
from registry.services import key_ring
from registry.services.tokens import find_token
from tests.factories import make_llm, make_user
from tests.trail import written

pytestmark = pytest.mark.django_db

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command and returns what it printed."""

    def call(*arguments: str) -> str:
        call_command(*arguments)
        return capsys.readouterr().out

    return call


@pytest.fixture
def ada() -> User:
    return make_user("ada", staff=True)


class Failing(RegistryCommand):
    """Breaks in the way it is told to."""

    error: Exception

    def run(self, **options: Any) -> None:
        raise self.error


def test_bootstrap_brings_everything_up(run: Run) -> None:
    text = run("bootstrap", "--admin", "root")

    user = User.objects.get(username="root")
    (password,) = (line.split()[-1] for line in text.splitlines() if "Password:" in line)
    assert user.check_password(password)
    assert user.is_superuser
    assert {group.name for group in Group.objects.all()} == {
        "readers",
        "reporters",
        "operators",
        "administrators",
    }
    assert Provider.objects.filter(slug="openai").exists()
    assert KeyRingCanary.objects.count() == 1
    assert "providers added" in text


def test_bootstrap_twice_changes_nothing(run: Run) -> None:
    run("bootstrap")

    with written() as found:
        text = run("bootstrap", "--admin", "second")

    assert text == "Everything is in place.\n"
    assert found == []
    assert not User.objects.filter(username="second").exists()


def test_bootstrap_speaks_json(run: Run) -> None:
    first = json.loads(run("bootstrap", "--json"))
    again = json.loads(run("bootstrap", "--json"))

    assert first["admin"] == "admin"
    assert User.objects.get().check_password(first["password"])
    assert first["created"]["providers"] == Provider.objects.count()
    assert again == {
        "admin": None,
        "created": {"providers": 0, "platforms": 0, "capabilities": 0},
    }


def test_bootstrap_acts_as_a_command_without_an_actor(run: Run) -> None:
    with written() as found:
        run("bootstrap")

    assert {(entry.source, entry.actor) for entry in found} == {("command", None)}
    assert len({entry.cid for entry in found}) == 1


def test_create_token_prints_the_token_once(run: Run, ada: User) -> None:
    text = run("create_token", "ada", "crawler")

    token = ApiToken.objects.get()
    assert find_token(text.splitlines()[0]) == token
    assert "Shown only now" in text
    assert (token.user, token.application, token.scopes) == (ada, "crawler", "catalogue:read")


@pytest.mark.usefixtures("ada")
def test_create_token_speaks_json(run: Run) -> None:
    arguments = ("--scope", "admin:read", "--scope", "catalogue:read", "--days", "30", "--json")

    value = json.loads(run("create_token", "ada", "crawler", *arguments))

    token = ApiToken.objects.get()
    assert find_token(value["token"]) == token
    assert value["id"] == str(token.pk)
    assert token.scope_set == {"admin:read", "catalogue:read"}
    left = datetime.fromisoformat(value["expires_at"]) - timezone.now()
    assert timedelta(days=29, hours=23) < left < timedelta(days=30)
    assert token.expires_at is not None


@pytest.mark.usefixtures("ada")
def test_without_days_a_token_lives_as_long_as_set(run: Run, settings: Settings) -> None:
    settings.REGISTRY_TOKEN_DAYS = 3

    run("create_token", "ada", "crawler")

    expires_at = ApiToken.objects.get().expires_at
    assert expires_at is not None
    assert expires_at - timezone.now() < timedelta(days=3)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nobody", "crawler"), "there is no user named 'nobody'"),
        (("ada", " "), "application"),
        (("ada", "crawler", "--days", "0"), "--days takes 1 to 3650"),
        (("ada", "crawler", "--days", "3651"), "--days takes 1 to 3650"),
        (("ada", "crawler", "--scope", "everything"), "invalid choice: 'everything'"),
        (("guest", "crawler", "--scope", "admin:write"), "permission_denied: "),
        (("ada", "crawler", "--as", "guest"), "permission_denied: "),
        (("ada", "crawler", "--as", "nobody"), "no active user named 'nobody'"),
        (("ada", "crawler", "--as", "gone"), "no active user named 'gone'"),
    ],
)
@pytest.mark.usefixtures("ada")
def test_create_token_says_why_not(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    make_user("guest")
    gone = make_user("gone")
    gone.is_active = False
    gone.save()

    with pytest.raises(CommandError, match=reason):
        run("create_token", *arguments)

    assert not ApiToken.objects.exists()


def test_the_actor_is_named_by_as(run: Run, ada: User) -> None:
    with written() as found:
        run("create_token", "ada", "crawler", "--as", "ada")

    assert (found.only.actor, found.only.source) == (ada, "command")


def test_set_status_takes_slugs_and_ids(run: Run) -> None:
    first, second = make_llm(slug="first"), make_llm(slug="second")

    text = run("set_status", "beta", "FIRST", str(second.pk))

    assert text == "first\tbeta\nsecond\tbeta\n"
    assert set(LLMModel.objects.values_list("status", flat=True)) == {LLMStatus.BETA}
    assert first.status == LLMStatus.ACTIVE


def test_set_status_speaks_json(run: Run) -> None:
    make_llm(slug="first")

    assert json.loads(run("set_status", "inactive", "first", "--json")) == [
        {"model": "first", "status": "inactive"}
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("asleep", "first"), "invalid choice: 'asleep'"),
        (("beta",), "required: MODEL"),
        (("beta", "nothing"), "there is no model 'nothing'"),
        (("beta", "first", "nothing"), "there is no model 'nothing'"),
        (("beta", "default"), "is_default: This is the default of its type"),
    ],
)
def test_set_status_says_why_not(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    make_llm(slug="first")
    make_llm(slug="default", is_default=True)

    with pytest.raises(CommandError, match=reason):
        run("set_status", *arguments)

    assert set(LLMModel.objects.values_list("status", flat=True)) == {LLMStatus.ACTIVE}


@pytest.mark.parametrize("command", [("bootstrap",), ("set_status", "beta", "first")])
def test_a_wrong_ring_stops_every_command(
    run: Run, settings: Settings, command: tuple[str, ...]
) -> None:
    make_llm(slug="first")
    key_ring.plant_canary()
    settings.REGISTRY_ENCRYPTION_KEYS = ["A" * 22 + "bCdEfGhIjKlMnOpQrStUv" + "="]

    with pytest.raises(CommandError, match=r"key_ring: .*REGISTRY_ENCRYPTION_KEYS"):
        run(*command)

    assert LLMModel.objects.get().status == LLMStatus.ACTIVE


def test_a_rule_about_no_field_is_told_in_one_line() -> None:
    command = Failing()
    command.error = ValidationError(["first", "second"])

    with pytest.raises(CommandError, match=r"^first; second$"):
        call_command(command)


def test_an_unforeseen_error_is_not_swallowed() -> None:
    command = Failing()
    command.error = ZeroDivisionError()

    with pytest.raises(ZeroDivisionError):
        call_command(command)
