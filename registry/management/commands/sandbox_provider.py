"""`manage.py sandbox_provider`: a provider on this machine, to try everything without a key."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from registry.sandbox.catalogue import KEY, MODELS
from registry.sandbox.faults import FAULTS
from registry.sandbox.server import SandboxServer
from registry.sandbox.shapes import SHAPES

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_MOST_DELAY_MS = 600_000
_MOST_PORT = 65_535


class Command(BaseCommand):
    """Serve until a signal comes; a port that is taken is exit code 1."""

    help = (
        "Serve a pretended provider on 127.0.0.1 that speaks every API shape and fails on request. "
        "It needs no database and calls nobody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = settings.REGISTRY_SANDBOX_PORT
        parser.add_argument(
            "--port", type=_up_to(_MOST_PORT), default=port, help=f"default {port}; 0 takes any"
        )
        parser.add_argument(
            "--delay-ms", type=_up_to(_MOST_DELAY_MS), default=0, help="make every answer wait"
        )

    def handle(self, *args: Any, port: int, delay_ms: int, **options: Any) -> None:
        try:
            server = SandboxServer(port, delay_ms)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CommandError(
                _("The sandbox cannot listen on 127.0.0.1:%(port)d: %(reason)s.")
                % {"port": port, "reason": reason}
            ) from error
        with _signals() as asked_to_stop:
            server.start()
            try:
                self.stdout.write(_introduction(server) if options["verbosity"] else _where(server))
                self.stdout.flush()
                asked_to_stop.wait()
            finally:
                server.stop()


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """Yield what SIGTERM and SIGINT set; afterwards they mean what they meant before."""
    event = threading.Event()
    before = {number: signal.signal(number, lambda *_: event.set()) for number in _SIGNALS}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) > most:
            raise ArgumentTypeError(f"a whole number from 0 to {most}, not {text!r}")
        return int(text)

    return number


def _where(server: SandboxServer) -> str:
    return _("The sandbox provider is at %(url)s until you stop it.") % {"url": server.url}


def _introduction(server: SandboxServer) -> str:
    names = ", ".join(model.id for model in MODELS)
    shapes = [(shape.name, server.address(shape.base)) for shape in SHAPES]
    example = server.address("/v1", fault="no_credit")
    faults = [(name, fault.summary) for name, fault in FAULTS.items()]
    lines = [
        _where(server),
        _("Key: %(key)s") % {"key": KEY},
        _("Models: %(names)s") % {"names": names},
        "",
        _("Base addresses:"),
        *_columns(shapes),
        "",
        _("To see it fail, put /faults/NAME first, as in %(address)s") % {"address": example},
        *_columns(faults),
    ]
    return "\n".join(lines)


def _columns(rows: list[tuple[str, Any]]) -> list[str]:
    width = max(len(name) for name, _text in rows)
    return [f"  {name:{width}}  {text}" for name, text in rows]
