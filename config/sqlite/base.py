"""SQLite for several processes: writers who wait have equal chances."""

from __future__ import annotations

import random
import threading
import time

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

SHORTEST_PAUSE, LONGEST_PAUSE = 0.001, 0.005  # seconds
# Of the threads of a process one asks; the others wait for it without taking turns on the
# interpreter from the thread that is writing.
_ASKING = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend, but with even pauses between the attempts to begin a transaction.

    SQLite's own pauses grow to 100 ms, so that whoever comes new asks more often than those
    who have waited long, and overtakes them: of 8 busy processes one in a hundred writes waits
    for seconds.
    """

    def _start_transaction_under_autocommit(self) -> None:
        gives_up_at = time.monotonic() + self._patience
        is_ours = _ASKING.acquire(timeout=self._patience)
        try:
            self._ask_until(gives_up_at)
        finally:
            if is_ours:
                _ASKING.release()

    def _ask_until(self, gives_up_at: float) -> None:
        self._wait_inside_sqlite(0)
        try:
            while not self._begins(is_last=time.monotonic() > gives_up_at):
                time.sleep(random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))  # noqa: S311
        finally:
            self._wait_inside_sqlite(self._patience)

    @property
    def _patience(self) -> float:
        """Seconds that a writer waits for the others."""
        return float(self.settings_dict["OPTIONS"].get("timeout", 5))

    def _begins(self, *, is_last: bool) -> bool:
        """Begin a transaction; return False if another one is writing and it is not too late."""
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in stubs
        except OperationalError as error:
            if is_last or "locked" not in str(error):
                raise
            return False
        return True

    def _wait_inside_sqlite(self, seconds: float) -> None:
        self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
