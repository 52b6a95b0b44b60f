"""What a person's own host, or account, says it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.errors import NotFoundError
from registry.services import host_models
from roles.services.own_connections import own_connection

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def models_of_host(user: User, name: str) -> list[str]:
    """Return the ids of the models that one of the user's connections serves, sorted.

    Asked at this moment, through the guarded client; an entry without an id goes by its name.
    Raises NotFoundError, ProviderRefusedError or HostBusyError.
    """
    connection = own_connection(user, name)
    if connection is None:
        raise NotFoundError
    return [model.id for model in host_models.models_of(connection).models]
