"""How much memory of this process a block needed."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PROCESS = Path("/proc/self")
# Sets the peak back to what is in use now.
_RESET_PEAK = "5"


class Growth:
    """The resident memory at its peak less that before, in MiB."""

    mebibytes = 0.0


@contextmanager
def growth() -> Iterator[Growth]:
    """Measure the block, from a heap that keeps nothing back for it."""
    found = Growth()
    gc.collect()
    with suppress(AttributeError):  # only glibc has it, and only glibc needs it
        ctypes.CDLL(None).malloc_trim(0)
    (_PROCESS / "clear_refs").write_text(_RESET_PEAK)
    before = _kibibytes("VmRSS")
    yield found
    found.mebibytes = round((_kibibytes("VmHWM") - before) / 1024, 1)


def _kibibytes(name: str) -> int:
    line = re.search(rf"^{name}:\s+(\d+) kB$", (_PROCESS / "status").read_text(), re.MULTILINE)
    assert line, f"/proc does not tell {name}"
    return int(line[1])
