"""The same moment in several threads, each with its own database connection and context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

from audit import context
from audit.choices import Source

T = TypeVar("T")

# Seconds until a thread that waits for the others gives up.
PATIENCE = 60


def together(works: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run all `works` at once; return their results in order, an exception where one failed."""
    start = Barrier(len(works))

    def run(work: Callable[[], T]) -> T | Exception:
        try:
            with context.use(source=Source.API):
                start.wait(timeout=PATIENCE)
                return work()
        except Exception as error:  # noqa: BLE001  # the test judges it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        return list(pool.map(run, works))


def errors(results: Sequence[object]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]
