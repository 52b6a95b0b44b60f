"""Reads the files of acceptance cases: from CASES_DIR, or the project's own copy."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

OWN_COPY = Path(__file__).with_name("data")


@dataclass(frozen=True)
class Case:
    """One case as its file states it; `fixtures` are those of the file's header."""

    id: str
    level: str
    ac: str
    surface: str
    actor: str
    method: str
    path: str
    expect: dict[str, Any]
    body: Any = None
    given: dict[str, Any] = field(default_factory=dict)
    fixtures: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_parallel(self) -> bool:
        return "at once" in self.method


def folder() -> Path:
    return Path(os.environ.get("CASES_DIR") or OWN_COPY)


@cache
def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(folder().joinpath(name).read_text(encoding="utf-8"))
    return content


def cases_of(name: str, *, fixtures_of: str | None = None) -> list[Case]:
    """Return the cases of a file; one that is our own may borrow another header's fixtures."""
    fixtures = read(fixtures_of or name)["fixtures"]
    return [_case(entry, fixtures) for entry in read(name)["cases"]]


def extra_cases_of(name: str, *, fixtures_of: str) -> list[Case]:
    """Return the project's further cases when the folder has them; a given one has none."""
    return cases_of(name, fixtures_of=fixtures_of) if folder().joinpath(name).exists() else []


def _case(entry: dict[str, Any], fixtures: dict[str, Any]) -> Case:
    request = entry["request"]
    return Case(
        id=entry["id"],
        level=entry["level"],
        ac=entry["ac"],
        surface=entry["surface"],
        actor=entry["actor"],
        method=request["method"],
        path=request["path"],
        body=request.get("body"),
        given=entry.get("given") or {},
        expect=entry["expect"],
        fixtures=fixtures,
    )
