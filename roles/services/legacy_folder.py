"""The folders of an older installation: opened for reading, and nothing followed out of them."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from roles.legacy.document import Code, Problem
from roles.legacy.reading import AUTH_FILE, LARGEST, LOCAL_LLM_FILE, REGISTRY_FILE, Files

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not to wait for the other end of a pipe.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class RefusedError(Exception):
    """A folder or file is not read; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.why)
        self.problem = problem


def names_in(folder: Path) -> list[str]:
    """Return the names of what lies in `folder` and is more than a plain file, sorted."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_symlink() or not entry.is_file())


def read_folder(folder: Path, name: str) -> Files:
    """Return the documents in the folder of one person. Raises RefusedError.

    Symbolic links below `folder` are not followed, wherever they lead: one person's folder must
    not bring another's keys. Each is opened from its parent's handle, so that nobody can put a
    link there meanwhile.
    """
    if not is_plain(name):
        raise _refused(ascii(name)[1:-1], "this is no name of a folder")
    with _opened(folder, name) as handle:
        return Files(
            registry=_read(handle, name, REGISTRY_FILE),
            local_llm=_read(handle, name, LOCAL_LLM_FILE),
            auth=_read(handle, name, AUTH_FILE),
        )


def is_plain(name: str) -> bool:
    """Whether a name is one step down, and no way to anywhere else."""
    return name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"}


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[int]:
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        handle = _open(name, _FOLDER, root, name)
    finally:
        os.close(root)
    if handle is None:
        raise _refused(name, "there is no such folder")
    try:
        yield handle
    finally:
        os.close(handle)


def _read(parent: int, person: str, name: str) -> bytes | None:
    """Return a file's bytes, one more than are read of any at most; None where there is none."""
    where = f"{person}/{name}"
    handle = _open(name, _FILE, parent, where)
    if handle is None:
        return None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _refused(where, "this is no plain file")
    with os.fdopen(handle, "rb") as file:
        try:
            return file.read(LARGEST + 1)
        except OSError as error:
            raise _refused(where, f"cannot be read: {error.strerror}") from None


def _open(name: str, flags: int, parent: int, where: str) -> int | None:
    try:
        if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise _refused(where, "a symbolic link is not followed")
        return os.open(name, flags, dir_fd=parent)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise _refused(where, f"cannot be opened: {why}") from None


def _refused(where: str, why: str) -> RefusedError:
    return RefusedError(Problem(where, why, Code.UNREADABLE))
