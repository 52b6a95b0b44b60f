"""Models of a document, and what each of them is called over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.choices import Transport
from roles.legacy.connections import Connections, provider_word
from roles.legacy.document import ANTHROPIC, GOOGLE, LOCAL, Code, Kind, Model
from roles.legacy.naming import Names, slug_of

if TYPE_CHECKING:
    from roles.legacy.entries import Entry

_MEMBERS = (
    *("id", "type", "label", "model_name", "provider", "context_k", "tags"),
    *(kind.value for kind in Kind),
)
_MOST_CONTEXT = 2_147_483_647  # tokens
# They choose a model themselves where none is named.
_COMMANDS = (Transport.CLAUDE_CLI.value, Transport.GEMINI_CLI.value)
# The provider that a way of calling belongs to, whatever the entry says.
_PROVIDERS: dict[str, str] = {
    Transport.CLAUDE_CLI: ANTHROPIC,
    Transport.GEMINI_CLI: GOOGLE,
    Transport.GEMINI_API: GOOGLE,
    Transport.LOCAL_OPENAI: LOCAL,
}
_TRANSPORTS: dict[str, Transport] = {
    ANTHROPIC: Transport.CLAUDE_CLI,
    GOOGLE: Transport.GEMINI_API,
    LOCAL: Transport.LOCAL_OPENAI,
}
# What a lost connection of a provider's was, where several members say something.
_USUAL: dict[str, Kind] = {LOCAL: Kind.HOST, ANTHROPIC: Kind.CREDENTIAL}


@dataclass(frozen=True)
class Models:
    """The models of a document in its order, and what their ids in it have become."""

    models: list[Model]
    names: dict[str, str]


def references(document: Entry) -> set[str]:
    """Return every text that stands where a model names a connection."""
    values = document.values.get("models")
    entries = values if isinstance(values, list) else []
    return {
        entry[kind].strip()
        for entry in entries
        if isinstance(entry, dict)
        for kind in Kind
        if isinstance(entry.get(kind), str)
    }


def read_models(
    entries: list[Entry], connections: Connections, also: Entry, *, local: bool = False
) -> Models:
    """Read the models; those of the older file are `local`, and say no more than a name and host.

    No made name is one that a slot of `also`, the roles, has for something else.
    """
    named = [(entry, entry.label("id")) for entry in entries]
    names = Names.for_ids([*(raw_id for _entry, raw_id in named), *_slots(also)])
    found = Models([], {})
    for entry, raw_id in named:
        entry.only(_MEMBERS)
        model_name = entry.exact("model_name") or _unnamed(entry)
        if not model_name:
            entry.note("model_name", Code.MISSING, "without a name this model was left out")
            continue
        if not raw_id:
            entry.note("id", Code.MISSING, "there is no id; one was made from the model's name")
        slug = names.give(raw_id or slug_of(model_name))
        if raw_id and slug != raw_id:
            entry.note("id", Code.RENAMED, f"the model is called {slug} here")
        if raw_id:
            found.names.setdefault(raw_id, slug)
        found.models.append(_model(entry, slug, model_name, connections, local=local))
    return found


def _model(
    entry: Entry, slug: str, model_name: str, connections: Connections, *, local: bool
) -> Model:
    provider, transport = (LOCAL, Transport.LOCAL_OPENAI.value) if local else _way(entry)
    kind, connection, lost = _connection(entry, provider, connections)
    known = 0 if local else entry.thousands("context_k", most=_MOST_CONTEXT)
    return Model(
        id=slug,
        type=transport,
        label=entry.label("label") or model_name,
        model_name=model_name,
        provider=provider,
        kind=kind,
        connection=connection,
        lost=lost,
        context_k=known,
        tags=() if local else entry.tags("tags"),
    )


def _unnamed(entry: Entry) -> str:
    """Return the name of a model that the entry leaves to a command: the command's own.

    Every stored model has a name; no other way of calling does without.
    """
    transport = entry.values.get("type")
    is_blank = entry.values.get("model_name") in (None, "")
    return str(transport) if is_blank and transport in _COMMANDS else ""


def _way(entry: Entry) -> tuple[str, str]:
    """Return provider and way of calling; where they disagree the way says who is called."""
    transport = entry.word("type")
    provider = provider_word(entry.word("provider"))
    meant = _PROVIDERS.get(transport)
    if meant is not None:
        if provider not in ("", meant):
            entry.note("provider", Code.INVALID, f"{transport} is {meant}'s; that was taken")
        return meant, transport
    if not provider:
        if not transport:
            entry.note("type", Code.MISSING, "neither type nor provider; it was read as local")
        provider = _by_reference(entry)
    usual = _TRANSPORTS.get(provider)
    return provider, transport or (usual.value if usual else "")


def _by_reference(entry: Entry) -> str:
    if entry.has(Kind.ACCOUNT):
        return GOOGLE
    return ANTHROPIC if entry.has(Kind.CREDENTIAL) else LOCAL


def _connection(
    entry: Entry, provider: str, connections: Connections
) -> tuple[Kind | None, str, bool]:
    """Return what the model is called over, and whether the document lacks it.

    A member that an earlier change of provider has left behind names nothing of this one's.
    """
    usual = _USUAL.get(provider, Kind.ACCOUNT)
    told = {kind: entry.label(kind) for kind in sorted(Kind, key=lambda kind: kind != usual)}
    told = {kind: raw_id for kind, raw_id in told.items() if raw_id}
    for kind, raw_id in told.items():
        slug = connections.names.get((kind, provider, raw_id))
        if slug is not None:
            _note_others(entry, told, kind)
            return kind, slug, False
    if usual not in told:
        _note_others(entry, told, usual)
        return None, "", False
    _note_others(entry, told, usual)
    entry.note(usual, Code.DANGLING, "there is no such entry; the model stays, without it")
    return usual, told[usual], True


def _note_others(entry: Entry, told: dict[Kind, str], taken: Kind) -> None:
    for kind in told:
        if kind != taken:
            entry.note(kind, Code.DANGLING, "this names nothing of the model's provider; left out")


def _slots(roles: Entry) -> set[str]:
    return {
        target.strip()
        for slots in roles.values.values()
        if isinstance(slots, dict)
        for target in slots.values()
        if isinstance(target, str)
    }
