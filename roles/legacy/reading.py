"""A person's files, read into one document: whatever is in them, nothing is raised."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from registry.types import Secret
from roles.legacy.connections import read_connections
from roles.legacy.document import GOOGLE, Account, Code, Document, Reading
from roles.legacy.entries import MOST_ENTRIES, Entry, Notes, TooManyError, kind_of
from roles.legacy.local_llm import as_registry
from roles.legacy.models import read_models, references
from roles.legacy.naming import Names
from roles.legacy.roles import read_roles

if TYPE_CHECKING:
    from roles.legacy.document import Problem
    from roles.legacy.local_llm import Server

REGISTRY_FILE = "model_registry.json"
LOCAL_LLM_FILE = "local_llm.json"
AUTH_FILE = "auth.json"

LARGEST = 8 * 1024 * 1024  # bytes; ten thousand models are less
NEWEST_VERSION = 2
_LONGEST_VERSION = 9  # digits, where it is text
_SECTIONS = ("version", "providers", "hosts", "models", "roles")
_GEMINI_KEY = "gemini_api_key"


@dataclass(frozen=True)
class Files:
    """The bytes of a person's files, None of those that are not there."""

    registry: bytes | None = None
    local_llm: bytes | None = None
    auth: bytes | None = None


class _SkippedError(Exception):
    """The document is not to be read any further."""

    def __init__(self, where: str, code: Code, why: str) -> None:
        super().__init__(why)
        self.where, self.code, self.why = where, code, why


def read_files(files: Files, server: Server) -> Reading:
    """Return the document of a person: the registry's, else that of the older file.

    What cannot be read, or is newer than this program, gives no document: it is left alone.
    `server` fills what an older file leaves out.
    """
    if files.registry is not None:
        return _read(REGISTRY_FILE, files.registry, files.auth, server)
    if files.local_llm is not None:
        return _read(LOCAL_LLM_FILE, files.local_llm, files.auth, server)
    return Reading("", None)


def _read(name: str, content: bytes, auth: bytes | None, server: Server) -> Reading:
    notes = Notes(name)
    others: list[Problem] = []
    try:
        values = _parse(content)
        document = Entry(values, "", notes)
        is_older = name == LOCAL_LLM_FILE
        version = _version(document, default=1 if is_older else None)
        if is_older:
            found = _document(as_registry(document, server), is_older=True)
        else:
            document.only(_SECTIONS)
            found = _document(document, is_older=False)
        if version == 1 and not any(row.provider == GOOGLE for row in found.accounts):
            found = _with_key(found, auth, others)
    except _SkippedError as error:
        notes.add(error.where, error.code, error.why)
        return Reading(name, None, tuple(notes.problems))
    except TooManyError as error:
        notes.add(error.place, Code.TOO_LARGE, f"this has more than {MOST_ENTRIES:,} entries")
        return Reading(name, None, tuple(notes.problems))
    return Reading(name, found, (*notes.problems, *others))


def _document(document: Entry, *, is_older: bool) -> Document:
    roles = document.section("roles")
    connections = read_connections(document, references(document))
    models = read_models(document.entries("models"), connections, roles, local=is_older)
    return Document(
        tuple(connections.hosts),
        tuple(connections.accounts),
        tuple(connections.credentials),
        tuple(models.models),
        read_roles(roles, models.names),
    )


def _parse(content: bytes) -> dict[str, Any]:
    """Return the object that a file is. Raises _SkippedError."""
    if len(content) > LARGEST:
        why = f"larger than {LARGEST // 1024 // 1024} MB; it was not read"
        raise _SkippedError("", Code.TOO_LARGE, why)
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _SkippedError("", Code.UNREADABLE, "this is no UTF-8 text") from None
    except json.JSONDecodeError as error:
        why = f"this is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise _SkippedError("", Code.UNREADABLE, why) from None
    except RecursionError:
        raise _SkippedError("", Code.UNREADABLE, "values are nested too deeply") from None
    except ValueError:  # a number of thousands of digits
        raise _SkippedError("", Code.UNREADABLE, "a number in it is too long") from None
    if not isinstance(value, dict):
        why = f"this must be an object, not {kind_of(value)}"
        raise _SkippedError("", Code.UNREADABLE, why)
    return value


def _version(document: Entry, *, default: int | None) -> int:
    """Return the version, written as a number or as text. Raises _SkippedError."""
    value = document.values.get("version", default)
    text = value.strip() if isinstance(value, str) else ""
    if len(text) <= _LONGEST_VERSION and text.isascii() and text.isdigit():
        value = int(text)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _SkippedError("version", Code.UNREADABLE, "this is no version of such a document")
    newest = NEWEST_VERSION if default is None else default
    if value > newest:
        why = f"newer than {newest}, the newest that is known here"
        raise _SkippedError("version", Code.UNSUPPORTED_VERSION, why)
    return value


def _with_key(document: Document, auth: bytes | None, problems: list[Problem]) -> Document:
    """Add the Gemini key of the auth file as an account; what is wrong there stops nothing."""
    if auth is None:
        return document
    notes = Notes(AUTH_FILE)
    try:
        key = Entry(_parse(auth), "", notes).key(_GEMINI_KEY) or Secret("")
    except _SkippedError as error:
        notes.add(error.where, error.code, error.why)
        key = Secret("")
    problems.extend(notes.problems)
    if not key:
        return document
    taken = [row.id for row in document.hosts]
    taken += [row.id for row in document.accounts]
    taken += [row.id for row in document.credentials]
    taken += [model.connection for model in document.models if model.lost]
    names = Names.for_ids(taken)
    account = Account(names.give_made("gemini-api-key"), GOOGLE, "Gemini API Key", key)
    return replace(document, accounts=(*document.accounts, account))
