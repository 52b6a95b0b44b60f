"""Log lines: one per record, with the request's id, without values."""

from __future__ import annotations

import logging
import traceback
from contextvars import ContextVar
from types import TracebackType

request_id: ContextVar[str] = ContextVar("request_id", default="-")
FRAMES_SHOWN = 12


class LineFormatter(logging.Formatter):
    """`time level logger [request id] message`, with control characters escaped.

    Of an exception stay its type and the places it went through: its text may quote a key.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = request_id.get()
        line = super().format(record)
        return "".join(char if char.isprintable() else _escaped(char) for char in line)

    def formatException(self, ei: object) -> str:  # noqa: N802  # logging's name
        exception = ei[1] if isinstance(ei, tuple) else None
        parts: list[str] = []
        while isinstance(exception, BaseException) and len(parts) < FRAMES_SHOWN:
            parts.append(f"{type(exception).__name__} at {_places(exception.__traceback__)}")
            exception = exception.__cause__ or exception.__context__
        return " caused by ".join(parts)


def _escaped(char: str) -> str:
    return " | " if char == "\n" else char.encode("unicode_escape").decode()


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-FRAMES_SHOWN:]
    return " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
