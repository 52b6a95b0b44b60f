"""The Cohere API: version 2 for calls, version 1 for the key and the models."""

from __future__ import annotations

from functools import partial
from typing import Any

from registry.choices import LLMType, Mode, ProbeCode, Stage
from registry.dialects.api import Api
from registry.dialects.base import PING, Check, Dialect, Page, Target, Verdict
from registry.dialects.calling import LIST_BYTES, PAGE_SIZE, quoted
from registry.dialects.failures import Sign
from registry.dialects.lists import models_in
from registry.dialects.probes import Probe, embedded, mode_of, spoken, tokens_of, unusable
from registry.dialects.refusals import FLAT, HTML
from registry.dialects.shapes import at, count_at, list_at, text_at
from registry.outbound.calls import Call

DEPRECATED = "deprecated"  # a note: the model works, for now

_ENDPOINTS: dict[str, str] = {Mode.CHAT: "chat", Mode.EMBEDDING: "embed"}
_TYPES = {"chat": LLMType.GENERATION, "embed": LLMType.EMBEDDING}
_FACTS = {"context_window": ("context_length",)}
# Embedding models that cut their vectors to the length asked for.
_CUTTING = "embed-v4"


class Cohere(Api):
    name = "cohere"
    signs = (
        Sign(ProbeCode.BAD_KEY, statuses=(498,)),
        # A page of the gateway, not a word of the API.
        Sign(ProbeCode.BAD_SHAPE, statuses=(403,), shapes=(HTML,), detail=HTML),
        Sign(
            ProbeCode.WRONG_OPERATION,
            statuses=(400,),
            shapes=(FLAT,),
            says=(r"not an available endpoint",),
        ),
    )

    def checks(self, target: Target) -> tuple[Check, ...]:
        key = self.call(target, "POST", "v1/check-api-key")
        proves = (Stage.REACH, Stage.AUTH)
        checks = [self.single_check(key, _understand_key, proves=proves, names_model=False)]
        if target.model_id:
            model = self.call(target, "GET", f"v1/models/{quoted(target.model_id)}")
            understand = partial(_understand_model, target)
            checks.append(self.single_check(model, understand, proves=(Stage.MODEL,)))
        return tuple(checks)

    def inference(self, target: Target, mode: str) -> Probe:
        is_embedding = mode == Mode.EMBEDDING
        body = _embedding(target) if is_embedding else _chat(target)
        call = self.call(target, "POST", f"v2/{_ENDPOINTS[mode]}", body=body)
        return Probe(call, _understand_embedding if is_embedding else _understand_chat, self.signs)

    def list_call(self, target: Target, mark: str = "") -> Call:
        query = f"&page_token={quoted(mark)}" if mark else ""
        path = f"v1/models?page_size={PAGE_SIZE}{query}"
        return self.call(target, "GET", path, max_bytes=LIST_BYTES)

    def page(self, target: Target, body: Any) -> Page:
        types = ("endpoints", _TYPES)
        models = models_in(at(body, "models"), ids=("name",), names=(), facts=_FACTS, types=types)
        mark = text_at(body, "next_page_token")
        return Page(models, self.list_call(target, mark) if mark else None)


def _embedding(target: Target) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": target.model_id,
        "texts": [PING],
        "input_type": "search_document",
        "embedding_types": ["float"],
    }
    if target.dimensions and target.model_id.startswith(_CUTTING):
        body["output_dimension"] = target.dimensions
    return body


def _chat(target: Target) -> dict[str, Any]:
    return {
        "model": target.model_id,
        "messages": [{"role": "user", "content": PING}],
        "max_tokens": tokens_of(target),
    }


def _understand_key(body: Any) -> Verdict:
    is_valid = at(body, "valid")
    if not isinstance(is_valid, bool):
        return unusable()
    return Verdict() if is_valid else Verdict(code=ProbeCode.BAD_KEY)


def _understand_model(target: Target, body: Any) -> Verdict:
    if not text_at(body, "name"):
        return unusable()
    endpoints = list_at(body, "endpoints")
    if endpoints and _ENDPOINTS.get(mode_of(target)) not in endpoints:
        return Verdict(code=ProbeCode.WRONG_OPERATION)
    return Verdict(note=DEPRECATED if at(body, "is_deprecated") is True else "")


def _understand_embedding(body: Any) -> Verdict:
    vector = at(body, "embeddings", "float", 0)
    return embedded(vector, prompt_tokens=count_at(body, "meta", "billed_units", "input_tokens"))


def _understand_chat(body: Any) -> Verdict:
    if not isinstance(at(body, "message"), dict):
        return unusable()
    return spoken(
        at(body, "message", "content"),
        text_at(body, "finish_reason"),
        prompt_tokens=count_at(body, "usage", "tokens", "input_tokens"),
        output_tokens=count_at(body, "usage", "tokens", "output_tokens"),
    )


DIALECT: Dialect = Cohere()
