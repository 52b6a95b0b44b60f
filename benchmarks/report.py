"""Figures as text: on the screen as they come, and in a file under results/."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.measures import Spread

RESULTS = Path(__file__).resolve().parent / "results"


class Report:
    """Collects the lines of a run."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def say(self, text: str = "") -> None:
        self._lines.append(text)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        cells = [list(heads), *(list(row) for row in rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
        cells.insert(1, ["-" * width for width in widths])
        self.say(f"\n### {title}\n")
        for row in cells:
            padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.say(f"| {' | '.join(padded)} |")

    def write(self, folder: Path) -> Path:
        """Write the run into a file named after its moment; return where."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}.md"
        path.write_text("\n".join(self._lines) + "\n", encoding="utf-8")
        return path


def machine() -> str:
    """Say where this runs, and how busy it is: figures of a busy machine are only ratios."""
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    cores = len(os.sched_getaffinity(0))
    return f"Python {platform.python_version()}, {cores} cores, load {load}"


def shown(value: Spread, digits: int = 2) -> str:
    return f"{value.median:.{digits}f} ({value.low:.{digits}f}-{value.high:.{digits}f})"
