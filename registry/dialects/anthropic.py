"""The Anthropic API: chat only."""

from __future__ import annotations

from typing import Any

from registry.choices import LLMType, Mode, ProbeCode
from registry.dialects.api import Api
from registry.dialects.base import PING, Check, Dialect, Page, Rule, Target, Verdict
from registry.dialects.calling import LIST_BYTES, PAGE_SIZE, credential, quoted
from registry.dialects.failures import Sign, words
from registry.dialects.lists import models_in
from registry.dialects.probes import Probe, spoken, tokens_of, unusable
from registry.dialects.shapes import at, count_at, is_id, list_at, text_at
from registry.outbound.calls import Call, Credential

VERSION = "2023-06-01"

_FACTS = {"context_window": ("max_input_tokens",), "max_output_tokens": ("max_tokens",)}


class Anthropic(Api):
    name = "anthropic"
    rule = Rule(types=(LLMType.GENERATION, LLMType.NER))
    modes = (Mode.CHAT,)
    headers = {"anthropic-version": VERSION}
    signs = (
        # As it was before there was the status 402.
        Sign(
            ProbeCode.NO_CREDIT,
            words("invalid_request_error"),
            statuses=(400,),
            says=(r"credit balance",),
        ),
        Sign(
            ProbeCode.WRONG_OPERATION,
            words("invalid_request_error"),
            statuses=(400,),
            says=(r"not supported on this api",),
        ),
    )

    def credential(self, target: Target) -> Credential | None:
        return credential(target, "x-api-key")

    def checks(self, target: Target) -> tuple[Check, ...]:
        if not target.model_id:
            return (self.list_check(target),)
        return (self.model_check(target, _understand_model),)

    def inference(self, target: Target, mode: str) -> Probe:
        body = {
            "model": target.model_id,
            "max_tokens": tokens_of(target),
            "messages": [{"role": "user", "content": PING}],
        }
        call = self.call(target, "POST", "messages", body=body)
        return Probe(call, _understand_message, self.signs)

    def list_call(self, target: Target, mark: str = "") -> Call:
        query = f"&after_id={quoted(mark)}" if mark else ""
        path = f"models?limit={PAGE_SIZE}{query}"
        return self.call(target, "GET", path, max_bytes=LIST_BYTES)

    def page(self, target: Target, body: Any) -> Page:
        models = models_in(at(body, "data"), names=("display_name",), facts=_FACTS)
        mark = text_at(body, "last_id") if at(body, "has_more") is True else ""
        return Page(models, self.list_call(target, mark) if mark else None)


def _understand_model(body: Any) -> Verdict:
    return Verdict() if is_id(at(body, "id")) else unusable()


def _understand_message(body: Any) -> Verdict:
    if not isinstance(at(body, "content"), list):
        return unusable()
    return spoken(
        # A thought that is kept secret is one all the same: it comes as `data`.
        [
            at(part, key)
            for part in list_at(body, "content")
            for key in ("text", "thinking", "data")
        ],
        text_at(body, "stop_reason"),
        prompt_tokens=count_at(body, "usage", "input_tokens"),
        output_tokens=count_at(body, "usage", "output_tokens"),
    )


DIALECT: Dialect = Anthropic()
