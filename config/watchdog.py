"""Ends a worker that no longer hears its broker, so that whoever watches it starts a new one."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import Any

from celery import bootsteps

logger = logging.getLogger(__name__)

EVERY = 15.0  # seconds between two questions
SILENCE = 60.0  # seconds without an answer after which the worker ends
PATIENCE = 5.0  # seconds for one answer
_GRACE = 10.0  # seconds for a warm shutdown that may hang as the worker does


class Watchdog(bootsteps.StartStopStep):
    """Asks its own worker over the broker whether it is there.

    A broker that comes back can leave a worker connected and deaf; only an answer that went
    through the broker proves that it hears.
    """

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._stopped = threading.Event()

    def start(self, parent: Any) -> None:
        threading.Thread(target=self._watch, args=(parent,), daemon=True).start()

    def stop(self, parent: Any) -> None:
        self._stopped.set()

    def _watch(self, worker: Any) -> None:
        heard = time.monotonic()
        while not self._stopped.wait(EVERY):
            if _answers(worker):
                heard = time.monotonic()
            elif time.monotonic() - heard > SILENCE:
                self._end(worker)
                return

    def _end(self, worker: Any) -> None:
        logger.error("worker %s has not heard its broker for a minute: it ends", worker.hostname)
        os.kill(os.getpid(), signal.SIGTERM)
        if not self._stopped.wait(_GRACE):
            os._exit(1)  # its jobs' leases end, and others take them


def _answers(worker: Any) -> bool:
    try:
        return bool(worker.app.control.ping(destination=[worker.hostname], timeout=PATIENCE))
    except Exception:  # noqa: BLE001  # whatever a broken broker raises, it was no answer
        return False
