from __future__ import annotations

from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from registry.services import origins
from tests.registry.services.addresses import (
    BLOCKED,
    FOREIGN_SCHEMES,
    MALFORMED,
    NEVER_CALLED,
    NUMERIC,
    OPEN,
    SPELLINGS,
)


@pytest.mark.parametrize("url", SPELLINGS)
def test_an_address_has_one_spelling_and_one_origin(url: str) -> None:
    spelling, origin = SPELLINGS[url]

    stored = origins.normalise(url)

    assert stored == spelling
    assert origins.origin_of(stored) == origin
    assert origins.normalise(stored) == stored


@pytest.mark.parametrize("url", [*MALFORMED, *FOREIGN_SCHEMES, *NUMERIC, *NEVER_CALLED])
def test_what_is_no_callable_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        origins.normalise(url)


@pytest.mark.parametrize("url", BLOCKED)
def test_a_private_address_is_kept_but_blocked(url: str) -> None:
    assert origins.is_blocked(origins.normalise(url))


@pytest.mark.parametrize("url", OPEN)
def test_a_public_address_is_open(url: str) -> None:
    assert not origins.is_blocked(origins.normalise(url))


def test_the_refusal_of_a_number_says_how_to_write_it() -> None:
    with pytest.raises(ValidationError, match="usual form"):
        origins.normalise("http://2130706433")


@pytest.mark.parametrize("url", NEVER_CALLED[:3] + NEVER_CALLED[12:16])
def test_no_setting_allows_a_metadata_address(url: str, settings: Settings) -> None:
    settings.REGISTRY_PRIVATE_HOSTS = ["169.254.169.254:80", "[fd00:ec2::254]:80", "metadata:80"]

    with pytest.raises(ValidationError):
        origins.normalise(url)


@pytest.mark.parametrize(
    ("url", "is_blocked"),
    [
        ("http://10.0.0.5:11434", False),
        ("http://10.0.0.5:11434/v1", False),
        ("https://10.0.0.5:11434", False),
        ("http://10.0.0.5:11435", True),
        ("http://10.0.0.5", True),
        ("http://10.0.0.6:11434", True),
        ("http://localhost", False),
        ("http://localhost:81", True),
        ("http://[::1]:8000", False),
        ("http://[::1]:8001", True),
    ],
)
def test_an_allowance_is_for_one_host_and_port(
    url: str, is_blocked: bool, settings: Settings
) -> None:
    settings.REGISTRY_PRIVATE_HOSTS = ["10.0.0.5:11434", "localhost:80", "[::1]:8000"]

    assert origins.is_blocked(origins.normalise(url)) is is_blocked


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://10.0.0.5:11434", "10.0.0.5:11434"),
        ("http://localhost", "localhost:80"),
        ("https://[::1]/v1", "[::1]:443"),
    ],
)
def test_the_line_that_would_allow_an_address_is_known(url: str, line: str) -> None:
    assert origins.allowance(origins.normalise(url)) == line


def test_each_part_of_an_origin_makes_another_one() -> None:
    urls = [
        "https://api.example.com/v1",
        "http://api.example.com/v1",
        "https://api.example.com:8443/v1",
        "https://api.example.org/v1",
        "https://api.example.com.evil.example/v1",
    ]

    found = [origins.origin_of(origins.normalise(url)) for url in urls]

    assert len(set(found)) == len(urls)
    assert all(first != second for first, second in pairwise(found))


def test_the_path_is_no_part_of_the_origin() -> None:
    paths = ["", "/", "/v1", "/v1/", "/v2/deep/er"]

    found = {
        origins.origin_of(origins.normalise(f"https://api.example.com{path}")) for path in paths
    }

    assert found == {"https://api.example.com:443"}
