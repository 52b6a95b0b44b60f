"""Ollama: a host of one's own, with or without a login in front of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.choices import Mode, ProbeCode, Stage
from registry.dialects.api import Api
from registry.dialects.base import (
    OPTIONAL,
    PING,
    REQUIRED,
    Check,
    Dialect,
    Page,
    Rule,
    Target,
    Verdict,
)
from registry.dialects.calling import LIST_BYTES
from registry.dialects.failures import PATH, Sign
from registry.dialects.lists import models_in
from registry.dialects.probes import Probe, embedded, mode_of, spoken, tokens_of, unusable
from registry.dialects.refusals import NOT_JSON, TEXT, Refusal, opened
from registry.dialects.shapes import at, count_at, list_at, text_at
from registry.outbound.calls import Answer, Call

_NS_PER_MS = 1_000_000
_COMPLETION = "completion"


class Ollama(Api):
    """A name without a tag means `latest`. The host itself treats both as the same model."""

    name = "ollama"
    rule = Rule(
        api_endpoint=REQUIRED,
        api_key=OPTIONAL,
        labels=(("api_endpoint", _("Address of the Ollama host")),),
    )
    signs = (
        Sign(
            ProbeCode.WRONG_OPERATION,
            statuses=(0, 400, 500, 501),
            shapes=(TEXT,),
            says=(r"does not support (chat|generate|completion|embed)",),
        ),
        Sign(
            ProbeCode.MODEL_MISSING,
            statuses=(0, 400, 404),
            shapes=(TEXT,),
            says=(r"^model .+ not found",),
        ),
    )

    def checks(self, target: Target) -> tuple[Check, ...]:
        version = self.call(target, "GET", "api/version")
        proves = (Stage.REACH, Stage.AUTH)
        checks = [self.single_check(version, _understand_version, proves=proves, names_model=False)]
        if target.model_id:
            # Its licence and template come along.
            body = {"model": target.model_id}
            show = self.call(target, "POST", "api/show", body=body, max_bytes=LIST_BYTES)
            understand = partial(_understand_model, target)
            checks.append(self.single_check(show, understand, proves=(Stage.MODEL,)))
        return tuple(checks)

    def probe(self, target: Target) -> Check | None:
        check = super().probe(target)
        if check is None or mode_of(target) != Mode.EMBEDDING:
            return check
        return replace(check, read=partial(self._read_embedding, target, check))

    def inference(self, target: Target, mode: str) -> Probe:
        if mode == Mode.EMBEDDING:
            body: dict[str, Any] = {"model": target.model_id, "input": PING}
            call = self.call(target, "POST", "api/embed", body=body)
            return Probe(call, _understand_embedding, self.signs, slow=True)
        body = {
            "model": target.model_id,
            "messages": [{"role": "user", "content": PING}],
            "stream": False,
            "options": {"num_predict": tokens_of(target)},
        }
        call = self.call(target, "POST", "api/chat", body=body)
        return Probe(call, _understand_chat, self.signs, slow=True)

    def list_call(self, target: Target, mark: str = "") -> Call:
        return self.call(target, "GET", "api/tags", max_bytes=LIST_BYTES)

    def page(self, target: Target, body: Any) -> Page:
        is_empty = isinstance(body, dict) and body.get("models", ...) is None
        rows = [] if is_empty else at(body, "models")  # a host without models may say null
        return Page(models_in(rows, ids=("model", "name"), names=()))

    def _read_embedding(self, target: Target, check: Check, answer: Answer) -> Verdict:
        """Turn to the older call where the newer is unknown: that says nothing of the model."""
        refusal = opened(answer)
        is_old = answer.status == HTTPStatus.NOT_FOUND and (
            isinstance(refusal, Refusal) and refusal.shape == NOT_JSON
        )
        if not is_old:
            return check.read(answer)
        body = {"model": target.model_id, "prompt": PING}
        call = self.call(target, "POST", "api/embeddings", body=body)
        older = Probe(call, _understand_older_embedding, self.signs, slow=True).check()
        return replace(unusable(PATH), retry=older)


def _understand_version(body: Any) -> Verdict:
    return Verdict() if text_at(body, "version") else unusable()


def _understand_model(target: Target, body: Any) -> Verdict:
    if all(at(body, part) is None for part in ("details", "model_info", "modelfile")):
        return unusable()
    # Old hosts tell no capabilities; and to embed, a model needs none.
    has = list_at(body, "capabilities")
    if has and mode_of(target) == Mode.CHAT and _COMPLETION not in has:
        return Verdict(code=ProbeCode.WRONG_OPERATION)
    return Verdict()


def _understand_embedding(body: Any) -> Verdict:
    return embedded(
        at(body, "embeddings", 0),
        prompt_tokens=count_at(body, "prompt_eval_count"),
        load_ms=_load_ms(body),
    )


def _understand_older_embedding(body: Any) -> Verdict:
    return embedded(at(body, "embedding"))


def _understand_chat(body: Any) -> Verdict:
    message = at(body, "message")
    if not isinstance(message, dict):
        return unusable()
    return spoken(
        [at(message, key) for key in ("content", "thinking")],
        text_at(body, "done_reason"),
        prompt_tokens=count_at(body, "prompt_eval_count"),
        output_tokens=count_at(body, "eval_count"),
        load_ms=_load_ms(body),
    )


def _load_ms(body: Any) -> int | None:
    nanoseconds = at(body, "load_duration")
    if type(nanoseconds) is not int or nanoseconds < 0:
        return None
    return count_at([nanoseconds // _NS_PER_MS], 0)


DIALECT: Dialect = Ollama()
