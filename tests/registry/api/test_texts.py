"""Text is text: what it may hold, and what counts as the same name."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from registry.models import LLMModel, Provider, Tag
from tests.factories import make_llm
from tests.registry.api.client import CONNECTIONS, MODELS, Api, body_of_generation, fields_of

GOOD = {
    "emoji": "Model 🦙 of the herd 👩‍🚀",
    "combining": "Cafe\u0301",
    "composed": "Caf\u00e9",
    "homoglyph": "G\u0420T-4\u043e",  # Cyrillic letters that look Latin
    "right to left": "نموذج",
    "han": "模型 一号",
    "full width": "\uff2d\uff2f\uff24",
    "spreadsheet": "=1+1",
    "markup": "<script>alert(1)</script>",
    "template": "{{ 7*7 }} ${HOME} %(x)s",
}
BAD = {
    "NUL": "a\x00b",
    "bell": "a\x07b",
    "escape": "a\x1b[31mb",
    "delete": "a\x7fb",
    "C1": "a\x85b",
    "right-to-left override": "a\u202eb",
    "isolate": "a\u2066b",
    "mark": "a\u200fb",
    "lone high surrogate": "a\ud800b",
    "lone low surrogate": "a\udfffb",
}
FIELDS = ["name", "description", "family", "version", "tags", "aliases"]


def sent(field: str, text: str) -> bytes:
    value: Any = [text] if field in ("tags", "aliases") else text
    return json.dumps({field: value}).encode()


@pytest.mark.invariant("D6")
@pytest.mark.parametrize("field", FIELDS)
def test_a_label_comes_back_in_its_normal_form(
    api: Api, openai: Provider, field: str, figure: Callable[..., None]
) -> None:
    path = f"{MODELS}/{make_llm(provider=openai).pk}"

    for text in GOOD.values():
        answer = api.patch(path, sent(field, f"  {text} "))
        assert answer.status_code == 200, answer.content
        shown = answer.json()[field]
        assert shown in (unicodedata.normalize("NFC", text), [unicodedata.normalize("NFC", text)])
    figure(field=field, texts=len(GOOD))


@pytest.mark.invariant("D6")
@pytest.mark.parametrize("field", [*FIELDS, "model_id", "slug", "api_key", "api_endpoint"])
def test_what_cannot_be_seen_or_stored_is_refused(
    api: Api, openai: Provider, field: str, figure: Callable[..., None]
) -> None:
    path = f"{MODELS}/{make_llm(provider=openai).pk}"

    for name, text in BAD.items():
        answer = api.patch(path, sent(field, text))
        assert (answer.status_code, fields_of(answer)) == (400, {field}), name

    assert LLMModel.objects.get().revision == 1
    figure(field=field, refused=len(BAD))


@pytest.mark.invariant("D6")
@pytest.mark.parametrize("field", FIELDS)
def test_a_megabyte_is_too_long_for_a_label(api: Api, openai: Provider, field: str) -> None:
    path = f"{MODELS}/{make_llm(provider=openai).pk}"

    long = api.patch(path, sent(field, "x" * 1_000_000))
    too_large = api.patch(path, sent(field, "x" * 1_100_000))

    assert (long.status_code, fields_of(long)) == (400, {field})
    assert too_large.status_code == 413


@pytest.mark.invariant("D6")
@pytest.mark.parametrize(
    ("one", "two"), [("Fast", "FAST"), ("straße", "STRASSE"), ("Café", "Cafe\u0301"), ("ﬁt", "fit")]
)
def test_a_tag_is_one_in_any_spelling(api: Api, openai: Provider, one: str, two: str) -> None:
    paths = [f"{MODELS}/{make_llm(provider=openai).pk}" for _ in range(2)]
    for path, tag in zip(paths, (one, two), strict=True):
        assert api.patch(path, {"tags": [tag]}).status_code == 200
    both = api.patch(paths[0], {"tags": [one, two]}).json()

    assert Tag.objects.count() == 1
    assert len(both["tags"]) == 1
    assert api.get(f"{MODELS}?tag={two}").json()["count"] == 2


@pytest.mark.invariant("D6")
def test_slugs_differ_by_more_than_case(api: Api) -> None:
    first = api.post(MODELS, body_of_generation(slug="gpt"))
    upper = api.post(MODELS, body_of_generation(slug="GPT", model_id="x"))

    assert first.status_code == 201
    assert (upper.status_code, fields_of(upper)) == (400, {"slug"})
    assert api.get(f"{MODELS}/GPT").json()["slug"] == "gpt"


@pytest.mark.invariant("D6")
def test_a_model_id_is_kept_letter_for_letter(api: Api) -> None:
    ids = ["Qwen/Qwen3-Next", "qwen/qwen3-next", "a:b@c", "café", "cafe\u0301"]

    shown = [api.post(MODELS, body_of_generation(model_id=name)).json() for name in ids]

    assert [row["model_id"] for row in shown] == ids
    assert len({row["slug"] for row in shown}) == len(ids)


@pytest.mark.invariant("D6")
def test_keys_of_a_body_are_text_too(api: Api) -> None:
    for key in ("na\x00me", "\ud800"):
        answer = api.post(MODELS, json.dumps({key: "x"}).encode())
        assert (answer.status_code, fields_of(answer)) == (400, {"body"})
    nested = api.post(MODELS, json.dumps({"capabilities": {"a\x00": True}}).encode())
    assert fields_of(nested) == {"capabilities"}


@pytest.mark.parametrize("value", list(BAD.values())[:3])
def test_free_objects_hold_text_only(api: Api, value: str) -> None:
    body = {"slug": "x", "name": "X", "features": {"regions": ["eu", value]}}

    answer = api.post("/api/v1/admin/platforms", json.dumps(body).encode())

    assert (answer.status_code, fields_of(answer)) == (400, {"features"})


def test_a_label_is_one_line(api: Api) -> None:
    body = {"provider": "openai", "kind": "account", "label": "one\ntwo"}

    answer = api.post(CONNECTIONS, body)

    assert (answer.status_code, fields_of(answer)) == (400, {"label"})
