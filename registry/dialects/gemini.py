"""The Gemini API. The key goes into a header: in the address it would stand in logs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from registry.choices import LLMType, Mode, ProbeCode
from registry.dialects.api import Api
from registry.dialects.base import PING, Check, Dialect, Page, Target, Verdict
from registry.dialects.calling import LIST_BYTES, PAGE_SIZE, credential
from registry.dialects.failures import FILTERED, PER_DAY, Sign, words
from registry.dialects.lists import models_in
from registry.dialects.probes import Probe, embedded, mode_of, spoken, tokens_of, unusable
from registry.dialects.shapes import at, count_at, list_at, text_at, total
from registry.outbound.calls import Call, Credential

# Thinking models spend more than others before the first word.
THINKING_TOKENS = 32

_METHODS: dict[str, str] = {Mode.CHAT: "generateContent", Mode.EMBEDDING: "embedContent"}
_TYPES = {"generateContent": LLMType.GENERATION, "embedContent": LLMType.EMBEDDING}
_FACTS = {"context_window": ("inputTokenLimit",), "max_output_tokens": ("outputTokenLimit",)}
# Embedding models that cut their vectors to the length asked for.
_CUTTING = "gemini-embedding"
# The text is the same for a model and for a method that is not there. Whether the model is, the
# check before the call has shown.
_NO_METHOD = Sign(
    ProbeCode.WRONG_OPERATION, words("not_found"), statuses=(404,), says=(r"not supported for ",)
)


class Gemini(Api):
    name = "gemini"
    signs = (
        # A bad key is a bad request here.
        Sign(ProbeCode.BAD_KEY, words("api_key_invalid")),
        Sign(
            ProbeCode.BAD_KEY,
            words("permission_denied"),
            statuses=(403,),
            says=(r"unregistered callers",),
        ),
        Sign(ProbeCode.NO_CREDIT, words("billing_disabled")),
        Sign(ProbeCode.RATE_LIMITED, words(PER_DAY), statuses=(429,), detail=PER_DAY),
        # No free tier in the caller's country.
        Sign(ProbeCode.FORBIDDEN, words("failed_precondition"), statuses=(400,)),
    )

    def credential(self, target: Target) -> Credential | None:
        return credential(target, "x-goog-api-key")

    def checks(self, target: Target) -> tuple[Check, ...]:
        if not target.model_id:
            return (self.list_check(target),)
        call = self.call(target, "GET", _resource(target))
        return (self.single_check(call, partial(_understand_model, target)),)

    def inference(self, target: Target, mode: str) -> Probe:
        is_embedding = mode == Mode.EMBEDDING
        body = _embedding(target) if is_embedding else _chat(target)
        call = self.call(target, "POST", f"{_resource(target)}:{_METHODS[mode]}", body=body)
        understand = _understand_embedding if is_embedding else _understand_chat
        return Probe(call, understand, (_NO_METHOD, *self.signs))

    def list_call(self, target: Target, mark: str = "") -> Call:
        query = f"&pageToken={quote(mark, safe='')}" if mark else ""
        path = f"models?pageSize={PAGE_SIZE}{query}"
        return self.call(target, "GET", path, max_bytes=LIST_BYTES)

    def page(self, target: Target, body: Any) -> Page:
        # Google's JSON leaves out what is empty: an empty list is `{}`.
        rows = [] if body == {} else at(body, "models")
        found = models_in(
            rows,
            ids=("name",),
            names=("displayName",),
            facts=_FACTS,
            types=("supportedGenerationMethods", _TYPES),
        )
        models = tuple(replace(model, id=model.id.removeprefix("models/")) for model in found)
        mark = text_at(body, "nextPageToken")
        return Page(models, self.list_call(target, mark) if mark else None)


def _resource(target: Target) -> str:
    """Return the model's path. A colon would end it; tuned models are not below `models/`."""
    kind, slash, name = target.model_id.partition("/")
    if not slash or kind not in ("models", "tunedModels"):
        kind, name = "models", target.model_id
    return f"{kind}/{quote(name, safe='')}"


def _embedding(target: Target) -> dict[str, Any]:
    body: dict[str, Any] = {"content": {"parts": [{"text": PING}]}}
    if target.dimensions and target.model_id.removeprefix("models/").startswith(_CUTTING):
        body["outputDimensionality"] = target.dimensions
    return body


def _chat(target: Target) -> dict[str, Any]:
    return {
        "contents": [{"role": "user", "parts": [{"text": PING}]}],
        "generationConfig": {"maxOutputTokens": tokens_of(target, THINKING_TOKENS)},
    }


def _understand_model(target: Target, body: Any) -> Verdict:
    if not text_at(body, "name"):
        return unusable()
    methods = list_at(body, "supportedGenerationMethods")
    if methods and _METHODS.get(mode_of(target)) not in methods:
        return Verdict(code=ProbeCode.WRONG_OPERATION)
    return Verdict()


def _understand_embedding(body: Any) -> Verdict:
    single = at(body, "embedding", "values")
    return embedded(at(body, "embeddings", 0, "values") if single is None else single)


def _understand_chat(body: Any) -> Verdict:
    usage = at(body, "usageMetadata")
    candidate = at(body, "candidates", 0)
    is_blocked = bool(text_at(body, "promptFeedback", "blockReason"))
    if not is_blocked and not isinstance(candidate, dict):
        return unusable()
    return spoken(
        at(candidate, "content", "parts"),
        FILTERED if is_blocked else text_at(candidate, "finishReason"),
        prompt_tokens=count_at(usage, "promptTokenCount"),
        output_tokens=total(
            count_at(usage, "candidatesTokenCount"), count_at(usage, "thoughtsTokenCount")
        ),
    )


DIALECT: Dialect = Gemini()
