"""What an error page or mail may show: where it happened, never a value."""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

HIDDEN = SafeExceptionReporterFilter.cleansed_substitute
# Parts of a request that name a place and carry no value of the caller's choice.
SHOWN_META = frozenset(
    {"REQUEST_METHOD", "SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"}
)


class ClosedReporterFilter(SafeExceptionReporterFilter):
    """Hide every posted value, local variable, header, cookie and setting, in DEBUG too."""

    def get_safe_settings(self) -> dict[str, Any]:
        return {}

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        meta = getattr(request, "META", {})
        return {name: value if name in SHOWN_META else HIDDEN for name, value in meta.items()}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return dict.fromkeys(getattr(request, "COOKIES", {}), HIDDEN)

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {} if request is None else dict.fromkeys(request.POST, HIDDEN)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        return dict.fromkeys(tb_frame.f_locals, HIDDEN).items()


class ClosedReporter(ExceptionReporter):
    """Django's report without query values, file names and the text of the exception.

    The text of an exception often quotes what it failed on: a database error quotes the row.
    """

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        data["exception_value"] = HIDDEN
        data["unicode_hint"] = ""
        data.pop("exception_notes", None)
        for frame in data["frames"]:
            frame["exc_cause"] = type(frame.get("exc_cause")).__name__
        if self.request is not None:
            data["request_GET_items"] = [(name, HIDDEN) for name in self.request.GET]
            data["request_FILES_items"] = [(name, HIDDEN) for name in self.request.FILES]
            data["request_insecure_uri"] = self.request.path
            data["request"] = _Bare(self.request)
        return data


class _Bare:
    """The few attributes of a request that the report's template reads."""

    def __init__(self, request: HttpRequest) -> None:
        self.META = {"REQUEST_METHOD": request.method}
        self.path_info = request.path_info
        self.GET = QueryDict()
        self.COOKIES: dict[str, str] = {}
        self.FILES: dict[str, str] = {}
        self.resolver_match = request.resolver_match
