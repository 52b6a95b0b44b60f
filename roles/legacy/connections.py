"""Hosts, accounts and command-line logins of a document."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from registry.choices import HostType
from roles.legacy.document import (
    ANTHROPIC,
    GOOGLE,
    LOCAL,
    Account,
    Code,
    Credential,
    Host,
    Kind,
)
from roles.legacy.entries import Entry
from roles.legacy.naming import Names, slug_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HOST = ("id", "label", "api_url", "api_key", "host_type")
_ACCOUNT = ("id", "label", "api_key", "api_url")
_CREDENTIAL = ("id", "label", "type")
# Whose login is there without anybody having entered it.
_DEFAULT_ID, _DEFAULT_LABEL = "cli", "Claude CLI (OAuth)"

# An entry, its id as it stands there, and what it says.
Raw = tuple[Entry, str, Host | Account | Credential]


@dataclass
class Connections:
    """The connections of a document, and what their ids in it have become.

    `names` are by kind and provider: a model of one provider is not called over another's.
    """

    hosts: list[Host] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    names: dict[tuple[Kind, str, str], str] = field(default_factory=dict)


def read_connections(document: Entry, lost: Iterable[str]) -> Connections:
    """Read all of them; no made name is one that stands in `lost`, as a model's reference."""
    found = Connections()
    providers = document.section("providers")
    sections = [(word, providers.section(word)) for word in providers.values]
    for _word, section in sections:
        section.only(("accounts", "credentials"))
    raw: list[Raw] = [
        *_hosts(document.entries("hosts")),
        *_of_providers(sections, "accounts", _account),
        *_of_providers(sections, "credentials", _credential),
    ]
    logins = [record for _entry, _id, record in raw if isinstance(record, Credential)]
    if not any(login.provider == ANTHROPIC for login in logins):
        raw.append((document, _DEFAULT_ID, Credential("", ANTHROPIC, _DEFAULT_LABEL)))
    names = Names.for_ids([*(raw_id for _entry, raw_id, _record in raw), *lost])
    for entry, raw_id, record in raw:
        slug = names.give(raw_id or slug_of(record.label))
        if raw_id and slug != raw_id:
            entry.note("id", Code.RENAMED, f"the entry is called {slug} here")
        _add(found, raw_id, replace(record, id=slug))
    return found


def _add(found: Connections, raw_id: str, record: Host | Account | Credential) -> None:
    if isinstance(record, Host):
        found.hosts.append(record)
        key = (Kind.HOST, LOCAL, raw_id)
    elif isinstance(record, Account):
        found.accounts.append(record)
        key = (Kind.ACCOUNT, record.provider, raw_id)
    else:
        found.credentials.append(record)
        key = (Kind.CREDENTIAL, record.provider, raw_id)
    if raw_id:
        found.names.setdefault(key, record.id)  # of equal ids the first is meant


def _hosts(entries: list[Entry]) -> Iterable[Raw]:
    for entry in entries:
        entry.only(_HOST)
        raw_id, label = _named(entry)
        address = entry.address("api_url")
        if not address:
            entry.note("api_url", Code.MISSING, "without an address this host was left out")
            continue
        key = entry.key("api_key")
        yield entry, raw_id, Host("", label or address, address, key, _host_type(entry))


def _host_type(entry: Entry) -> str:
    """Return the kind of host; what older programs did not know, they took for Open WebUI."""
    word = entry.text("host_type")
    if word and word not in HostType.values:
        entry.note("host_type", Code.INVALID, f"not one of {', '.join(HostType.values)}")
    return word if word in HostType.values else HostType.OPENWEBUI.value


def _of_providers(
    sections: list[tuple[str, Entry]], name: str, read: Callable[[Entry, str], Raw]
) -> Iterable[Raw]:
    for word, section in sections:
        for entry in section.entries(name):
            yield read(entry, provider_word(word))


def _account(entry: Entry, provider: str) -> Raw:
    entry.only(_ACCOUNT)
    raw_id, label = _named(entry)
    key = entry.key("api_key")
    address = entry.address("api_url")
    return entry, raw_id, Account("", provider, label or raw_id or provider, key, address)


def _credential(entry: Entry, provider: str) -> Raw:
    entry.only(_CREDENTIAL)
    raw_id, label = _named(entry)
    kind = entry.text("type")
    if kind not in ("", "cli"):
        entry.note("type", Code.INVALID, "this kind is not known; it was read as cli")
    return entry, raw_id, Credential("", provider, label or raw_id or provider)


def _named(entry: Entry) -> tuple[str, str]:
    """Return id and label; a name is made from the label where there is no id."""
    raw_id, label = entry.label("id"), entry.label("label")
    if not raw_id:
        entry.note("id", Code.MISSING, "there is no id; one was made")
    return raw_id, label or raw_id


def provider_word(text: str) -> str:
    """Return how documents call a provider: in lower case, Google by that name."""
    word = text.strip().lower()
    return GOOGLE if word == "gemini" else word
