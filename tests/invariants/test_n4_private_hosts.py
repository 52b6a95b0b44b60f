"""N4: a private host is called only where the environment names this very host and port."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from pytest_django import Settings

from tests.architecture import source
from tests.outbound import dials, names, outcome

LISTED = ["10.0.0.5:11434", "ollama:11434", "[fd00::5]:8000", "localhost:8080"]
# What each name resolves to.
NAMES = {
    "ollama": ["10.0.0.5"],
    "ollama.": ["10.0.0.5"],
    "rebound": ["10.0.0.6"],
    "alias": ["10.0.0.5"],
    "ollama.evil.example": ["10.0.0.5"],
    "localhost": ["127.0.0.1"],
}
ALLOWED = {
    "http://10.0.0.5:11434/api/tags": ("10.0.0.5", 11434),
    "https://10.0.0.5:11434": ("10.0.0.5", 11434),
    "http://ollama:11434": ("10.0.0.5", 11434),
    "http://OLLAMA:11434": ("10.0.0.5", 11434),
    "http://[fd00::5]:8000": ("fd00::5", 8000),
    "http://[fd00:0:0::5]:8000": ("fd00::5", 8000),
}
REFUSED = [
    "http://10.0.0.6:11434",
    "http://10.0.0.5:22",
    "http://10.0.0.5",
    "http://10.0.0.5:1143",
    "http://10.0.0.5:114340",
    "http://[::ffff:10.0.0.5]:11434",
    "http://[64:ff9b::a00:5]:11434",
    "http://167772165:11434",
    "http://10.5:11434",
    "http://ollama:11435",
    "http://ollama",
    "http://ollama.:11434",
    "http://ollama.evil.example:11434",
    "http://alias:11434",
    "http://rebound:11434",
    "http://[fd00::6]:8000",
    "http://[fd00::5]:8001",
    "http://127.0.0.1:8080",
    "http://localhost:8081",
]
NEVER = [
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[::ffff:169.254.169.254]",
    "0.0.0.0",  # noqa: S104  # an address to refuse, not one to listen at
    "[::]",
    "224.0.0.1",
    "metadata.google.internal",
    "sneaky",
]


@pytest.mark.invariant("N4")
def test_only_the_exact_pair_is_called(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    settings.REGISTRY_PRIVATE_HOSTS = LISTED
    names(monkeypatch, lambda host: NAMES[host])
    dialled = dials(monkeypatch)

    passed = {url: outcome(url)[0] for url in ALLOWED}
    reached = dialled.copy()
    refused = {url: outcome(url)[0] for url in REFUSED}

    assert passed == dict.fromkeys(ALLOWED, "unreachable")
    assert reached == list(ALLOWED.values())
    assert refused == dict.fromkeys(REFUSED, "address_refused")
    assert dialled == reached
    figure(allowed=len(ALLOWED), refused=len(REFUSED))


@pytest.mark.invariant("N4")
def test_metadata_is_never_called_even_if_listed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    settings.REGISTRY_PRIVATE_HOSTS = [f"{host}:80" for host in NEVER]
    names(monkeypatch, lambda _host: ["169.254.169.254"])
    dialled = dials(monkeypatch)

    found = {host: outcome(f"http://{host}/latest") for host in NEVER}

    assert found == dict.fromkeys(NEVER, ("address_refused", "never"))
    assert dialled == []
    figure(listed=len(NEVER), called=0)


@pytest.mark.invariant("N4")
@pytest.mark.parametrize("order", [1, -1])
def test_one_address_that_is_never_called_refuses_a_listed_name(
    order: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REGISTRY_PRIVATE_HOSTS = LISTED
    names(monkeypatch, lambda _host: ["10.0.0.5", "169.254.169.254"][::order])
    dialled = dials(monkeypatch)

    assert outcome("http://ollama:11434") == ("address_refused", "never")
    assert dialled == []


@pytest.mark.invariant("N4")
def test_only_the_environment_names_private_hosts() -> None:
    """No page and no request can: one file of settings writes the list, the rest reads it."""
    name = "REGISTRY_PRIVATE_HOSTS"
    writers = {
        file.name
        for file in source.product()
        for node in file.nodes()
        if isinstance(node, ast.Name | ast.Attribute)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and name in (getattr(node, "id", ""), getattr(node, "attr", ""))
    }

    assert writers == {"config/settings/base.py"}
