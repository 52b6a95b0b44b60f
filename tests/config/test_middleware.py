from __future__ import annotations

import re
from contextlib import closing
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from config import logs
from config.middleware import ResponseHeaders, TrustedProxies

PROXY = "10.0.0.1"


def seen(**meta: str) -> HttpRequest:
    """Return the request as the views behind TrustedProxies see it."""
    requests: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse()

    TrustedProxies(view)(RequestFactory().get("/", **meta))  # type: ignore[arg-type]
    return requests[0]


def test_a_stranger_cannot_choose_his_address() -> None:
    request = seen(
        REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="1.1.1.1", HTTP_X_FORWARDED_PROTO="https"
    )

    assert request.META["REMOTE_ADDR"] == "192.0.2.7"
    assert not request.is_secure()


def test_a_trusted_proxy_names_its_client(settings: Settings) -> None:
    settings.REGISTRY_TRUSTED_PROXIES = [PROXY, "10.0.0.2"]

    request = seen(
        REMOTE_ADDR=PROXY,
        HTTP_X_FORWARDED_FOR="6.6.6.6, 192.0.2.7, 10.0.0.2",
        HTTP_X_FORWARDED_PROTO="https",
    )

    assert request.META["REMOTE_ADDR"] == "192.0.2.7"
    assert request.is_secure()


@pytest.mark.parametrize("chain", ["", "garbage", "10.0.0.1", "a" * 300, "1.1.1.1, <script>"])
def test_a_useless_chain_leaves_the_proxys_address(settings: Settings, chain: str) -> None:
    settings.REGISTRY_TRUSTED_PROXIES = [PROXY]

    assert seen(REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=chain).META["REMOTE_ADDR"] == PROXY


@pytest.mark.parametrize("trusted", [[], [PROXY]])
def test_nobody_behind_sees_a_forwarded_header(settings: Settings, trusted: list[str]) -> None:
    settings.REGISTRY_TRUSTED_PROXIES = trusted
    names = ["FOR", "HOST", "PORT", "PROTO"]

    request = seen(
        REMOTE_ADDR=PROXY, HTTP_FORWARDED="for=1", **{f"HTTP_X_FORWARDED_{n}": "1" for n in names}
    )

    assert [name for name in request.META if "FORWARDED" in name] == []


def test_every_answer_is_closed() -> None:
    response = Client().get("/livez")

    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db  # closing the answer looks after the connections
def test_static_files_are_closed_too() -> None:
    with closing(Client().get("/static/admin/css/base.css")) as response:
        assert response.status_code == 200
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_a_good_request_id_is_echoed() -> None:
    assert Client().get("/livez", headers={"X-Request-ID": "job-17"})["X-Request-ID"] == "job-17"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<b>", "a\tb", "é"])
def test_a_bad_request_id_is_replaced(given: str) -> None:
    echoed = Client().get("/livez", headers={"X-Request-ID": given})["X-Request-ID"]

    assert re.fullmatch("[0-9a-f]{32}", echoed)


def test_the_id_is_the_logs_for_the_time_of_the_request() -> None:
    during: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        during.append(logs.request_id.get())
        return HttpResponse()

    ResponseHeaders(view)(RequestFactory().get("/", headers={"X-Request-ID": "job-17"}))

    assert during == ["job-17"]
    assert logs.request_id.get() == "-"


def test_a_views_own_policy_stays() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})

    response = ResponseHeaders(view)(RequestFactory().get("/"))

    assert response.headers["Content-Security-Policy"] == "default-src 'none'"


@pytest.mark.invariant("X3")
@pytest.mark.django_db  # closing the answer looks after the connections
@pytest.mark.parametrize(
    "path", ["/my/login/", "/admin/login/", "/livez", "/", "/api/v1/models/ner"]
)
def test_a_stranger_writes_no_large_file_to_the_disk(
    path: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends a cookie has his form read for the token, on any page: files go to the disk."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    written: list[int] = []
    write = TemporaryFileUploadHandler.receive_data_chunk

    def spy(self: Any, data: bytes, start: int) -> None:
        written.append(len(data))
        write(self, data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", spy)
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32

    small = client.post(path, {"file": SimpleUploadedFile("a", b"x" * 1000)})
    assert small.status_code in (401, 403, 405), small.status_code
    written.clear()
    large = client.post(path, {"file": SimpleUploadedFile("a", b"x" * 2_000_000)})

    assert (large.status_code, written) == (413, [])
    assert large.headers["X-Request-ID"]
