from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from registry.management.base import RegistryCommand
from roles.services.legacy_import import Report, import_folder


class Command(RegistryCommand):
    help = (
        "Import model_registry.json or local_llm.json, and the Gemini key of auth.json, from "
        "DIR/<username>/ for every user; exit 1 if a folder was skipped. The files stay as they "
        "are. Importing again replaces each record and adds nothing twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--user", default="", metavar="USER", help="only this user's folder")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done, and do nothing"
        )

    def run(self, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"there is no folder {str(folder)!r}")
        reports = []
        found = import_folder(folder, username=options["user"], dry_run=options["dry_run"])
        for report in found:
            reports.append(report)
            if not options["json"]:
                self.stdout.write(_text(report))
        if options["json"]:
            self.report(options, [report.facts() for report in reports], "")
        skipped = [report.username for report in reports if report.is_skipped]
        if skipped:
            raise CommandError(f"skipped: {', '.join(skipped)}")


def _text(report: Report) -> str:
    """Return what was done, or would be: a dry run prints the same."""
    head = f"{report.username}: {report.source or 'no document'}"
    if report.is_skipped:
        head += ", skipped"
    elif not report.changes:
        head += ", nothing to change"
    lines = [f"  {step}" for step in report.changes]
    lines += [f"  ! {problem}" for problem in report.problems]
    return "\n".join([head, *lines])
