from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from audit import context
from audit.choices import Source
from registry.errors import RegistryError
from registry.services import key_ring

if TYPE_CHECKING:
    from argparse import ArgumentParser


class RegistryCommand(BaseCommand):
    """A command that acts on the trail: `--as USER` names the actor, else there is none.

    Subclasses write `run()`; a broken rule becomes one line on stderr and exit code 1.
    """

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as", dest="actor", metavar="USER", help="who acts, for the trail")
        parser.add_argument("--json", action="store_true", help="print for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self._actor(options.pop("actor", None))
        with context.use(source=Source.COMMAND, actor=actor):
            try:
                key_ring.check()
                self.run(**options)
            except RegistryError as error:
                raise CommandError(f"{error.code}: {error.message}") from error
            except ValidationError as error:
                raise CommandError(_one_line(error)) from error

    def run(self, **options: Any) -> None:
        raise NotImplementedError

    def report(self, options: dict[str, Any], value: Any, text: str) -> None:
        """Print `value` as JSON with --json, else `text` for people."""
        self.stdout.write(json.dumps(value, default=str) if options.get("json") else text)

    def _actor(self, name: str | None) -> User | None:
        if not name:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"there is no active user named {name!r}")
        return user


def _one_line(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return "; ".join(error.messages)
    return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
