"""A command-line login: all that can be known of it here is whether it is configured."""

from __future__ import annotations

from registry.choices import LLMType, ProbeCode
from registry.dialects.base import HIDDEN, Check, Dialect, Page, Rule, Target
from registry.outbound.calls import Answer, Call, CallError

CLI = "cli"


class CommandLine:
    name = CLI
    rule = Rule(types=(LLMType.GENERATION, LLMType.NER), api_key=HIDDEN)

    def cannot_test(self, target: Target) -> str:
        return CLI

    def checks(self, target: Target) -> tuple[Check, ...]:
        return ()

    def probe(self, target: Target) -> Check | None:
        return None

    def list_call(self, target: Target) -> Call | None:
        return None

    def read_list(self, target: Target, answer: Answer) -> Page:
        raise CallError(ProbeCode.CANNOT_TEST, CLI)


DIALECT: Dialect = CommandLine()
