from __future__ import annotations

import pytest

from registry.choices import ProbeCode
from registry.outbound.calls import CallError
from tests.registry.dialects.answers import (
    CHAT,
    EMBEDDING,
    RESPONSES,
    again,
    answer,
    body_of,
    dialect,
    outcome,
    page,
    probe,
    target,
)

WEBUI = dialect("openwebui")
ADDRESSES = [
    "https://webui.example",
    "https://webui.example/api",
    "https://webui.example/api/v1",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_means_the_same_with_and_without_api(address: str) -> None:
    aim = target("openwebui", address=address)
    (check,) = WEBUI.checks(aim)
    chat = WEBUI.probe(aim)
    embedding = WEBUI.probe(target("openwebui", EMBEDDING, address=address))

    assert chat is not None
    assert embedding is not None
    assert [check.call.url, chat.call.url, embedding.call.url] == [
        "https://webui.example/api/models",
        "https://webui.example/api/chat/completions",
        "https://webui.example/api/embeddings",
    ]


def test_a_path_before_api_is_kept() -> None:
    (check,) = WEBUI.checks(target("openwebui", address="https://x.example/tools/webui"))

    assert check.call.url == "https://x.example/tools/webui/api/models"


def test_the_list_is_read_by_ids_else_by_names() -> None:
    rows = [{"id": "b", "name": "B"}, {"name": "a"}, {"id": "", "name": "c"}, {"id": None}]

    found = WEBUI.read_list(target("openwebui"), answer({"data": rows}))

    assert [(model.id, model.name) for model in found.models] == [
        ("b", "B"),
        ("a", "a"),
        ("c", "c"),
    ]


@pytest.mark.parametrize("body", [[{"id": "a"}], {"models": [{"id": "a"}]}, {"data": {"id": "a"}}])
def test_the_list_has_one_form_only(body: object) -> None:
    with pytest.raises(CallError) as refused:
        WEBUI.read_list(target("openwebui"), answer(body))

    assert (refused.value.code, refused.value.detail) == (ProbeCode.BAD_SHAPE, "shape")


def test_a_model_that_is_not_listed_is_a_note() -> None:
    (check,) = WEBUI.checks(target("openwebui"))

    verdict = check.read(answer({"data": [{"id": "acme-9"}]}))

    assert (outcome(verdict), verdict.note) == (("ok", ""), "unlisted")
    assert verdict.listed == ("acme-9",)


def test_no_other_address_is_tried() -> None:
    (check,) = WEBUI.checks(target("openwebui"))

    assert outcome(check.read(answer({"detail": "Not Found"}, 404))) == ("bad_shape", "path")
    assert outcome(check.read(page())) == ("bad_shape", "html")


def test_it_has_no_responses() -> None:
    assert WEBUI.cannot_test(target("openwebui", RESPONSES)) == "mode"


@pytest.mark.parametrize(
    ("mode", "status", "detail", "code"),
    [
        (CHAT, 401, "Not authenticated", "bad_key"),
        (CHAT, 403, "Not authenticated", "bad_key"),
        (CHAT, 403, "Use of API key is not enabled in the environment.", "forbidden"),
        (CHAT, 400, "Model not found", "model_missing"),
        (CHAT, 404, "Model not found", "model_missing"),
        (CHAT, 404, "Not Found", "bad_shape"),
        (CHAT, 400, "This is not a chat model and thus not supported", "wrong_operation"),
        (EMBEDDING, 400, '"acme-1" does not support embeddings', "wrong_operation"),
        (CHAT, 500, "Open WebUI: Server Connection Error", "server_error"),
        (CHAT, 500, {"error": {"message": "deep"}}, "server_error"),
    ],
)
def test_refusals_are_told_apart(mode: str, status: int, detail: object, code: str) -> None:
    assert probe("openwebui", mode).read(answer({"detail": detail}, status)).code == code


def test_a_refused_limit_is_given_its_other_name() -> None:
    text = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'."

    second, first = again(probe("openwebui"), answer({"detail": text}, 400))

    assert first.corrected == "max_tokens"
    assert body_of(second)["max_completion_tokens"] == 16
