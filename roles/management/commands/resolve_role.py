from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from registry.management.base import RegistryCommand
from registry.management.tables import table
from roles.services.candidates import Candidate
from roles.services.resolution import Resolution, resolve

_HEADINGS = ("tried", "source", "slot", "model", "result")


class Command(RegistryCommand):
    help = (
        "Print what a user's role runs on right now, and where that comes from; no key is shown. "
        "Exit 1 if there is nothing, which only --local-only can lead to."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("user", metavar="USER")
        parser.add_argument("role", metavar="ROLE")
        parser.add_argument(
            "--explain", action="store_true", help="print all candidates, and why not each"
        )
        parser.add_argument(
            "--healthy-only", action="store_true", help="pass over what is down or cooling"
        )
        parser.add_argument("--local-only", action="store_true", help="only models of own hosts")

    def run(self, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no user named {options['user']!r}")
        found = resolve(
            user,
            options["role"],
            healthy_only=options["healthy_only"],
            local_only=options["local_only"],
            whole=options["explain"],
        )
        self.report(options, found.facts(), _text(found, explain=options["explain"]))
        if found.chosen is None:
            raise CommandError(f"no local model answers for {found.role}")


def _text(found: Resolution, *, explain: bool) -> str:
    parts = [_answer(found)] if found.chosen is not None else []
    if explain:
        rows = [
            _row(number, candidate, found) for number, candidate in enumerate(found.trace, start=1)
        ]
        parts.append(table(_HEADINGS, rows))
    return "\n".join(parts)


def _answer(found: Resolution) -> str:
    chosen = found.chosen
    if chosen is None or found.source is None:
        return ""
    place = f"{found.source.label}{f', {found.slot}' if found.slot else ''}"
    name = f"{chosen.model_name} " if chosen.model_name else ""
    over = f" at {chosen.api_url}" if chosen.api_url else ""
    return f"{found.role}: {chosen.key} = {name}({chosen.transport}){over} [{place}]"


def _row(number: int, candidate: Candidate, found: Resolution) -> tuple[str, ...]:
    return (
        str(number),
        str(candidate.source.label),
        candidate.slot or "-",
        candidate.name,
        _result(candidate, found),
    )


def _result(candidate: Candidate, found: Resolution) -> str:
    if candidate.skipped is None:
        is_chosen = candidate.configuration == found.chosen and candidate.source == found.source
        return "chosen" if is_chosen and candidate.slot == found.slot else "usable"
    until = f" until {candidate.until:%Y-%m-%d %H:%M:%SZ}" if candidate.until else ""
    return f"skipped: {candidate.skipped.label}{until}"
