"""N8: there is one door out. Nothing else opens sockets, and nothing around it changes its way."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from registry.outbound import http, tls
from registry.outbound.calls import Call, Credential
from registry.types import Secret
from tests.architecture import source
from tests.architecture.source import Source
from tests.certificates import DAY, Issuer
from tests.outbound import (
    LOOPBACK,
    Server,
    allowed,
    dials,
    message,
    outcome,
    over_tls,
    replying,
)

DOOR = "registry/outbound/"
# The sandbox provider is a server: it is called, and calls nobody.
SERVER = "registry/sandbox/"
CALLS = re.compile(r"\.connect(_ex)?\(|create_connection|getaddrinfo|urlopen|HTTPS?Connection")
CLIENTS = {
    *("httpcore2", "httpcore", "httpx2", "httpx", "requests", "urllib3", "aiohttp", "websockets"),
    *("boto3", "botocore", "obstore", "paramiko", "socket", "ssl", "asyncio", "ftplib", "smtplib"),
    *("http.client", "urllib.request", "telnetlib", "xmlrpc.client", "socketserver", "dns"),
}
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def clients(file: Source) -> Iterator[str]:
    """Return what a file imports that could open a connection."""
    for node in file.nodes():
        found: set[str] = set()
        if isinstance(node, ast.Import):
            found = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found = {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
        for name in sorted(found):
            if name in CLIENTS or name.partition(".")[0] in CLIENTS:
                yield name


@pytest.mark.invariant("N8")
def test_only_the_door_opens_connections(figure: Callable[..., None]) -> None:
    files = source.product()
    found = {file.name: list(clients(file)) for file in files}
    users = {name for name, imports in found.items() if imports}
    servers = [file for file in files if file.name in users and file.name.startswith(SERVER)]

    assert f"{DOOR}network.py" in users
    assert {name for name in users if not name.startswith((DOOR, SERVER))} == set()
    assert [file.name for file in servers if CALLS.search(file.text)] == []
    assert list(clients(Source("registry/a.py", "from urllib import request\nimport ssl"))) == [
        "urllib.request",
        "ssl",
    ]
    figure(files=len(files), strays=0)


@pytest.mark.invariant("N8")
def test_the_guard_and_the_door_are_used_and_certificates_are_never_skipped() -> None:
    files = {file.name: file.text for file in source.product()}
    skips = re.compile(
        r"CERT_NONE|CERT_OPTIONAL|verify ?= ?False|check_hostname ?= ?False|_unverif"
    )

    assert [name for name, text in files.items() if skips.search(text)] == []
    assert "network_backend=guard" in files[f"{DOOR}http.py"]
    assert [name for name, text in files.items() if re.search(r"\bConnectionPool\(", text)] == [
        f"{DOOR}http.py"
    ]
    callers = [name for name, text in files.items() if re.search(r"\bhttp\.send\(", text)]
    assert all(name.startswith("registry/") for name in callers)


@pytest.mark.invariant("N8")
def test_proxies_and_password_files_are_ignored(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    figure: Callable[..., None],
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine {LOOPBACK} login somebody password netrc-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Server() as proxy, allowed(settings, replying(message())) as server:
        for name in PROXIES:
            monkeypatch.setenv(name, f"http://somebody:word@{LOOPBACK}:{proxy.port}")
        dialled = dials(monkeypatch)
        plain = http.send(Call("GET", server.url))
        secret = Credential("x-api-key", Secret("sk-1234567890"))
        with_key = http.send(Call("POST", server.url, {}, credential=secret))
        over_https = outcome(server.url.replace("http:", "https:"), 0.2)

    assert (plain.status, with_key.status) == (200, 200)
    assert over_https == ("timeout", "tls")  # this server speaks none: it was asked directly
    assert dialled == [(LOOPBACK, server.port)] * 3
    assert proxy.connections == 0
    sent = b"".join(server.requests).lower()
    assert b"authorization" not in sent
    assert b"netrc-password" not in sent
    figure(variables=len(PROXIES) + 1, proxied=0)


@pytest.mark.invariant("N8")
def test_a_bad_certificate_gets_no_request(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    figure: Callable[..., None],
) -> None:
    issuer, stranger = Issuer(tmp_path), Issuer(tmp_path, "Stranger")
    context = issuer.trust(tls.make_context())
    monkeypatch.setattr(tls, "context", lambda: context)
    bad = {
        "expired": issuer.server(LOOPBACK, ends=-DAY),
        "wrong_name": issuer.server("localhost"),
        "self_signed": issuer.server(LOOPBACK, self_signed=True),
        "untrusted": stranger.server(LOOPBACK),
    }
    for word, certificate in bad.items():
        script = over_tls(certificate, replying(message()))
        with allowed(settings, script) as server:
            found = outcome(f"https://{LOOPBACK}:{server.port}")
        assert found == ("tls", word)
        assert server.requests == []
    with allowed(settings, over_tls(issuer.server(LOOPBACK), replying(message()))) as server:
        good = outcome(f"https://{LOOPBACK}:{server.port}")

    assert good == ("answered", "200")
    figure(bad_certificates=len(bad), accepted=0)
