"""S12: the columns of secrets answer no search, so that nobody guesses them letter by letter.

How the API and the pages of the admin refuse the same is shown beside their own tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import FieldError
from django.db.models import CharField, Field, Lookup, TextField, Transform

from registry.models import Connection, KeyRingCanary, LLMModel, Provider
from tests.factories import make_connection, make_llm

COLUMNS = [
    (Connection, "api_key"),
    (Connection, "key_fingerprint"),
    (KeyRingCanary, "sealed"),
    (LLMModel, "connection__api_key"),
    (LLMModel, "private_connection__key_fingerprint"),
    (Provider, "connections__api_key"),
    (Provider, "llms__connection__key_fingerprint"),
]


def lookups_of(field: Field[str, str]) -> list[str]:
    """Return what Django offers on a text column by itself."""
    found = field.get_lookups()
    assert all(issubclass(lookup, Lookup | Transform) for lookup in found.values())
    return sorted(name for name in found if name != "isnull")


LOOKUPS = sorted({*lookups_of(CharField()), *lookups_of(TextField()), "", "length", "lower"})


@pytest.mark.invariant("S12")
@pytest.mark.parametrize(("model", "column"), COLUMNS)
@pytest.mark.django_db
def test_no_lookup_reaches_a_secret(
    model: type[Connection], column: str, figure: Callable[..., None]
) -> None:
    right = make_connection().key_fingerprint
    rows = model.objects.all()

    for lookup in LOOKUPS:
        name = f"{column}__{lookup}" if lookup else column
        for guess in (right, right[:1], "wrong", [right], 1):
            for search in (rows.filter, rows.exclude):
                with pytest.raises(FieldError):
                    search(**{name: guess})

    figure(column=f"{model.__name__}.{column}", lookups=len(LOOKUPS), refused=len(LOOKUPS) * 10)


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("name", ["api_key", "key_fingerprint"])
def test_no_transform_reaches_a_secret(name: str) -> None:
    column = Connection._meta.get_field(name)

    for transform in ("lower", "length", "md5", "year", "0"):
        with pytest.raises(FieldError):
            column.get_transform(transform)


@pytest.mark.invariant("S12")
@pytest.mark.django_db
def test_only_whether_there_is_a_key_can_be_asked() -> None:
    with_key, without = make_connection(), make_connection(api_key="")
    llm = make_llm()

    assert with_key in Connection.objects.filter(api_key__isnull=False)
    assert list(Connection.objects.filter(api_key__isnull=True)) == [without]
    assert list(LLMModel.objects.filter(connection__api_key__isnull=False)) == [llm]
