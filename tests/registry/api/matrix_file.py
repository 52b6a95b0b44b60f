"""The committed table of who gets which answer where; it knows nothing of Django."""

from __future__ import annotations

import json
from pathlib import Path

PATH = Path(__file__).with_name("access_matrix.json")

# (route, verb) -> status, of one actor.
Column = dict[tuple[str, str], int]

# What the tests saw, by actor, when write_matrix runs them; else None.
seen: dict[str, Column] | None = None


def read() -> dict[str, Column]:
    """Return the columns of the table by actor."""
    content = json.loads(PATH.read_text())
    columns: dict[str, Column] = {actor: {} for actor in content["actors"]}
    for route, verbs in content["routes"].items():
        for verb, statuses in verbs.items():
            for actor, status in zip(content["actors"], statuses.split(), strict=True):
                columns[actor][route, verb] = int(status)
    return columns


def write(columns: dict[str, Column]) -> None:
    """Write a line for each address and verb: the statuses in the order of the actors."""
    routes: dict[str, dict[str, str]] = {}
    for route, verb in sorted(next(iter(columns.values())), key=lambda cell: cell[0]):
        statuses = [str(column[route, verb]) for column in columns.values()]
        routes.setdefault(route, {})[verb] = " ".join(statuses)
    content = {"actors": list(columns), "routes": routes}
    PATH.write_text(json.dumps(content, indent=1) + "\n")
