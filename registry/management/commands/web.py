"""`manage.py web`: the web server alone, where the workers run elsewhere."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand

from registry.management.commands.dev import gunicorn_arguments


class Command(BaseCommand):
    """The process becomes gunicorn, so that a signal reaches gunicorn itself."""

    help = "Serve the registry until stopped (REGISTRY_WEB_WORKERS x REGISTRY_WEB_THREADS)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--bind",
            metavar="ADDRESS",
            default=f"127.0.0.1:{settings.PORT}",
            help="host:port to listen on; default 127.0.0.1:PORT",
        )

    def handle(self, *args: object, bind: str, **options: object) -> None:
        os.execv(sys.executable, [sys.executable, *gunicorn_arguments(bind)])  # noqa: S606
