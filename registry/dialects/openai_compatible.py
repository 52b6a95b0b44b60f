"""Any server that answers like the OpenAI API: vLLM, LM Studio, TGI, LiteLLM and services."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from registry.choices import ProbeCode, Stage
from registry.dialects.api import find_listed
from registry.dialects.base import OPTIONAL, Check, Dialect, Rule, Target, Verdict
from registry.dialects.chat_completions import ChatCompletions
from registry.dialects.failures import PATH
from registry.dialects.shapes import at
from registry.outbound.calls import Answer

# Our own word in verdicts.
LACKS_V1 = "address_lacks_v1"

_ENDS_IN_VERSION = re.compile(r"/v\d+[a-z0-9]*$")
_NO_PATH = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


class OpenAICompatible(ChatCompletions):
    name = "openai_compatible"
    rule = Rule(api_endpoint=OPTIONAL)
    ids = ("id", "name")  # some servers tell only a name

    def checks(self, target: Target) -> tuple[Check, ...]:
        # Some servers have no list, and some serve what theirs does not name.
        listing = self.list_check(target, optional=True)
        proves = (*listing.proves, Stage.MODEL) if target.model_id else listing.proves
        return (replace(listing, proves=proves, read=partial(self._read_models, target, listing)),)

    def rows(self, body: Any) -> Any:
        """Return `data` of the body, or its `models`, or the body itself."""
        if isinstance(body, list):
            return body
        return at(body, "models") if at(body, "data") is None else at(body, "data")

    def may_lack_v1(self, target: Target) -> bool:
        return not _ENDS_IN_VERSION.search(target.address)

    def _read_models(self, target: Target, listing: Check, answer: Answer) -> Verdict:
        verdict = find_listed(target, listing, answer)
        if verdict.is_good or not _lacks_path(verdict, answer):
            return verdict
        missing = replace(verdict, detail=PATH)
        if not self.may_lack_v1(target):
            return missing
        call = replace(listing.call, url=f"{target.address}/v1/models")
        second = replace(listing, call=call, read=partial(_read_with_v1, missing, listing))
        return replace(missing, retry=second)


def _lacks_path(verdict: Verdict, answer: Answer) -> bool:
    return verdict.code == ProbeCode.BAD_SHAPE and (
        answer.status in _NO_PATH or verdict.detail == PATH
    )


def _read_with_v1(first: Verdict, listing: Check, answer: Answer) -> Verdict:
    """Say so where /v1 would make the address right: to put it right is not for us."""
    if not listing.read(answer).is_good:
        return first
    return Verdict(code=ProbeCode.BAD_SHAPE, detail=LACKS_V1, is_final=True)


DIALECT: Dialect = OpenAICompatible()
