"""The oldest file: one address with one model, or hosts with models, as a registry's document."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from registry.services import origins
from roles.choices import Slot
from roles.legacy.document import Code

if TYPE_CHECKING:
    from registry.types import Secret
    from roles.legacy.entries import Entry

_FLAT = ("version", "api_url", "api_key", "model")
_MANY = ("version", "hosts", "models", "active_model_id")
_HOST_ID, _HOST_LABEL = "local-model-server", "Local Model Server"
_MODEL_ID = "local-model"
# The role of the active model, and that which it has where the server distills by it.
_ROLE, _DISTILL = "chat", "distill"


@dataclass(frozen=True)
class Server:
    """What the server's settings say for those who have said nothing."""

    api_url: str
    api_key: Secret
    model: str
    distills_locally: bool = False


def as_registry(document: Entry, server: Server) -> Entry:
    """Return the older document's content in the sections of a registry's, at the same places."""
    if "hosts" not in document.values:
        document.only(_FLAT)
        return replace(document, values=_from_flat(document, server))
    document.only(_MANY)
    sections = {name: document.values.get(name) for name in ("hosts", "models")}
    active = document.label("active_model_id")
    if active and not _has_model(sections["models"], active):
        document.note("active_model_id", Code.DANGLING, "there is no such model")
        active = ""
    return replace(document, values=sections | {"roles": _roles(active, server)})


def _from_flat(document: Entry, server: Server) -> dict[str, Any]:
    address = document.address("api_url")
    told = document.text("api_key")
    if not address and document.values.get("api_url") not in (None, ""):
        return {}  # what is wrong with it has been noted; another address is not what was meant
    if not told and _is_the_servers(address, server):
        told = server.api_key.reveal()
    address = address or server.api_url
    if not address:
        document.note("api_url", Code.MISSING, "neither here nor on the server is an address")
        return {}
    model_name = document.exact("model") or server.model
    host = {"id": _HOST_ID, "label": _HOST_LABEL, "api_url": address, "api_key": told}
    model = {"id": _MODEL_ID, "host_id": _HOST_ID, "model_name": model_name}
    return {
        "hosts": [host],
        "models": [model] if model_name else [],
        "roles": _roles(_MODEL_ID if model_name else "", server),
    }


def _is_the_servers(address: str, server: Server) -> bool:
    """Whether the server's key may go to this address: no other gets it."""
    if not address:
        return True
    try:
        return origins.origin_of(address) == origins.origin_of(origins.normalise(server.api_url))
    except ValidationError:  # the setting is no address
        return False


def _roles(active: str, server: Server) -> dict[str, Any]:
    if not active:
        return {}
    filled = {Slot.PRIMARY.value: active}
    return {_ROLE: filled, _DISTILL: filled} if server.distills_locally else {_ROLE: filled}


def _has_model(values: Any, model_id: str) -> bool:
    entries = values if isinstance(values, list) else []
    return any(
        isinstance(entry, dict) and str(entry.get("id")).strip() == model_id for entry in entries
    )
