"""Writes down what a page must not do, so that every test fails when one does it."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request, WebError

# Run in every document before its own scripts; CSP does not apply to it.
_REPORT_CSP = """
document.addEventListener("securitypolicyviolation", (event) => {
    window.reportViolation(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


class Recorder:
    """What went wrong in the profiles it watches; their requests are counted, too."""

    def __init__(self, home: str) -> None:
        self.home = urlsplit(home).netloc
        self.faults: list[str] = []
        self.requests = 0

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        context.on("dialog", self._on_dialog)
        context.expose_function("reportViolation", lambda text: self.faults.append(f"CSP {text}"))
        context.add_init_script(_REPORT_CSP)

    def _on_console(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        # Asked by the browser itself beside a document that cannot name an icon, such as JSON.
        if message.type in ("error", "warning") and urlsplit(place).path != "/favicon.ico":
            self.faults.append(f"console {message.type}: {message.text} ({place})")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"page error: {error.error}")

    def _on_request(self, request: Request) -> None:
        self.requests += 1
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self.home:
            self.faults.append(f"request to another host: {request.url}")

    def _on_dialog(self, dialog: Dialog) -> None:
        """No page opens one; a script that came with data would."""
        if dialog.type != "beforeunload":
            self.faults.append(f"{dialog.type} dialog: {dialog.message}")
            dialog.dismiss()
        else:
            dialog.accept()
