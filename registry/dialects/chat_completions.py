"""The OpenAI way to embed, chat and list, shared by the dialects that go it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.choices import Mode
from registry.dialects.api import Api
from registry.dialects.base import PING, Check, Page, Target, Verdict
from registry.dialects.calling import LIST_BYTES
from registry.dialects.lists import models_in
from registry.dialects.probes import Probe, embedded, spoken, tokens_of, unusable
from registry.dialects.shapes import at, count_at, list_at, text_at
from registry.outbound.calls import Call

# What vLLM, LM Studio, OpenRouter, Groq and LiteLLM tell beside the id.
_FACTS: Mapping[str, tuple[str, ...]] = {
    "context_window": ("context_length", "max_model_len", "context_window", "max_input_tokens"),
    "max_output_tokens": ("max_output_tokens", "max_completion_tokens"),
}
# Embedding models of OpenAI that cut their vectors to the length asked for.
_CUTTING = "text-embedding-3"


class ChatCompletions(Api):
    """What the dialects of this kind share; each says where its paths are, and what it sends."""

    modes: tuple[str, ...] = (Mode.CHAT, Mode.EMBEDDING, Mode.RESPONSES)
    ids: tuple[str, ...] = ("id",)
    limit = "max_tokens"
    # Whether `encoding_format` and `dimensions` are known to be understood.
    sends_options = False

    def checks(self, target: Target) -> tuple[Check, ...]:
        return (self.list_check(target),)

    def list_call(self, target: Target, mark: str = "") -> Call:
        return self.call(target, "GET", "models", max_bytes=LIST_BYTES)

    def page(self, target: Target, body: Any) -> Page:
        return Page(models_in(self.rows(body), ids=self.ids, facts=_FACTS))

    def rows(self, body: Any) -> Any:
        return at(body, "data")

    def inference(self, target: Target, mode: str) -> Probe:
        path, body, understand = {
            Mode.EMBEDDING: ("embeddings", self._embedding, _understand_embedding),
            Mode.CHAT: ("chat/completions", self._chat, _understand_chat),
            Mode.RESPONSES: ("responses", self._response, _understand_response),
        }[Mode(mode)]
        call = self.call(target, "POST", path, body=self.addressed(target, body(target)))
        return Probe(call, understand, self.signs)

    def addressed(self, target: Target, body: dict[str, Any]) -> dict[str, Any]:
        """Return `body` with the model that it is for."""
        return {"model": target.model_id, **body}

    def _embedding(self, target: Target) -> dict[str, Any]:
        body: dict[str, Any] = {"input": PING}
        if self.sends_options:
            body["encoding_format"] = "float"
            if target.dimensions and target.model_id.rpartition("/")[2].startswith(_CUTTING):
                body["dimensions"] = target.dimensions
        return body

    def _chat(self, target: Target) -> dict[str, Any]:
        messages = [{"role": "user", "content": PING}]
        body: dict[str, Any] = {"messages": messages, self.limit: tokens_of(target)}
        if target.reasoning_effort:
            body["reasoning_effort"] = target.reasoning_effort
        return body

    def _response(self, target: Target) -> dict[str, Any]:
        body: dict[str, Any] = {"input": PING, "max_output_tokens": tokens_of(target)}
        if target.reasoning_effort:
            body["reasoning"] = {"effort": target.reasoning_effort}
        return body


def _understand_embedding(body: Any) -> Verdict:
    vector = at(body, "data", 0, "embedding")
    return embedded(vector, prompt_tokens=count_at(body, "usage", "prompt_tokens"))


def _understand_chat(body: Any) -> Verdict:
    message = at(body, "choices", 0, "message")
    if not isinstance(message, dict):
        return unusable()
    spoke = ("content", "refusal", "reasoning_content", "reasoning")
    return spoken(
        [at(message, key) for key in spoke],
        text_at(body, "choices", 0, "finish_reason"),
        prompt_tokens=count_at(body, "usage", "prompt_tokens"),
        output_tokens=count_at(body, "usage", "completion_tokens"),
    )


def _understand_response(body: Any) -> Verdict:
    if not isinstance(at(body, "output"), list):
        return unusable()
    output = list_at(body, "output")
    return spoken(
        [at(item, key) for item in output for key in ("content", "summary")],
        text_at(body, "incomplete_details", "reason"),
        prompt_tokens=count_at(body, "usage", "input_tokens"),
        output_tokens=count_at(body, "usage", "output_tokens"),
    )
