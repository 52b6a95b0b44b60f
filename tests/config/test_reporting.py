"""S2: no error page, mail or log line shows a value that came with the request."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from types import TracebackType

import pytest
from django.core import mail
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.log import AdminEmailHandler
from django.views.debug import technical_500_response
from pytest_django import Settings

from config.logs import LineFormatter
from config.reporting import ClosedReporter

CANARY = "sk-canary-0123456789abcdefghijklmnopqrstuv"
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def loaded_request() -> HttpRequest:
    """Return a request that carries the canary in every place a request has."""
    request = RequestFactory().post(
        f"/api/v1/admin/models?key={CANARY}",
        {"api_key": CANARY, "note": CANARY},
        headers={"Authorization": f"Bearer {CANARY}", "X-Api-Key": CANARY, "X-Other": CANARY},
    )
    request.COOKIES["sessionid"] = CANARY
    return request


def failure(request: HttpRequest) -> ExcInfo:
    """Fail with the canary in a local variable, in the error's text, its notes and its cause."""
    local = request.POST["api_key"]
    try:
        try:
            raise KeyError(local)
        except KeyError as error:
            problem = ValueError(f"this key is bad: {local}")
            problem.add_note(local)
            raise problem from error
    except ValueError as error:
        return type(error), error, error.__traceback__


def page(request: HttpRequest, info: ExcInfo) -> str:
    return technical_500_response(request, *info).content.decode()


def plain_page(request: HttpRequest, info: ExcInfo) -> str:
    request.META["HTTP_ACCEPT"] = "text/plain"
    return page(request, info)


def mails(request: HttpRequest, info: ExcInfo) -> str:
    record = logging.LogRecord("django.request", logging.ERROR, "x.py", 1, "failed", None, info)
    record.request = request
    AdminEmailHandler(include_html=True).emit(record)
    message = mail.outbox[0]
    return "\n".join([str(message.subject), str(message.body), str(message.message())])


def log_line(request: HttpRequest, info: ExcInfo) -> str:
    record = logging.LogRecord("django.request", logging.ERROR, "x.py", 1, "failed", None, info)
    return LineFormatter().format(record)


@pytest.mark.invariant("S2")
@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("output", [page, plain_page, mails, log_line])
def test_no_report_shows_a_value(
    settings: Settings,
    figure: Callable[..., None],
    output: Callable[[HttpRequest, ExcInfo], str],
    debug: bool,
) -> None:
    settings.DEBUG = debug
    settings.ADMINS = [("Admin", "admin@example.org")]
    request = loaded_request()

    text = output(request, failure(request))

    pieces = {CANARY[start : start + 8] for start in range(3, len(CANARY) - 8)}
    assert "ValueError" in text
    assert [piece for piece in pieces if piece in text] == []
    figure(output=output.__name__, debug=debug, pieces=len(pieces), hits=0)


def test_a_report_shows_where_it_happened() -> None:
    request = loaded_request()

    text = page(request, failure(request))

    assert "test_reporting.py" in text
    assert "in failure" in text


def test_a_report_works_without_a_request() -> None:
    info = failure(loaded_request())
    reporter = ClosedReporter(None, *info)

    assert CANARY not in reporter.get_traceback_html() + reporter.get_traceback_text()


def test_a_log_record_is_one_line() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "a\nb\r\x1b[31m%s", ("c",), None)

    line = LineFormatter().format(record)

    assert line.endswith("x [-] a | b\\r\\x1b[31mc")
    assert "\n" not in line


def test_a_log_line_names_the_cause() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("outer") from error
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "m", None, sys.exc_info())

    line = LineFormatter().format(record)

    assert "ValueError at " in line
    assert " caused by KeyError at " in line
    assert "inner" not in line
    assert "outer" not in line
