"""The committed table of who gets which answer where; it knows nothing of Django."""

from __future__ import annotations

import json
from pathlib import Path

PATH = Path(__file__).with_name("access_matrix.json")

# route -> verb -> the status that each actor gets, in the order of the actors.
Matrix = dict[str, dict[str, str]]

# Set by write_matrix: the test then writes the table instead of comparing it.
is_written = False


def read() -> tuple[list[str], Matrix]:
    """Return the actors and the matrix."""
    content = json.loads(PATH.read_text())
    return content["actors"], content["routes"]


def write(actors: list[str], matrix: Matrix) -> None:
    content = {"actors": actors, "routes": dict(sorted(matrix.items()))}
    PATH.write_text(json.dumps(content, indent=1) + "\n")
