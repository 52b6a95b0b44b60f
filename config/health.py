"""`/livez` and `/readyz`: whether the process runs, and whether it can do its work."""

from __future__ import annotations

from http import HTTPStatus

from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.errors import error
from registry.errors import RegistryError
from registry.services import key_ring


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; it asks nothing of the database."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers, no migration waits, and the key ring opens what is stored."""
    unavailable = HTTPStatus.SERVICE_UNAVAILABLE
    try:
        waiting = _waiting_migrations()
        if waiting:
            names = ", ".join(waiting)
            message = _("Migrations are waiting: %(names)s.") % {"names": names}
            return error(unavailable, "migrations_waiting", message)
        key_ring.check()
    except DatabaseError:
        return error(unavailable, "database_unavailable", _("The database does not answer."))
    except RegistryError as problem:
        return error(unavailable, problem.code, str(problem))
    return JsonResponse({"status": "ok"})


def _waiting_migrations() -> list[str]:
    """Name the migrations of this version that the database has not had."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
