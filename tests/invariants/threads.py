"""Runs the same step in many threads that start together, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

from audit import context

T = TypeVar("T")


def at_once(steps: list[Callable[[], T]]) -> list[T | Exception]:
    """Return what each step returned or raised, in the order of `steps`."""
    gate = threading.Barrier(len(steps))

    def run(step: Callable[[], T]) -> T | Exception:
        gate.wait(timeout=30)
        try:
            with context.use(source="api"):
                return step()
        except Exception as error:  # noqa: BLE001  # the test looks at what was raised
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))
