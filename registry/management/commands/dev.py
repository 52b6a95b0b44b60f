"""`manage.py dev`: the web server on this machine."""

from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _


class Command(BaseCommand):
    """Serve the registry on 127.0.0.1:PORT until it is stopped.

    The process becomes gunicorn, so that a signal to the command reaches the server itself.
    """

    help = "Serve the registry on this machine (PORT, default 8000)."

    def handle(self, *args: object, **options: object) -> None:
        address = f"127.0.0.1:{settings.PORT}"
        self.stdout.write(_("The registry is at http://%(address)s/admin/") % {"address": address})
        if settings.REGISTRY_PUBLIC_LISTS:
            self.stdout.write(_("Anyone who reaches it may read the model lists."))
        self.stdout.flush()
        os.execv(sys.executable, [sys.executable, *gunicorn_arguments(address)])  # noqa: S606


def gunicorn_arguments(address: str) -> list[str]:
    """Return the server's command line, from the measured settings."""
    return [
        *("-m", "gunicorn", "config.wsgi"),
        *("--bind", address),
        *("--worker-class", "gthread"),
        *("--workers", str(settings.REGISTRY_WEB_WORKERS)),
        *("--threads", str(settings.REGISTRY_WEB_THREADS)),
        # It would open a socket in the home directory.
        "--no-control-socket",
        # Whom to believe about forwarded headers is decided by config.middleware alone.
        *("--forwarded-allow-ips", ""),
        *("--log-level", settings.REGISTRY_LOG_LEVEL.lower()),
    ]
