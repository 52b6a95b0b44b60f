"""What the form of a new model refuses, and where it says so."""

from __future__ import annotations

import pytest

from registry.choices import Dialect
from registry.models import LLMModel
from tests.factories import make_provider
from tests.registry.admin.visits import Visitor, add, states
from tests.subcases import case

pytestmark = pytest.mark.django_db


def test_all_that_is_wrong_stands_at_its_field_and_the_rest_stays() -> None:
    provider = make_provider("acme")

    visitor = add(Visitor(), provider, name="", api_key="", context_window="5", temperature="0.5")

    assert visitor.wrong() == {"name"}  # the form cannot read it, so nothing is asked further
    visitor.send(name="Now")
    assert visitor.wrong() == {"api_key", "context_window"}
    assert (visitor.value("model_id"), visitor.value("temperature")) == ("new-1", "0.5")
    assert not LLMModel.objects.exists()


OUT_OF_ORDER = (
    ("context_window", "1023"),
    ("context_window", str(2**63)),
    ("context_window", "1e5"),
    ("context_window", "NaN"),
    ("max_output_tokens", "0"),
    ("temperature", "2.1"),
    ("temperature", "inf"),
    ("temperature", "1e400"),
    ("top_p", "-0.1"),
    ("top_k", "0"),
    ("name", "a\0b"),
    ("name", "turned \u202e round"),
    ("model_id", "with blank"),
    ("slug", "Upper Case"),
    ("slug", "available"),
    ("description", "\u202e"),
    ("tags", "a\0b"),
    ("aliases", "x" * 201),
    ("api_endpoint", "file:///etc/passwd"),
    ("api_endpoint", "http://169.254.169.254/"),
    ("api_key", "\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u2022"),
    ("api_key", "key with a\nbreak"),
    ("type", "poem"),
    ("provider", "999999"),
    ("status", "sleeping"),
    ("release_date", "yesterday"),
    ("replacement", "not a uuid"),
    ("connection", "1; DROP TABLE"),
)


def test_what_is_out_of_order_is_refused_at_its_field(subtests: pytest.Subtests) -> None:
    visitor, provider = Visitor(), make_provider("acme")

    for field, value in OUT_OF_ORDER:
        with case(subtests, field=field, value=value):
            add(visitor, provider, **{field: value})

            assert visitor.status == 200
            assert field in visitor.wrong()
            assert not LLMModel.objects.exists()


def test_a_hidden_address_that_is_sent_all_the_same_is_refused_in_the_open() -> None:
    gemini = make_provider("gemini", dialect=Dialect.GEMINI)

    visitor = add(Visitor(), gemini, api_endpoint="https://elsewhere.example")

    assert visitor.wrong() == {"api_endpoint"}
    assert states(visitor.page)["api_endpoint"][0]


def test_an_embedding_needs_its_dimensions() -> None:
    visitor = add(Visitor(), make_provider("acme"), "embedding")

    assert visitor.wrong() == {"dimensions"}


def test_a_parameter_of_another_type_is_refused_in_the_open() -> None:
    visitor = add(Visitor(), make_provider("acme"), "generation", dimensions="512")

    assert visitor.wrong() == {"dimensions"}
    assert states(visitor.page)["dimensions"][0]
