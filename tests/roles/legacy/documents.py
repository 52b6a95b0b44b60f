"""Legacy documents for tests: written, read, and drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from registry.types import Secret
from roles.choices import Builtin, Slot
from roles.legacy.document import Document, Reading
from roles.legacy.local_llm import Server
from roles.legacy.reading import Files, read_files

NO_SERVER = Server("", Secret(""), "")
GEMINI_KEY = "AIzaSyA1B2C3D4E5F6G7H8I9J0KLMNOPQRSTUVW"
HOST = {"id": "h1", "label": "H", "api_url": "http://x.example", "api_key": "k"}
MODEL = {
    "id": "m1",
    "type": "local_openai",
    "label": "Llama",
    "model_name": "llama3.1:8b",
    "provider": "local",
    "host_id": "h1",
    "context_k": 8,
    "tags": ["chat"],
}
ACCOUNT = {"id": "a1", "label": "Acct", "api_key": GEMINI_KEY}
LOGIN = {"id": "cli", "label": "Claude CLI (OAuth)", "type": "cli"}
GEMINI = {
    "id": "g1",
    "type": "gemini_api",
    "label": "Pro",
    "model_name": "gemini-2.5-pro",
    "provider": "google",
    "context_k": 1000,
    "tags": [],
    "account_id": "a1",
}


def registry(version: Any = 2, **sections: Any) -> dict[str, Any]:
    """Return a document with one of each record; a section given replaces it, None leaves out."""
    values: dict[str, Any] = {
        "version": version,
        "providers": {
            "anthropic": {"credentials": [LOGIN]},
            "google": {"accounts": [ACCOUNT]},
        },
        "hosts": [HOST],
        "models": [MODEL, GEMINI],
        "roles": {"chat": {"primary": "m1", "backup_1": "claude_cli"}},
    } | sections
    return {name: value for name, value in values.items() if value is not None}


def encoded(value: Any) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return json.dumps(value).encode()


def read(
    document: Any = None, *, local_llm: Any = None, auth: Any = None, server: Server = NO_SERVER
) -> Reading:
    """Read what would lie in a person's folder; values that are not bytes are written as JSON."""
    return read_files(Files(encoded(document), encoded(local_llm), encoded(auth)), server)


def document_of(*arguments: Any, **named: Any) -> Document:
    """Read a document that has nothing wrong."""
    reading = read(*arguments, **named)
    assert reading.problems == ()
    assert reading.document is not None
    return reading.document


def places(reading: Reading) -> list[str]:
    """Return where the problems are, without the name of the file."""
    return [problem.where.partition(": ")[2] for problem in reading.problems]


def put(folder: Path, username: str, **files: Any) -> Path:
    """Write `registry`, `local_llm` and `auth` into a person's folder, and return it."""
    names = {"registry": "model_registry.json", "local_llm": "local_llm.json", "auth": "auth.json"}
    place = folder / username
    place.mkdir(exist_ok=True)
    for name, value in files.items():
        content = encoded(value)
        assert content is not None
        (place / names[name]).write_bytes(content)
    return place


# --- drawn documents --------------------------------------------------------------------------

WORDS = ("alpha", "Beta Gamma", "modèle", "x" * 200, "llama3.1:8b", "日本")
IDS = ("1f2e3d4c", "m1", "h.1", "a_b", "cli", "claude_cli", "X 1", "embedding", "ÄÖ", "m1-2")

MEMBERS = (
    *("version", "hosts", "models", "roles", "providers", "google", "accounts", "credentials"),
    *("id", "chat", "primary", "api_url", "api_key", "model_name", "tags", "host_id", "aliases"),
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["version", "hosts", "m1", "h1", "http://x.example"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(MEMBERS) | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)

_labels = st.sampled_from(WORDS)
_keys = st.sampled_from(["", "sk-abcdef0123456789", GEMINI_KEY])


def _unique(entries: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(entries, max_size=4, unique_by=lambda entry: entry["id"])


def _hosts() -> st.SearchStrategy[list[dict[str, Any]]]:
    return _unique(
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(IDS),
                "label": _labels,
                "api_url": st.sampled_from(
                    [
                        "http://llm-a.example:3000",
                        "https://b.example/v1",
                        "http://192.168.1.9:11434",
                    ]
                ),
                "api_key": _keys,
                "host_type": st.sampled_from(["openwebui", "openai", "ollama"]),
            }
        )
    )


def _accounts() -> st.SearchStrategy[list[dict[str, Any]]]:
    columns = {"id": st.sampled_from(IDS), "label": _labels, "api_key": _keys}
    return _unique(st.fixed_dictionaries(columns))


def _logins() -> st.SearchStrategy[list[dict[str, Any]]]:
    columns = {"id": st.sampled_from(IDS), "label": _labels, "type": st.just("cli")}
    return _unique(st.fixed_dictionaries(columns))


_WAYS = (
    ("local_openai", "local", "host_id"),
    ("gemini_api", "google", "account_id"),
    ("claude_cli", "anthropic", "credential_id"),
    ("gemini_cli", "google", ""),
    ("claude_sdk", "anthropic", ""),
)


@st.composite
def _models(draw: st.DrawFn) -> dict[str, Any]:
    transport, provider, reference = draw(st.sampled_from(_WAYS))
    entry: dict[str, Any] = {
        "id": draw(st.sampled_from(IDS)),
        "type": transport,
        "label": draw(_labels),
        "model_name": draw(st.sampled_from(["llama3.1:8b", "gemini-2.5-pro", "modèle"])),
        "provider": provider,
        "context_k": draw(st.sampled_from([0, 8, 200, 1000])),
        "tags": sorted(draw(st.sets(st.sampled_from(["chat", "code", "lang"])))),
    }
    if reference and draw(st.booleans()):
        entry[reference] = draw(st.sampled_from([*IDS, "gone"]))
    return entry


@st.composite
def registries(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a version 2 document as programs wrote them: dangling references and odd ids too."""
    models = draw(_unique(_models()))
    targets = [entry["id"] for entry in models] + list(Builtin.values)
    slots = st.dictionaries(
        st.sampled_from(Slot.values), st.none() | st.sampled_from(targets), max_size=3
    )
    return {
        "version": 2,
        "providers": {
            "anthropic": {"credentials": draw(_logins())},
            "google": {"accounts": draw(_accounts())},
        },
        "hosts": draw(_hosts()),
        "models": models,
        "roles": draw(st.dictionaries(st.sampled_from(["chat", "coder", "x.y"]), slots)),
    }
