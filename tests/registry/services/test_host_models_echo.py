"""A host that gives the key back as a model's name gets it into no list of ours."""

from __future__ import annotations

import pytest

from registry.services import host_models
from tests.factories import API_KEY, make_connection
from tests.outbound import answer
from tests.providers import provider

pytestmark = pytest.mark.django_db


def test_a_model_that_is_named_like_the_key_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"id": "honest", "name": "Honest"},
        {"id": f"acme/{API_KEY}"},
        {"id": "sly", "name": f"Sly {API_KEY[5:20]}"},
    ]
    provider(monkeypatch, models=answer({"data": rows}))

    found = host_models.models_of(make_connection())

    assert [model.id for model in found.models] == ["honest"]
