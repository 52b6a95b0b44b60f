"""compose.yaml, Dockerfile and .dockerignore, as the tests read them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import yaml
from django.db import connection

from tests.architecture.source import ROOT

SECRETS = "/run/secrets/"
# Services that run our own image.
OURS = ("bootstrap", "web", "worker", "beat")
RUNNING = ("web", "worker", "beat")
_VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")
_UNITS = {"s": 1, "m": 60}


def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return parsed


def services() -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"]
    return found


def seconds(duration: str) -> int:
    return int(duration[:-1]) * _UNITS[duration[-1]]


def filled_in(text: str, given: Mapping[str, str]) -> str:
    """Return `text` with `${NAME:-default}` as compose fills it in."""
    return _VARIABLE.sub(lambda found: given.get(found[1]) or found[2], text)


def variables(service: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a service: what is only named is passed on where it is given."""
    rows: dict[str, str | None] = services()[service]["environment"]
    passed = {name: given.get(name) if text is None else text for name, text in rows.items()}
    return {name: filled_in(text, given) for name, text in passed.items() if text is not None}


def command(service: str) -> list[str]:
    found: list[str] = services()[service]["command"]
    return found


def dockerfile() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with their arguments, in order."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [line.partition(" ") for line in lines]
    return [(word, " ".join(rest.split())) for word, _blank, rest in pairs]


def allowed() -> list[str]:
    """Return what .dockerignore lets into the image; everything else is out."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    return [line.removeprefix("!") for line in rules[1:] if line.startswith("!")]


def copy_image(folder: Path) -> Path:
    """Return a copy of what stands in the image's working folder."""
    image = folder / "image"
    image.mkdir()
    ignored = shutil.ignore_patterns("__pycache__")
    for name in allowed():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, image / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, image / name)
    return image


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database of the kind that this run is on."""
    if connection.vendor != "postgresql":
        yield f"sqlite:///{folder / 'registry.sqlite3'}"
        return
    row = connection.settings_dict
    name = f"registry_compose_{os.getpid()}"
    server = {"host": row["HOST"], "port": row["PORT"] or 5432, "user": row["USER"]}
    with psycopg.connect(
        **server, password=row["PASSWORD"], dbname="postgres", autocommit=True
    ) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name}")
        try:
            password = f":{quote(row['PASSWORD'], safe='')}" if row["PASSWORD"] else ""
            yield f"postgres://{row['USER']}{password}@{row['HOST']}:{server['port']}/{name}"
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
