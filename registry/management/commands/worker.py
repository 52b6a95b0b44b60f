"""`manage.py worker`: carries out connection tests and other background work."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    """The process becomes Celery's worker, so that a signal reaches the worker itself."""

    help = "Carry out background work until stopped (REGISTRY_WORKER_THREADS at once)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--beat", action="store_true", help="also do the periodic work; in one worker only"
        )

    def run(self, **options: Any) -> None:
        arguments = worker_arguments(beat=options["beat"])
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606


def worker_arguments(*, beat: bool) -> list[str]:
    """Return Celery's command line; each worker of a machine has a name of its own."""
    arguments = [
        *("-m", "celery", "-A", settings.REGISTRY_CELERY_APP.rpartition(".")[0]),
        *("--quiet", "worker"),
        *("--hostname", f"worker{os.getpid()}@%h"),
        *("--loglevel", settings.REGISTRY_LOG_LEVEL),
        *("--without-gossip", "--without-mingle"),
    ]
    return [*arguments, "--beat"] if beat else arguments
