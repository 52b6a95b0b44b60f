"""The only module that reads the process environment.

`config/settings/base.py` names every variable, its unit and its default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import environ
import environ.fileaware_mapping
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

BASE_DIR = Path(__file__).resolve().parent.parent
KEY_NAMES = {
    "REGISTRY_ENCRYPTION_KEYS": "encryption_keys",
    "REGISTRY_SECRET_KEY": "secret_key",
    "REGISTRY_FINGERPRINT_KEY": "fingerprint_key",
}
MOST_PORT = 65_535
_ROLE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True}
BOOLEANS |= {"0": False, "false": False, "no": False, "off": False}


_source = environ.fileaware_mapping.FileAwareMapping(os.environ, cache=False)


def isolate(values: Mapping[str, str], *, keep: tuple[str, ...]) -> None:
    """Read `values` from now on, and of the process environment only the names in `keep`.

    For tests: what a developer's shell exports must not change their outcome.
    """
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    _source.env = {**kept, **values}


def choose_settings() -> str:
    """Return the settings module to load: DJANGO_SETTINGS_MODULE, or the service's own."""
    return os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")


def is_set(name: str) -> bool:
    """Say whether `name` or `name_FILE` stands in the environment, even if empty."""
    return name in _source.env or f"{name}_FILE" in _source.env


def _raw(name: str) -> str:
    """Return the text of `name` or of the file named by `name_FILE`, stripped; "" if unset.

    Nothing is interpolated: a value such as `$HOME` is just these characters.
    """
    try:
        return str(_source.get(name, "")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read.") from error


def _parsed(name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
    """Parse `name`; an empty value counts as unset. The error never shows the value."""
    text = _raw(name)
    if not text:
        return default
    try:
        return parse(text)
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} must be {expected}.") from error


def text(name: str, default: str = "") -> str:
    return _raw(name) or default


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
    """Return a whole number from `low` to `high`, both included."""

    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return _parsed(name, default, parse, f"a whole number from {low} to {high}")


def boolean(name: str, default: bool) -> bool:
    return _parsed(name, default, lambda value: BOOLEANS[value.lower()], "true or false")


def listing(name: str, default: str = "") -> list[str]:
    """Return the parts of a comma-separated value, without blanks."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def host_ports(name: str) -> list[str]:
    """Return host:port pairs in the spelling of stored addresses; a wrong one allows nothing."""

    def parse(value: str) -> list[str]:
        return [_host_port(part.strip()) for part in value.split(",") if part.strip()]

    return _parsed(name, [], parse, "pairs of host:port, such as ollama:11434")


def _host_port(pair: str) -> str:
    host, _colon, port = pair.rpartition(":")
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= MOST_PORT):
        raise ValueError
    if host.startswith("[") and host.endswith("]"):
        return f"[{IPv6Address(host[1:-1])}]:{int(port)}"
    if re.fullmatch(r"[0-9.]+", host):
        return f"{IPv4Address(host)}:{int(port)}"
    if not re.fullmatch(r"[^\s\[\]/:@*]+", host):
        raise ValueError
    return f"{host.encode('idna').decode().lower().rstrip('.')}:{int(port)}"


def role_names(name: str, default: str) -> list[str]:
    """Return a comma-separated value whose parts are names of roles, each once.

    The rule is that of `roles.services.role_table.role_name`, for which models have to be loaded;
    a test compares the two.
    """

    def parse(value: str) -> list[str]:
        found = list(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
        if not all(_ROLE_NAME.fullmatch(part) for part in found):
            raise ValueError
        return found

    expected = "names of lower case letters, digits, . _ and -, with commas between them"
    return _parsed(name, parse(default), parse, expected)


def prefixed(prefix: str) -> dict[str, str]:
    """Return the variables that begin with `prefix`: the rest in lower case, and the text."""
    names = [name for name in _source.env if name.startswith(prefix) and name != prefix]
    return {name.removeprefix(prefix).lower(): _raw(name) for name in names if _raw(name)}


def choice(name: str, default: str, among: tuple[str, ...]) -> str:
    known = {option: option for option in among}
    return _parsed(name, default, lambda value: known[value.upper()], f"one of {', '.join(among)}")


def time_zone(name: str, default: str) -> str:
    """Return the name of a time zone that this machine knows."""
    return _parsed(name, default, lambda value: ZoneInfo(value).key, "a time zone such as UTC")


def database(name: str) -> dict[str, object]:
    """Return Django's settings for the database URL in `name`, or {} if unset."""
    url = _raw(name)
    if not url:
        return {}
    found: dict[str, object] = environ.Env.db_url_config(url)
    if found.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        raise ImproperlyConfigured(f"{name} must start with sqlite:// or postgres://.")
    return found


def data_dir() -> Path:
    """Return the folder of the local database and the key files (DATA_DIR, default var/)."""
    return (BASE_DIR / text("DATA_DIR", "var")).resolve()


def key_text(name: str) -> str | None:
    """Return the text of a key: the environment's, else the key file's; None if there is none.

    A variable that is set but empty is "" and not None: it must not fall back to a file.
    """
    if is_set(name):
        return _raw(name)
    path = data_dir() / "keys" / KEY_NAMES[name]
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"The key file {path.name} cannot be read.") from error
