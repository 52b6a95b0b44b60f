"""What a person owns, as pages of the staff show it: names and counts, never a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from audit.moments import ago
from roles.choices import Slot
from roles.services.slots import name_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.http import HttpRequest

    from registry.models import ApiToken, Connection, LLMModel
    from roles.models import RoleSlot
    from roles.services.belongings import Belongings


@dataclass(frozen=True)
class Section:
    """The records of one kind; `lines` is None for readers who may not see them."""

    name: str
    title: str
    count: int
    lines: list[str] | None


def sections(found: Belongings, request: HttpRequest) -> list[Section]:
    """Return what there is of each kind, told as far as the reader's rights on its table go."""
    kinds: list[tuple[str, str, str, list[Any], Callable[[Any], str]]] = [
        (
            "connections",
            _("Accounts, hosts and logins"),
            "registry.view_connection",
            found.connections,
            _connection,
        ),
        ("models", _("Models"), "registry.view_llmmodel", found.llms, _llm),
        ("slots", _("Slots of roles"), "roles.view_roleslot", found.slots, _slot),
        ("tokens", _("Tokens"), "registry.view_apitoken", found.tokens, _token),
    ]
    shown = [
        Section(name, title, len(rows), list(map(tell, rows)) if may else None)
        for name, title, right, rows, tell in kinds
        for may in [request.user.has_perm(right)]
    ]
    entries = found.catalog_entries
    return [*shown, Section("catalog_entries", _("Entries of catalogues"), entries, None)]


def readable(found: Belongings, request: HttpRequest) -> list[Section]:
    """Return the sections that the reader may see, as far as there is anything in them."""
    return [section for section in sections(found, request) if section.lines]


def _connection(connection: Connection) -> str:
    parts = (connection.label, connection.provider.name, connection.get_kind_display())
    return " · ".join((*parts, connection.get_state_display()))


def _llm(llm: LLMModel) -> str:
    return " · ".join((llm.name, llm.model_id, llm.get_status_display()))


def _slot(slot: RoleSlot) -> str:
    return f"{slot.role} · {Slot(slot.slot).label} · {name_of(slot)}"


def _token(token: ApiToken) -> str:
    used = ago(token.last_used_at) or _("never")
    return _("%(application)s · last used: %(used)s") % {
        "application": token.application,
        "used": used,
    }
