"""OpenAI, and what stands at its address in place of it."""

from __future__ import annotations

from typing import Any

from registry.dialects.base import OPTIONAL, Check, Dialect, Rule, Target, Verdict
from registry.dialects.chat_completions import ChatCompletions
from registry.dialects.probes import unusable
from registry.dialects.shapes import at, is_id


class OpenAI(ChatCompletions):
    name = "openai"
    rule = Rule(api_endpoint=OPTIONAL)
    limit = "max_completion_tokens"
    sends_options = True

    def checks(self, target: Target) -> tuple[Check, ...]:
        if not target.model_id:
            return super().checks(target)
        return (self.model_check(target, _understand_model),)


def _understand_model(body: Any) -> Verdict:
    return Verdict() if is_id(at(body, "id")) else unusable()


DIALECT: Dialect = OpenAI()
