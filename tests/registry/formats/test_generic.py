"""The plain list: what S1.35 says of it, in an envelope."""

from __future__ import annotations

from tests.registry.formats.listing import CREATED, bare, known, read, shape


def test_an_entry_says_what_is_known() -> None:
    assert read("generic", [known()]) == {
        "object": "list",
        "data": [
            {
                "id": "acme-chat",
                "object": "model",
                "owned_by": "acme",
                "type": "generation",
                "created": CREATED,
            }
        ],
    }


def test_what_is_not_known_is_left_out() -> None:
    assert read("generic", [bare("acme/x")])["data"] == [{"id": "acme/x", "object": "model"}]


def test_an_empty_list_is_a_list() -> None:
    assert read("generic", []) == {"object": "list", "data": []}


def test_a_refusal_has_the_shape_of_our_own_api() -> None:
    form = shape("generic")

    assert form.error(404, "not_found", "No.") == {"error": {"code": "not_found", "message": "No."}}
    assert form.error(400, "invalid", "No.", "status") == {
        "error": {"code": "invalid", "message": "No.", "fields": {"status": ["No."]}}
    }
