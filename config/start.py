"""What comes before the settings, and what a process refuses to start with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

from config import env, keys

Application = TypeVar("Application")
# With this exit status of a worker gunicorn ends altogether instead of starting another one.
WORKER_CANNOT_START = 3


def create_missing_keys(arguments: Sequence[str]) -> None:
    """Create the missing keys of a new installation when `bootstrap` is the command.

    The settings cannot load without keys, so this comes before Django starts.
    Raises ImproperlyConfigured if a database is there whose key ring is gone: new keys would
    leave every stored secret unreadable, and look like a good start.
    """
    if not arguments or arguments[0] != "bootstrap":
        return
    folder = env.data_dir()
    missing = [
        file
        for name, file in env.KEY_NAMES.items()
        if not env.is_set(name) and not (folder / "keys" / file).exists()
    ]
    if "encryption_keys" in missing and (folder / "registry.sqlite3").exists():
        raise ImproperlyConfigured(
            "There is a database but no key ring. Put back the file keys/encryption_keys of "
            f"{folder} from its backup: without it no stored key can be read."
        )
    written = keys.create_keys(folder / "keys", missing)
    if written:
        sys.stdout.write(f"Created {', '.join(written)} in {folder / 'keys'}: keep a backup.\n")


def load_settings() -> None:
    """Load the settings, so that a wrong one ends every process before it does anything.

    Raises ImproperlyConfigured with one sentence that names the variable and never its value.
    """
    import_module(env.choose_settings())
    for name in keys.readable_by_others(env.data_dir() / "keys"):
        sys.stderr.write(f"warning: the key file {name} can be read by other users: chmod 600.\n")


def web_application(build: Callable[[], Application]) -> Application:
    """Return what `build` makes, or end the process with one line that says why not."""
    try:
        load_settings()
        application = build()
        refuse_wrong_ring()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(WORKER_CANNOT_START)
    return application


def refuse_wrong_ring() -> None:
    """Raise ImproperlyConfigured if the key ring does not open what the database holds.

    The check passes over a database that does not answer or has no tables yet: that is no
    reason to stay down, `/readyz` says so until it is there.
    """
    # By name, since models cannot be imported before the settings are loaded.
    key_ring = import_module("registry.services.key_ring")
    errors = import_module("registry.errors")
    try:
        key_ring.check()
    except errors.RegistryError as error:
        raise ImproperlyConfigured(str(error)) from error
