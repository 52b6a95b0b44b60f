"""A dialect that says what a test tells it, and the session that it is asked in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from registry.choices import ProbeCode, Stage
from registry.dialects.base import Check, Page, Rule, Target, Verdict
from registry.outbound.calls import Answer, Call, CallError
from registry.services import probing
from registry.services.probing import Found
from registry.services.targets import Aim
from registry.types import Secret
from tests.factories import API_KEY

REACH, AUTH, MODEL, INFERENCE = Stage
FREE = (REACH, AUTH, MODEL)
GOOD = Verdict()


def check(verdict: Verdict | CallError, *proves: Stage, **options: Any) -> Check:
    """Return a check that finds `verdict`, whatever is answered."""

    def read(_answer: Answer) -> Verdict:
        if isinstance(verdict, CallError):
            raise verdict
        return verdict

    path = "-".join(proves)
    return Check(proves, Call("GET", f"https://api.example/{path}"), read, **options)


def billed(verdict: Verdict | CallError, **options: Any) -> Check:
    return check(verdict, INFERENCE, is_billed=True, **options)


@dataclass
class Scripted:
    """A dialect that says what it is told."""

    free: tuple[Check, ...] = (check(GOOD, *FREE),)
    inference: Check | None = field(default_factory=lambda: billed(GOOD))
    reason: str = ""
    name: str = "scripted"
    rule: Rule = field(default_factory=Rule)

    def cannot_test(self, target: Target) -> str:
        return self.reason

    def checks(self, target: Target) -> tuple[Check, ...]:
        return self.free

    def probe(self, target: Target) -> Check | None:
        return self.inference

    def list_call(self, target: Target) -> Call | None:
        return None

    def read_list(self, target: Target, answer: Answer) -> Page:
        return Page(())


TARGET = Target("https://api.example", key=Secret(API_KEY), model_id="gpt-4o", dimensions=1024)


def run(
    dialect: Scripted,
    *,
    inference: bool = True,
    before: Callable[[list[dict[str, Any]], float], None] = lambda stages, seconds: None,
) -> Found:
    return probing.run(Aim(dialect, TARGET), inference=inference, before_call=before)


def codes(found: Found) -> list[str]:
    assert [row["name"] for row in found.stages] == Stage.values
    return [row["code"] for row in found.stages]


def corrected(first: Verdict, *then: Verdict | CallError, name: str = "max_tokens") -> Check:
    """Return a billed check whose answer says how to ask again, and so on to the last."""
    verdict: Verdict | CallError = then[-1]
    for earlier in [*reversed(then[:-1]), first]:
        assert isinstance(earlier, Verdict)
        verdict = replace(earlier, retry=billed(verdict), corrected=name)
    return billed(verdict)


REFUSED = Verdict(code=ProbeCode.BAD_PARAMETER, detail="max_tokens")
CUT = Verdict(code=ProbeCode.OK_TRUNCATED)
