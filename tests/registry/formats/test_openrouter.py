"""The list that OpenRouter's readers read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from registry.formats.base import BadPageError
from tests.registry.formats.listing import CREATED, answer, bare, known, numbered, read, shape


def entry(**fields: Any) -> dict[str, Any]:
    (found,) = read("openrouter", [known(**fields)])["data"]
    assert isinstance(found, dict)
    return found


def priced(**prices: str) -> dict[str, str]:
    told = entry(prices={unit: Decimal(price) for unit, price in prices.items()})["pricing"]
    assert isinstance(told, dict)
    return told


def test_an_entry_has_the_keys_of_the_real_api() -> None:
    assert shape("openrouter").entry(known("acme/chat")) == {
        "id": "acme/chat",
        "canonical_slug": "acme/chat",
        "hugging_face_id": None,
        "name": "Acme Chat",
        "created": CREATED,
        "description": "Talks.",
        "context_length": 128_000,
        "architecture": {
            "modality": "text+image->text",
            "input_modalities": ["text", "image"],
            "output_modalities": ["text"],
            "instruct_type": None,
        },
        "pricing": {"prompt": "0.00000015", "completion": "0.0000006"},
        "top_provider": {
            "context_length": 128_000,
            "max_completion_tokens": 8_192,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": ["temperature", "tools"],
        "default_parameters": {"temperature": 0.7, "top_p": 0.9, "top_k": 40},
        "knowledge_cutoff": None,
        "expiration_date": "2027-03-31",
    }


def test_a_date_that_is_not_known_is_the_epoch_and_the_rest_is_null() -> None:
    (found,) = read("openrouter", [bare()])["data"]

    assert found["created"] == 0
    assert (found["context_length"], found["expiration_date"]) == (None, None)
    assert found["top_provider"]["max_completion_tokens"] is None
    assert found["pricing"] == {}


@pytest.mark.parametrize(
    ("per_million", "told"),
    [
        ("3", "0.000003"),
        ("0.1", "0.0000001"),
        ("0.000000001", "0.000000000000001"),
        ("999999.999999999", "0.999999999999999"),
        ("2000000", "2"),
        ("0.000000000", "0"),
    ],
)
def test_a_price_is_for_one_token_to_the_last_digit_and_without_an_exponent(
    per_million: str, told: str
) -> None:
    assert priced(input=per_million) == {"prompt": told}


def test_a_price_for_a_piece_stays_as_it_is() -> None:
    assert priced(image="0.040000000", request="0.005") == {"request": "0.005", "image": "0.04"}


def test_every_unit_has_its_word() -> None:
    told = priced(
        input="1", output="2", cached_input="3", cache_write="4", reasoning="5", audio="6"
    )

    assert told == {
        "prompt": "0.000001",
        "completion": "0.000002",
        "audio": "0.000006",
        "internal_reasoning": "0.000005",
        "input_cache_read": "0.000003",
        "input_cache_write": "0.000004",
    }


def test_an_embedding_puts_out_vectors() -> None:
    found = entry(type="embedding", capabilities={"pdf_input": True})["architecture"]

    assert found["modality"] == "text+file->embeddings"
    assert found["output_modalities"] == ["embeddings"]


def test_everything_is_one_answer_unless_a_page_is_asked_for() -> None:
    found = read("openrouter", numbered(1200))

    assert (len(found["data"]), found["links"], found["total_count"]) == (
        1200,
        {"next": None},
        1200,
    )


def test_following_the_link_shows_every_model_once() -> None:
    models, seen = numbered(47), []
    address = "https://registry.example/formats/openrouter?limit=10"
    while address:
        found = read("openrouter", models, **dict(parse_qsl(urlsplit(address).query)))
        assert found["total_count"] == 47
        seen += [one["id"] for one in found["data"]]
        following = found["links"]["next"]
        address = urljoin(address, following) if following else ""

    assert seen == [f"m{number}" for number in range(47, 0, -1)]


def test_a_page_behind_the_end_is_empty() -> None:
    found = read("openrouter", numbered(3), offset="10")

    assert (found["data"], found["links"]["next"], found["total_count"]) == ([], None, 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [("limit", "0"), ("limit", "1001"), ("limit", "x"), ("offset", "-1"), ("offset", "1.0")],
)
def test_a_page_that_is_none_is_refused(field: str, value: str) -> None:
    with pytest.raises(BadPageError) as caught:
        answer("openrouter", numbered(3), **{field: value})

    assert caught.value.field == field


def test_a_model_alone_is_the_data_of_an_answer() -> None:
    form = shape("openrouter")

    assert form.single(known()) == {"data": form.entry(known())}


def test_a_refusal_has_a_whole_number_for_a_code() -> None:
    assert shape("openrouter").error(404, "not_found", "No.", "id") == {
        "error": {"code": 404, "message": "No."}
    }
