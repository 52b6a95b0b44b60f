"""A secret cannot be searched for: right and wrong guesses are answered alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import FieldError

from registry.models import ApiToken, Connection, Provider
from registry.services.tokens import create_token
from tests.factories import make_connection, make_llm, make_user
from tests.registry.api.client import CONNECTIONS, KEY, MODELS, Api, fields_of, with_token

SECRETS = ["api_key", "key_fingerprint", "digest", "password_stamp", "password"]
LOOKUPS = [
    *("", "__exact", "__iexact", "__contains", "__icontains", "__startswith", "__endswith"),
    *("__regex", "__gt", "__lt", "__gte", "__lte", "__in", "__range", "__isnull", "__len"),
]
PREFIXES = ["", "connection__"]
LISTS = [
    *(MODELS, CONNECTIONS, "/api/v1/admin/providers", "/api/v1/admin/audit"),
    *("/api/v1/admin/routes", "/api/v1/admin/prices"),
]
# What everyone reads, at both mounts.
CATALOGUE = [
    f"{mount}/{name}"
    for mount in ("/api/v1", "/api/registry")
    for name in ("models", "providers", "platforms", "routes", "pricing", "search")
]


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("path", LISTS)
def test_no_list_filters_by_a_secret(
    api: Api, openai: Provider, path: str, figure: Callable[..., None]
) -> None:
    make_connection(openai, api_key=KEY)
    names = [
        prefix + secret + lookup for prefix in PREFIXES for secret in SECRETS for lookup in LOOKUPS
    ]

    for name in names:
        right, wrong = (api.get(f"{path}?{name}={guess}") for guess in (KEY[:4], "zz-zz"))
        assert (right.status_code, fields_of(right)) == (400, {name})
        assert right.content == wrong.content

    figure(path=path, lookups=len(names), answered=0)


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("path", CATALOGUE)
def test_no_list_of_the_catalogue_looks_at_a_secret(api: Api, openai: Provider, path: str) -> None:
    make_llm(provider=openai, api_key=KEY)

    for secret in SECRETS:
        for lookup in ("", "__startswith", "__regex", "__gt"):
            name = f"connection__{secret}{lookup}"
            right, wrong = (api.get(f"{path}?{name}={guess}") for guess in (KEY[:4], "zz-zz"))
            assert (right.status_code, fields_of(right)) == (400, {name})
            assert right.content == wrong.content
        assert api.get(f"{path}?sort=connection__{secret}").status_code == 400


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("mount", ["/api/v1", "/api/registry"])
def test_the_catalogues_search_does_not_look_at_secrets(
    api: Api, openai: Provider, mount: str
) -> None:
    llm = make_llm(provider=openai, api_key=KEY)
    stored = llm.connection
    assert stored is not None

    for guess in (KEY, KEY[:8], stored.key_fingerprint, stored.key_hint):
        for path in (f"{mount}/search?q={guess}", f"{mount}/models?q={guess}"):
            assert api.get(path).json()["count"] == 0


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("path", LISTS)
def test_no_list_is_ordered_by_a_secret(api: Api, path: str) -> None:
    for prefix in PREFIXES:
        for secret in SECRETS:
            for sign in ("", "-"):
                answer = api.get(f"{path}?ordering={sign}{prefix}{secret}")
                assert (answer.status_code, fields_of(answer)) == (400, {"ordering"})


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("path", [MODELS, CONNECTIONS])
def test_search_does_not_look_at_secrets(api: Api, openai: Provider, path: str) -> None:
    make_connection(openai, label="Shared", api_key=KEY)
    llm = make_llm(provider=openai, api_key=KEY)
    stored = llm.connection
    assert stored is not None
    guesses = [
        KEY,
        KEY[:8],
        stored.key_fingerprint,
        stored.key_fingerprint[:8],
        stored.key_hint,
        str(stored.api_key),
        "zz-no-such-thing",
    ]

    answers = {api.get(f"{path}?q={guess}").content for guess in guesses}

    assert len(answers) == 1
    assert b'"count":0' in answers.pop()


@pytest.mark.invariant("S12")
@pytest.mark.django_db
@pytest.mark.parametrize("column", ["api_key", "key_fingerprint"])
def test_the_column_itself_refuses_every_lookup_but_null(column: str) -> None:
    make_connection(api_key=KEY)
    refused = 0
    for lookup in LOOKUPS:
        if lookup in ("", "__isnull"):
            continue
        with pytest.raises(FieldError):
            list(Connection.objects.filter(**{f"{column}{lookup}": "x"}))
        refused += 1

    assert refused == len(LOOKUPS) - 2
    assert Connection.objects.filter(**{f"{column}__isnull": False}).count() == 1


@pytest.mark.invariant("S12")
def test_a_reader_learns_nothing_from_the_order_of_keys(openai: Provider) -> None:
    reader = with_token(make_user(staff=True, groups=["readers"]), "admin:read")
    for number in range(3):
        make_connection(openai, label=f"C{number}", api_key=f"sk-{9 - number}-0123456789")
    create_token(make_user(), application="x", scopes=["catalogue:read"])

    shown = reader.get(CONNECTIONS).json()["results"]

    assert [row["label"] for row in shown] == ["C0", "C1", "C2"]
    assert not any("api_key" in row for row in shown)
    assert ApiToken.objects.exists()
    for row in shown:
        assert len(row["key_fingerprint"]) == len("key") + 8
