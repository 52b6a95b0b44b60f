"""The results of a test in words: what a person reads, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from registry.choices import LLMType, ProbeCode, Stage
from registry.services.probe_words import DETAILS, NOTES, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.models import ConnectionTest


@dataclass(frozen=True)
class Words:
    """One result: a sentence, and what to do next (empty when there is nothing to do)."""

    text: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.advice}".strip()


def words_of(test: ConnectionTest) -> Words | None:
    """Return a finished test's result in words; None while it has none."""
    if not test.code:
        return None
    special = _special(test)
    if special is not None:
        return special
    text, advice = SENTENCES[test.code]
    facts = _Facts(test)
    return Words(str(text) % facts, " ".join((str(advice) % facts).split()))


def _special(test: ConnectionTest) -> Words | None:
    """Return the words of a result that its code alone would tell wrongly."""
    if test.code == ProbeCode.TIMEOUT and not test.detail:  # a 504 or 408 of the far side's own
        return Words(
            _("Timed out on the provider's side: it gave up waiting."),
            _("A host that loads models on demand may still be loading; test it again."),
        )
    if test.code != ProbeCode.OK:
        return None
    if _is_skipped(test, Stage.AUTH):
        advice = _("Key and model were not looked at: this host tells nothing without a request.")
        return Words(_("Something answers at this address."), advice)
    if is_unlisted(test.stages) and _is_skipped(test, Stage.INFERENCE):
        advice = _("Some hosts serve names that they do not list: ask it for a short answer.")
        return Words(_("The host answers and takes the key, but does not list this model."), advice)
    return None


def is_unlisted(stages: list[dict[str, Any]]) -> bool:
    """Whether the host's list lacks the model, which proves nothing: some lists are not whole."""
    return any(row.get("note") == "unlisted" for row in stages)


def note_words(note: str) -> str:
    """Return what a stage's note says; one that nobody knows stands for itself."""
    return str(NOTES.get(note, note))


def _is_skipped(test: ConnectionTest, stage: Stage) -> bool:
    return any(row["name"] == stage and row["code"] == "skipped" for row in test.stages)


class _Facts(dict[str, str]):
    """What the sentences name, looked up when a sentence names it."""

    def __init__(self, test: ConnectionTest) -> None:
        super().__init__()
        self.test = test

    def __missing__(self, name: str) -> str:
        return _FACTS[name](self.test)


def _number(value: int | None) -> str:
    return "?" if value is None else str(number_format(value, force_grouping=True))


def _detail(test: ConnectionTest) -> str:
    return str(DETAILS.get(test.detail, test.detail)) or _("no reason given")


def _cause(test: ConnectionTest) -> str:
    return str(DETAILS.get(test.detail, ""))


def _seen(test: ConnectionTest) -> str:
    cause = _cause(test)
    return _("Seen from here: %s") % cause if cause else ""


def _seconds(test: ConnectionTest) -> str:
    return _number(None if test.latency_ms is None else round(test.latency_ms / 1000))


def _failed(test: ConnectionTest) -> dict[str, Any]:
    rows = [row for row in test.stages if row["code"] == test.code]
    return rows[-1] if rows else {}


def _stage(test: ConnectionTest) -> str:
    name = _failed(test).get("name", "")
    return str(Stage(name).label) if name else "?"


def _nearest(test: ConnectionTest) -> str:
    names = _failed(test).get("nearest", [])
    return _("It does list: %s. ") % ", ".join(names) if names else ""


def _operation(test: ConnectionTest) -> str:
    return _("embeddings") if _type(test) == LLMType.EMBEDDING else _("chat")


def _other(test: ConnectionTest) -> str:
    is_embedding = _type(test) == LLMType.EMBEDDING
    return str((LLMType.GENERATION if is_embedding else LLMType.EMBEDDING).label)


def _type(test: ConnectionTest) -> str:
    return str(test.llm.type if test.llm else (test.settings or {}).get("type", ""))


def _retry(test: ConnectionTest) -> str:
    if test.retry_after is None and test.detail == "per_day":
        return _("The quota of this day is used up.")
    if test.retry_after is None:
        return _("Try again in a minute.")
    return _("Try again in %s s.") % _number(test.retry_after)


def _allow(test: ConnectionTest) -> str:
    if test.detail in ("", "never"):
        return _("This address is never called.")
    return _("This line in the environment allows it: REGISTRY_PRIVATE_HOSTS=%s") % test.detail


_FACTS: dict[str, Callable[[ConnectionTest], str]] = {
    "latency": lambda test: _number(test.latency_ms),
    "found": lambda test: _number(test.dimensions),
    "expected": lambda test: _number(test.expected_dimensions),
    "detail": _detail,
    "cause": _cause,
    "seen": _seen,
    "seconds": _seconds,
    "stage": _stage,
    "nearest": _nearest,
    "operation": _operation,
    "other": _other,
    "retry": _retry,
    "allow": _allow,
}
