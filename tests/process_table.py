"""The processes of this machine that belong to a test, as Linux lists them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def _read(place: Path) -> str:
    with suppress(OSError):
        return place.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def _is_alive(process: Path) -> bool:
    """Whether it runs; one that has ended and is not yet fetched by its parent does not."""
    return _read(process / "stat").rpartition(")")[2].split()[:1] not in ([], ["Z"])


def _rows() -> Iterator[Path]:
    return (place for place in PROC.iterdir() if place.name.isdecimal() and _is_alive(place))


def of_folder(folder: Path) -> dict[int, str]:
    """Return the processes that were started with this DATA_DIR: their command lines by pid."""
    mark = f"DATA_DIR={folder} "
    return {
        int(place.name): _read(place / "cmdline")
        for place in _rows()
        if mark in _read(place / "environ") + " "
    }


def children_of(pid: int) -> dict[int, str]:
    """Return the command lines, by pid, of what a process has started itself."""
    found = _read(PROC / str(pid) / "task" / str(pid) / "children").split()
    return {int(child): _read(PROC / child / "cmdline") for child in found}


def is_alive(pid: int) -> bool:
    return _is_alive(PROC / str(pid))
