"""The table of routes refuses by itself what the service would, whoever writes the row."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import BaseConstraint, ProtectedError, RestrictedError

from registry.constraints import FieldCheck, FieldUnique
from registry.models import LLMModel, Platform, Provider, Route
from tests.factories import make_connection, make_llm, make_platform, make_provider, make_route


def write(column: str, value: Any, where: str = "1 = 1") -> None:
    """Change a column by SQL, past every rule of the product."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE registry_route SET {column} = %s WHERE {where}", [value])


@pytest.mark.parametrize("constraint", Route._meta.constraints, ids=lambda row: str(row.name))
def test_every_constraint_has_a_message_and_names_a_field(constraint: BaseConstraint) -> None:
    default = BaseConstraint.default_violation_error_message

    assert isinstance(constraint, FieldCheck | FieldUnique)
    assert str(constraint.violation_error_message) != str(default)
    assert constraint.field in {field.name for field in Route._meta.get_fields()}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("priority", 0),
        ("priority", -1),
        ("priority", 1_000_001),
        ("priority", None),
        ("status", "asleep"),
        ("status", ""),
        ("success_rate", -0.01),
        ("success_rate", 1.01),
        ("avg_latency_ms", -1),
        ("avg_latency_ms", 86_400_001),
        ("llm_id", None),
        ("platform_id", None),
        ("provider_id", None),
    ],
)
@pytest.mark.django_db
def test_the_table_refuses_what_is_out_of_range(column: str, value: object) -> None:
    make_route()

    with pytest.raises(IntegrityError):
        write(column, value)


@pytest.mark.parametrize(
    ("column", "value"),
    [("priority", 1_000_000), ("success_rate", 0), ("success_rate", 1), ("avg_latency_ms", 0)],
)
@pytest.mark.django_db
def test_the_ends_of_a_range_belong_to_it(column: str, value: float) -> None:
    make_route()

    write(column, value)

    assert getattr(Route.objects.get(), column) == value


@pytest.mark.django_db
def test_the_table_keeps_slugs_apart() -> None:
    make_route()
    second = make_route()

    with pytest.raises(IntegrityError):
        write("slug", "same@hub")
    assert Route.objects.filter(slug=second.slug).exists()


@pytest.mark.django_db
def test_one_model_may_have_two_routes_of_one_priority_over_one_platform() -> None:
    llm, hub = make_llm(), make_platform()

    for number in (1, 2):
        make_route(llm, hub, slug=f"r{number}", priority=1)

    assert Route.objects.filter(llm=llm, platform=hub, priority=1).count() == 2


@pytest.mark.django_db
def test_what_a_route_needs_is_not_deleted_under_it() -> None:
    """Whoever deletes past the services, such as a shell, is stopped as well."""
    provider = make_provider()
    account = make_connection(provider)
    route = make_route(make_llm(), provider=provider, connection=account)

    with pytest.raises(ProtectedError):
        Platform.objects.get(pk=route.platform_id).delete()
    with pytest.raises(ProtectedError):
        Provider.objects.get(pk=provider.pk).delete()
    with pytest.raises(RestrictedError):
        account.delete()
    assert Route.objects.get() == route


@pytest.mark.django_db
def test_a_model_takes_its_routes_along() -> None:
    route = make_route()

    LLMModel.objects.get(pk=route.llm_id).delete()

    assert not Route.objects.exists()


# Words for choosing routes
# ----------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_route_is_found_by_uuid_and_by_slug() -> None:
    route = make_route(make_llm(slug="fast"), make_platform("hub"))
    make_route()

    for name in (str(route.pk), str(route.pk).upper(), "fast@hub", " FAST@Hub "):
        assert Route.objects.named(name).get() == route


@pytest.mark.parametrize(
    "name", ["", "@", "fast@", "a@b@c", "fast@hub'", "\0", "\ud800", "ﬀ@hub", "f" * 50_000, "%"]
)
@pytest.mark.django_db
def test_what_is_no_name_finds_nothing(name: str) -> None:
    make_route(make_llm(slug="fast"), make_platform("hub"))

    assert not Route.objects.named(name).exists()


@pytest.mark.django_db
def test_a_route_reads_as_its_slug() -> None:
    assert str(make_route(make_llm(slug="fast"), make_platform("hub"))) == "fast@hub"


@pytest.mark.django_db
def test_the_model_is_called_by_its_own_id_unless_the_route_names_another() -> None:
    route = Route(llm=LLMModel(model_id="fast-1"))
    other = Route(llm=LLMModel(model_id="fast-1"), model_string_override="Vendor/Fast")

    assert (route.model_string, other.model_string) == ("fast-1", "Vendor/Fast")
