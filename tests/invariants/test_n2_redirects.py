"""N2: a redirect is reported and never followed, so that no key goes where it was not sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from registry.outbound import http
from registry.outbound.calls import Call, Credential
from registry.types import Secret
from tests.outbound import Server, allowed, message, private_host, refusal, replying

KEY = "sk-qQ7vT2mZ9xK4bN8cW1rY6pL3dF5gH0jS"
STATUSES = [300, 301, 302, 303, 304, 305, 306, 307, 308, 399]
LOCATIONS = [
    "Location: http://127.0.0.1:{}/v1",
    "Location: http://localhost:{}/v1",
    "location: //127.0.0.1:{}/v1",
    "Location: /elsewhere",
    "Location: ../v2",
    "Location: http://127.0.0.1:{}/%0d%0aX-Injected:%20yes",
    "Location: http://127.0.0.1:{}/\r\nX-Injected: yes",
    "Location: http://x@127.0.0.1:{}/\r\nLocation: http://127.0.0.1:{}/",
    "Content-Location: http://127.0.0.1:{}/",
    "Refresh: 0; url=http://127.0.0.1:{}/",
]
CREDENTIALS = [
    Credential("Authorization", Secret(KEY), "Bearer "),
    Credential("x-api-key", Secret(KEY)),
    Credential("api-key", Secret(KEY)),
    Credential("x-goog-api-key", Secret(KEY)),
]


@pytest.mark.invariant("N2")
@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda found: found.header)
def test_no_redirect_is_followed(
    credential: Credential, settings: Settings, figure: Callable[..., None]
) -> None:
    tried = 0
    with Server() as sink:
        private_host(settings, sink.port)
        private_host(settings, sink.port, host="localhost")
        for status in STATUSES:
            for location in LOCATIONS:
                raw = message(
                    b"moved", location.replace("{}", str(sink.port)), status=f"{status} X"
                )
                with allowed(settings, replying(raw)) as server:
                    call = Call("POST", f"{server.url}/v1", {"a": 1}, credential=credential)
                    refused = refusal(call)
                assert (refused.code, refused.detail) == ("redirected", str(status)), location
                assert server.connections == 1
                assert server.requests[0].lower().count(KEY.lower().encode()) == 1
                tried += 1

    assert sink.connections == 0
    figure(header=credential.header, redirects=tried, followed=0, sink_connections=0)


@pytest.mark.invariant("N2")
def test_a_refresh_beside_an_answer_leads_nowhere(settings: Settings) -> None:
    with Server() as sink:
        private_host(settings, sink.port)
        raw = message(
            b'<meta http-equiv="refresh" content="0; url=http://127.0.0.1/">',
            f"Refresh: 0; url=http://127.0.0.1:{sink.port}/",
            f"Link: <http://127.0.0.1:{sink.port}/>; rel=next",
            f"Alt-Svc: http/1.1=:{sink.port}",
        )
        with allowed(settings, replying(raw)) as server:
            statuses = [http.send(Call("GET", server.url)).status for _twice in range(2)]

    assert statuses == [200, 200]
    assert (server.connections, sink.connections) == (2, 0)
