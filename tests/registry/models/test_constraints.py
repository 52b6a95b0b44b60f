"""The tables refuse by themselves what a service would, whoever writes the row."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import BaseConstraint, Model

from registry.constraints import FieldCheck, FieldUnique
from registry.models import (
    Connection,
    KnowledgeBase,
    LLMModel,
    Platform,
    Provider,
    ProviderAlias,
    Tag,
)
from registry.services.platforms import save_platform
from tests.factories import make_connection, make_knowledge_base, make_llm, make_provider

TABLES: list[type[Model]] = [
    Connection,
    KnowledgeBase,
    LLMModel,
    Platform,
    Provider,
    ProviderAlias,
    Tag,
]
CONSTRAINTS = [
    pytest.param(table, constraint, id=constraint.name)
    for table in TABLES
    for constraint in table._meta.constraints
]
# What SQL writes past every rule: table, column, value -> refused by the table itself.
FORBIDDEN = [
    ("llmmodel", "dimensions", 0),
    ("llmmodel", "dimensions", 8193),
    ("llmmodel", "batch_size", 1001),
    ("llmmodel", "max_tokens", 0),
    ("llmmodel", "context_window", 1023),
    ("llmmodel", "max_output_tokens", -1),
    ("llmmodel", "temperature", 2.1),
    ("llmmodel", "temperature", -0.1),
    ("llmmodel", "top_p", 1.1),
    ("llmmodel", "top_k", 0),
    ("llmmodel", "type", "song"),
    ("llmmodel", "status", "asleep"),
    ("llmmodel", "distance_metric", "hamming"),
    ("knowledgebase", "document_count", -1),
    ("knowledgebase", "status", "asleep"),
    ("connection", "kind", "pipe"),
    ("connection", "state", "asleep"),
    ("provider", "dialect", "dutch"),
    ("provider", "status", "asleep"),
    ("provider", "kind", "x"),
    ("platform", "auth_type", "handshake"),
    ("platform", "status", "asleep"),
]


def write(table: str, column: str, value: Any, where: str = "1 = 1") -> None:
    """Change a column by SQL, past every rule of the product."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE registry_{table} SET {column} = %s WHERE {where}", [value])


@pytest.mark.parametrize(("table", "constraint"), CONSTRAINTS)
def test_every_constraint_has_a_message_and_names_a_field(
    table: type[Model], constraint: FieldCheck | FieldUnique
) -> None:
    default = BaseConstraint.default_violation_error_message

    assert isinstance(constraint, FieldCheck | FieldUnique)
    assert str(constraint.violation_error_message) != str(default)
    fields = {field.name for field in table._meta.get_fields()}
    assert constraint.field in fields | {"aliases"}


@pytest.mark.parametrize(("table", "column", "value"), FORBIDDEN)
@pytest.mark.django_db
def test_the_table_refuses_what_is_out_of_range(table: str, column: str, value: object) -> None:
    make_knowledge_base(generation_model=make_llm())
    save_platform(Platform(slug="hub", name="Hub"))

    with pytest.raises(IntegrityError):
        write(table, column, value)


@pytest.mark.django_db
def test_the_table_keeps_one_default_of_a_type() -> None:
    make_llm(is_default=True)
    second = make_llm()

    with pytest.raises(IntegrityError):
        write("llmmodel", "is_default", True, f"slug = '{second.slug}'")


@pytest.mark.parametrize("status", ["beta", "inactive", "deprecated"])
@pytest.mark.django_db
def test_the_table_keeps_a_default_active(status: str) -> None:
    make_llm(is_default=True)

    with pytest.raises(IntegrityError):
        write("llmmodel", "status", status)


@pytest.mark.django_db
def test_the_table_keeps_the_dimensions_of_an_embedding() -> None:
    make_llm("embedding")

    with pytest.raises(IntegrityError):
        write("llmmodel", "dimensions", None)


@pytest.mark.django_db
def test_the_table_keeps_an_answer_within_its_context() -> None:
    make_llm(context_window=2048, max_output_tokens=2048)

    with pytest.raises(IntegrityError):
        write("llmmodel", "context_window", 2047)


@pytest.mark.parametrize(
    ("table", "column"),
    [("provider", "slug"), ("llmmodel", "slug"), ("knowledgebase", "slug")],
)
@pytest.mark.django_db
def test_the_table_keeps_slugs_apart(table: str, column: str) -> None:
    for _ in range(2):
        make_knowledge_base(generation_model=make_llm())

    with pytest.raises(IntegrityError):
        write(table, column, "same")


@pytest.mark.django_db
def test_the_table_keeps_labels_of_shared_connections_apart() -> None:
    provider = make_provider()
    make_connection(provider, label="one")
    make_connection(provider, label="two")

    with pytest.raises(IntegrityError):
        write("connection", "label", "same")


@pytest.mark.django_db
def test_a_violation_is_told_under_its_field() -> None:
    check = next(
        constraint
        for constraint in LLMModel._meta.constraints
        if constraint.name == "registry_llmmodel_output_fits_context"
    )
    llm = LLMModel(context_window=2048, max_output_tokens=4096)

    with pytest.raises(ValidationError) as refused:
        check.validate(LLMModel, llm)

    assert set(refused.value.message_dict) == {"max_output_tokens"}


def test_the_field_survives_a_migration() -> None:
    for case in CONSTRAINTS:
        constraint: Any = case.values[1]
        _path, _arguments, options = constraint.deconstruct()
        assert options["field"] == constraint.field


def test_a_check_that_repeats_its_column_is_left_to_the_table() -> None:
    """The columns' validators have spoken already; the database is not asked fourteen times."""
    checks = [row for row in LLMModel._meta.constraints if isinstance(row, FieldCheck)]
    left = {check.name for check in checks if not check.repeats}

    assert left == {
        "registry_llmmodel_default_is_active",
        "registry_llmmodel_dimensions_known",
        "registry_llmmodel_output_fits_context",
    }
    for check in checks:
        if check.repeats:
            check.validate(LLMModel, LLMModel(dimensions=0, status="asleep"))
            assert check.clone().repeats
