"""`manage.py beat`: rings the workers for periodic work. One is enough; two do no harm."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings

from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    """The process becomes Celery's beat, so that a signal reaches it."""

    help = "Ring the workers for periodic work until stopped."

    def run(self, **options: Any) -> None:
        module = settings.REGISTRY_CELERY_APP.rpartition(".")[0]
        arguments = ["-m", "celery", "-A", module, "--quiet", "beat", "--pidfile="]
        level = ("--loglevel", settings.REGISTRY_LOG_LEVEL)
        os.execv(sys.executable, [sys.executable, *arguments, *level])  # noqa: S606
