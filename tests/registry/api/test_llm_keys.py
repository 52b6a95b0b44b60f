"""Models: the key and the address that come with one."""

from __future__ import annotations

import pytest

from registry.models import Connection, Provider
from tests.factories import make_connection
from tests.registry.api.client import (
    KEY,
    MODELS,
    Api,
    body_of_embedding,
    body_of_generation,
    code_of,
    create,
    fields_of,
)


def test_a_key_goes_in_and_never_out(api: Api) -> None:
    answers = [api.post(MODELS, body_of_embedding())]
    path = f"{MODELS}/{answers[0].json()['id']}"
    answers += [api.get(path), api.put(path, {"api_key": KEY + "2"}), api.get(MODELS)]
    answers += [api.get(f"{path}/history"), api.get("/api/v1/models/embedding")]

    for answer in answers:
        assert answer.status_code in (200, 201)
        assert KEY[3:11] not in answer.content.decode()
    assert Connection.objects.get().open_key().reveal() == KEY + "2"


def test_the_hint_is_eight_digits_of_a_keyed_hash(api: Api) -> None:
    one = create(api, body_of_embedding())
    same = create(api, body_of_generation())
    other = create(api, body_of_generation(model_id="x", api_key="sk-other-1234567"))

    assert one["key_fingerprint"] == same["key_fingerprint"] != other["key_fingerprint"]
    assert one["key_fingerprint"].startswith("key")
    assert len(one["key_fingerprint"]) == len("key") + 8


@pytest.mark.parametrize("blank", ["", None, "   ", "********"])
def test_a_blank_or_masked_key_keeps_the_stored_one(api: Api, blank: str | None) -> None:
    shown = create(api, body_of_embedding())

    answer = api.put(f"{MODELS}/{shown['id']}", {"name": "Renamed", "api_key": blank})

    assert answer.status_code == 200
    assert answer.json()["has_api_key"] is True
    assert Connection.objects.get().open_key().reveal() == KEY


def test_the_hint_sent_as_a_key_keeps_the_stored_one(api: Api) -> None:
    shown = create(api, body_of_embedding())

    answer = api.put(f"{MODELS}/{shown['id']}", {"api_key": shown["key_fingerprint"]})

    assert answer.json()["revision"] == 1
    assert Connection.objects.get().open_key().reveal() == KEY


def test_a_mask_for_a_new_model_is_refused(api: Api) -> None:
    answer = api.post(MODELS, body_of_embedding(api_key="********"))

    assert answer.status_code == 400
    assert fields_of(answer) == {"api_key"}


def test_a_new_origin_drops_the_key_and_says_so(api: Api) -> None:
    shown = create(api, body_of_generation(api_endpoint="https://one.example/v1"))

    answer = api.put(f"{MODELS}/{shown['id']}", {"api_endpoint": "https://two.example/v1"})

    after = answer.json()
    assert (after["has_api_key"], after["state"]) == (False, "needs_key")
    assert any("key" in warning for warning in after["warnings"])


def test_null_clears_the_address(api: Api) -> None:
    shown = create(api, body_of_generation(api_endpoint="https://one.example/v1"))

    answer = api.put(f"{MODELS}/{shown['id']}", {"api_endpoint": None})

    assert answer.json()["api_endpoint"] is None
    assert answer.json()["state"] == "needs_key"


def test_a_key_or_address_on_a_shared_connection_is_refused(api: Api, openai: Provider) -> None:
    connection = make_connection(openai)
    body = body_of_generation(connection=str(connection.pk))
    body.pop("api_key")
    path = f"{MODELS}/{create(api, body)['id']}"

    for change in ({"api_key": KEY}, {"api_endpoint": "https://other.example"}):
        answer = api.put(path, change)
        assert answer.status_code == 409
        assert code_of(answer) == "shared_connection"
        assert answer.json()["error"]["connection"] == str(connection.pk)
