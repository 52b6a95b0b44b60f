"""What cannot be registered is told by its field, and what was registered stays whole."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.models import Client, ClientModel
from registry.services import clients
from registry.services.revision import current_turn
from tests.factories import make_client
from tests.trail import written

pytestmark = pytest.mark.django_db

ONE = [{"id": "m"}]


@pytest.mark.parametrize(
    "client_id",
    [
        "",
        "  ",
        "c" * 201,
        "a b",
        "a\x00b",
        "a\nb",
        "\ud800",
        "models",
        "a/supports",
        "seen/b",
        7,
        None,
    ],
)
def test_an_id_that_no_address_can_carry_is_refused(client_id: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        clients.register(client_id, "openai", ONE)

    assert list(caught.value.message_dict) == ["client"]
    assert not Client.objects.exists()


@pytest.mark.parametrize("client_id", ["a/b", "my-models", "Seen", "é" * 200])
def test_an_id_may_have_slashes_and_words_like_those_of_addresses(client_id: str) -> None:
    assert make_client(client_id, "m").client_id == client_id


@pytest.mark.parametrize("provider", ["p" * 101, "a\x00b", "a\nb", 7, ["openai"]])
def test_a_provider_is_one_short_line(provider: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        clients.register("c1", provider, ONE)

    assert list(caught.value.message_dict) == ["provider"]


def test_a_refused_list_names_every_field_and_leaves_the_earlier_one_whole() -> None:
    make_client("c1", {"id": "m", "name": "One"}, "m", "n", provider="openai")
    before = list(ClientModel.objects.values())
    turn = current_turn()

    with written() as found, pytest.raises(ValidationError) as caught:
        clients.register(
            "c1", "\x00", [{"id": "new"}, {"id": "m", "thinking": {"min": 2, "max": 1}}]
        )

    assert list(caught.value.message_dict) == ["provider", "models.1.thinking.min"]
    assert list(ClientModel.objects.values()) == before
    assert current_turn().availability == turn.availability
    assert found == []
