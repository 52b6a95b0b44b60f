"""`manage.py export_catalog`: the model list as other programs read it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from registry.formats import FORMATS
from registry.management.base import RegistryCommand
from registry.services import model_lists


class Command(RegistryCommand):
    help = (
        "Print the whole model list in the shape that a client or tool reads, without any user's "
        "own models and without keys or addresses; nothing is asked of a provider."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", required=True, choices=list(FORMATS), help="whose shape")
        parser.add_argument(
            "--output", metavar="FILE", help="write it there instead, and print how many"
        )

    def run(self, **options: Any) -> None:
        prepared = model_lists.prepared(options["format"])
        content = prepared.whole
        if content is None:  # a list that clients read in pages
            content = prepared.shape.frame(prepared.entries, prepared.ids, None)
        if options["output"] is None:
            self.stdout.write(content.decode())
            return
        try:
            Path(options["output"]).write_bytes(content)
        except OSError as error:
            raise CommandError(f"cannot write {options['output']}: {error.strerror}") from error
        count = len(prepared.ids)
        value = {"format": options["format"], "models": count, "output": options["output"]}
        self.report(options, value, f"{count} models written to {options['output']}")
