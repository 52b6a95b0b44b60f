"""The plain list for whoever has no dialect of its own: keys that say nothing are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registry.formats.base import ListFormat, Window
from registry.types import ListedModel


class OwnErrors(ListFormat):
    """A format whose clients know no error shape: they get the one of our own API."""

    def error(self, status: int, code: str, message: str, field: str = "") -> dict[str, Any]:
        refusal: dict[str, Any] = {"code": code, "message": message}
        if field:
            refusal["fields"] = {field: [message]}
        return {"error": refusal}


class Generic(OwnErrors):
    name = "generic"

    def entry(self, model: ListedModel) -> dict[str, Any]:
        found: dict[str, Any] = {"id": model.id, "object": "model"}
        said = {"owned_by": model.owned_by, "type": model.type, "created": model.created}
        return found | {key: value for key, value in said.items() if value}

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        return b'{"object":"list","data":[%s]}' % b",".join(entries)


FORMAT = Generic()
