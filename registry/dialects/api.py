"""What all dialects that are spoken over HTTP have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from registry.choices import Mode, ProbeCode, Stage
from registry.dialects.base import Check, Page, Rule, Target, Verdict
from registry.dialects.calling import bearer, quoted
from registry.dialects.failures import PATH, Sign, judge
from registry.dialects.probes import NO_MODE, Probe, Understand, mode_of, read
from registry.dialects.refusals import Refusal, opened
from registry.outbound.calls import Answer, Call, CallError, Credential

# Our own word in verdicts: some servers serve models that they do not list.
UNLISTED = "unlisted"


class Api(ABC):
    """The frame: a dialect fills in its calls, and what good answers to them look like."""

    name = ""
    rule = Rule()
    modes: tuple[str, ...] = (Mode.CHAT, Mode.EMBEDDING)
    headers: Mapping[str, str] = {}
    # What its refusals say beside what they say everywhere.
    signs: tuple[Sign, ...] = ()

    def cannot_test(self, target: Target) -> str:
        return "" if self.has_mode(target) else NO_MODE

    def has_mode(self, target: Target) -> bool:
        return mode_of(target) in self.modes

    @abstractmethod
    def checks(self, target: Target) -> tuple[Check, ...]: ...

    def probe(self, target: Target) -> Check | None:
        if not target.model_id or not self.has_mode(target):
            return None
        return self.inference(target, mode_of(target)).check()

    @abstractmethod
    def inference(self, target: Target, mode: str) -> Probe:
        """Return the billed call of `mode`, which is one of the dialect's."""

    @abstractmethod
    def list_call(self, target: Target, mark: str = "") -> Call:
        """Return the call for the first page, or the one that `mark` stands for."""

    def read_list(self, target: Target, answer: Answer) -> Page:
        body = opened(answer)
        if not isinstance(body, Refusal):
            return self.page(target, body)
        verdict = judge(body, self.signs, names_model=False)
        # What shows elsewhere that a model works, such as a filter, is no list.
        code = ProbeCode.BAD_SHAPE if verdict.is_good else verdict.code
        raise CallError(code, verdict.detail, elapsed_ms=answer.elapsed_ms)

    @abstractmethod
    def page(self, target: Target, body: Any) -> Page:
        """Read one page's JSON. Raises CallError if it is no list of models."""

    def credential(self, target: Target) -> Credential | None:
        return bearer(target)

    def url(self, target: Target, path: str) -> str:
        return f"{target.address}/{path}"

    def call(self, target: Target, method: str, path: str, **parts: Any) -> Call:
        key = self.credential(target)
        return Call(method, self.url(target, path), credential=key, headers=self.headers, **parts)

    def single_check(
        self,
        call: Call,
        understand: Understand,
        *,
        proves: tuple[Stage, ...] = (Stage.REACH, Stage.AUTH, Stage.MODEL),
        names_model: bool = True,
    ) -> Check:
        """Return a check of one call; `names_model` says whether that call names the model."""
        return Check(proves, call, partial(self._read, understand, names_model=names_model))

    def model_check(self, target: Target, understand: Understand) -> Check:
        """Return a check that asks for the model by its id, as the path's last segment.

        A proxy that decodes a slash in it has no such path: there the list is asked for it.
        """
        check = self.single_check(
            self.call(target, "GET", f"models/{quoted(target.model_id)}"), understand
        )
        if "/" not in target.model_id:
            return check
        return replace(check, read=partial(self._read_or_list, target, check))

    def list_check(self, target: Target, *, optional: bool = False) -> Check:
        """Return a check that asks for the list of models; its verdict names what is listed."""
        understand = partial(self._understand_list, target)
        reader = partial(self._read, understand, names_model=False)
        return Check((Stage.REACH, Stage.AUTH), self.list_call(target), reader, optional=optional)

    def _read(self, understand: Understand, answer: Answer, *, names_model: bool = True) -> Verdict:
        return read(answer, understand, self.signs, names_model=names_model)

    def _read_or_list(self, target: Target, check: Check, answer: Answer) -> Verdict:
        verdict = check.read(answer)
        if (verdict.code, verdict.detail) != (ProbeCode.BAD_SHAPE, PATH):
            return verdict
        listing = self.list_check(target)
        second = replace(listing, read=partial(find_listed, target, listing))
        return replace(verdict, retry=second)

    def _understand_list(self, target: Target, body: Any) -> Verdict:
        return Verdict(listed=tuple(model.id for model in self.page(target, body).models))


def find_listed(target: Target, listing: Check, answer: Answer) -> Verdict:
    """Return the verdict on a list, with a note if it lacks the model: it may be served still."""
    verdict = listing.read(answer)
    is_unlisted = bool(target.model_id) and target.model_id not in verdict.listed
    return replace(verdict, note=UNLISTED) if verdict.is_good and is_unlisted else verdict
