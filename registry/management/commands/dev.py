"""`manage.py dev`: everything on this machine, in one process group."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils.translation import gettext as _

from registry.management.supervisor import Child, Supervisor
from registry.services import sandbox


class Command(BaseCommand):
    """Serve the registry on 127.0.0.1:PORT, with a worker, until it is stopped."""

    help = "Serve the registry on this machine (PORT, default 8000), with a worker."

    def handle(self, *args: object, **options: object) -> None:
        address = f"127.0.0.1:{settings.PORT}"
        self.stdout.write(_("The registry is at http://%(address)s/admin/") % {"address": address})
        if settings.REGISTRY_PUBLIC_LISTS:
            self.stdout.write(_("Anyone who reaches it may read the model lists."))
        self.stdout.flush()
        manage = str(settings.BASE_DIR / "manage.py")
        children = [
            Child("web server", gunicorn_arguments(address)),
            Child("worker", [manage, "worker", "--beat"], on_exit="restart"),
        ]
        if _has_sandbox():
            children.append(
                Child(
                    "sandbox provider",
                    [manage, "sandbox_provider", "--verbosity", "0"],
                    on_exit="ignore",
                )
            )
        sys.exit(Supervisor(children).run())


def _has_sandbox() -> bool:
    try:
        return sandbox.is_installed()
    except DatabaseError:  # not migrated, or not there: the readiness page says which
        return False


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
