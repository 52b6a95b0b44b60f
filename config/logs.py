"""Log lines: one per record, with the request's id, without values."""

from __future__ import annotations

import logging
import traceback
from contextvars import ContextVar
from types import TracebackType
from typing import Any

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


class WithoutValues(logging.Filter):
    """Takes an exception's text out of what Celery says of a failed task; its type stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict) and "exc" in record.args:
            kind = record.exc_info[0] if record.exc_info else None
            record.args = {**record.args, "exc": kind.__name__ if kind else "?"}
        return True


def _escaped(char: str) -> str:
    return " | " if char == "\n" else char.encode("unicode_escape").decode()


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-FRAMES_SHOWN:]
    return " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)


def configuration(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: one line an entry, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "config.logs.LineFormatter"}},
        "filters": {"without_values": {"()": "config.logs.WithoutValues"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # At DEBUG it logs every statement with its values.
            "django.db.backends": {"level": "INFO"},
            "django.server": {"handlers": [], "propagate": True},
            # At DEBUG these log headers, keys among them.
            "httpcore2": {"level": "INFO"},
            "celery": {"handlers": [], "level": level, "propagate": True},
            "celery.app.trace": {"filters": ["without_values"]},
            "kombu": {"level": "INFO"},
        },
    }
