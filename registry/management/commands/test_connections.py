"""`manage.py test_connections`: do the models answer?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from registry.choices import LLMType
from registry.management.base import RegistryCommand
from registry.models import ConnectionTest, LLMModel, Sweep
from registry.services import awaited_tests, sweeps, verdicts

_HEADINGS = ("model", "result", "ms", "what it means")


class Command(RegistryCommand):
    help = (
        "Test the active shared models now, in this process; no worker is needed. Prints a "
        "table, and exits with 1 if a model failed. With nothing to test it exits with 0."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--type", choices=LLMType.values, help="only models of this type")
        parser.add_argument(
            "--model",
            action="append",
            metavar="MODEL",
            help="only this model, by slug or id, whatever its status; may be repeated",
        )
        parser.add_argument(
            "--no-inference",
            action="store_false",
            dest="inference",
            help="leave out the call of the model, which the provider bills",
        )

    def run(self, **options: Any) -> None:
        llms = self._chosen(options)
        if not llms:
            self.report(options, [], "There is no model to test.")
            return
        tests = self._tested(sweeps.start(llms, inference=options["inference"]), len(llms))
        self.report(options, [_told(test) for test in tests], _table(tests))
        failed = sum(not test.success for test in tests)
        if failed:
            raise CommandError(f"{failed} of {len(tests)} models failed.")

    def _chosen(self, options: dict[str, Any]) -> list[LLMModel]:
        rows = LLMModel.objects.shared().select_related("provider", "connection__provider")
        if options["model"]:
            rows = rows.filter(pk__in=[self._find(name).pk for name in options["model"]])
        else:
            rows = rows.active()
        return list(rows.of_type(options["type"]) if options["type"] else rows)

    def _find(self, name: str) -> LLMModel:
        llm: LLMModel | None = LLMModel.objects.shared().named(name).first()
        if llm is None:
            raise CommandError(f"there is no shared model {name!r}")
        return llm

    def _tested(self, sweep: Sweep, total: int) -> list[ConnectionTest]:
        """Carry the tests out, and say on stderr how far they are."""
        ended: list[ConnectionTest] = []

        def tell(test: ConnectionTest) -> None:
            ended.append(test)
            text = f"[{len(ended)}/{total}] {test}: {verdicts.words_of(test)}"
            self.stderr.write(text, style_func=str)  # it is no error

        awaited_tests.carry_out(sweep, told=tell)
        return sorted(ended, key=str)


def _told(test: ConnectionTest) -> dict[str, Any]:
    words = verdicts.words_of(test)
    return {
        "model": test.llm.slug if test.llm else "",
        "success": test.success,
        "code": test.code,
        "latency_ms": test.latency_ms,
        "message": words.text if words else "",
        "advice": words.advice if words else "",
        "test": test.pk,
    }


def _table(tests: list[ConnectionTest]) -> str:
    rows = [_HEADINGS]
    for test in tests:
        latency = "-" if test.latency_ms is None else str(test.latency_ms)
        slug = test.llm.slug if test.llm else ""
        words = str(verdicts.words_of(test) or "")
        rows.append((slug, test.get_code_display(), latency, words))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    )
