from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from registry.choices import LLMStatus
from registry.management.base import RegistryCommand
from registry.models import LLMModel
from registry.services.statuses import set_status


class Command(RegistryCommand):
    help = "Set the status of models, named by slug or id; exit 1 if one is refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("status", choices=LLMStatus.values)
        parser.add_argument("models", nargs="+", metavar="MODEL")

    def run(self, **options: Any) -> None:
        llms = [self._find(name) for name in options["models"]]
        for llm in llms:
            set_status(llm, options["status"])
        value = [{"model": llm.slug, "status": llm.status} for llm in llms]
        text = "\n".join(f"{llm.slug}\t{llm.status}" for llm in llms)
        self.report(options, value, text)

    def _find(self, name: str) -> LLMModel:
        llm: LLMModel | None = LLMModel.objects.named(name).first()
        if llm is None:
            raise CommandError(f"there is no model {name!r}")
        return llm
