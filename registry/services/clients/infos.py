"""What a client says of the models it serves: read once, kept as our own copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.fields import LONGEST_PROSE, refuse_control_characters
from registry.models.client import LONGEST_NAME
from registry.services.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ENTRIES = 2_000  # of one call
MOST_TEXTS = 200  # in one list
LONGEST_TEXT = 2_000  # characters
MOST_TOKENS = 2**31 - 1
EXACT_INTEGERS = 2**53  # beyond it readers of JSON that know only doubles see another number
MOST_PROBLEMS = 100  # named in one answer
MOST_IGNORED = 20  # words named in one answer
LONGEST_IGNORED = 100  # characters of such a word


@dataclass(frozen=True)
class Held:
    """One model of a client's list; `seats` is how often the list has it."""

    model_id: str
    seats: int
    info: dict[str, Any]


def read_infos(models: object) -> list[Held]:
    """Return what a client's list says, in the order of first mention.

    Null entries and blank ids are skipped; of a model mentioned again the first description is
    kept, and null and unknown words are dropped. Nothing in it is the caller's object. Raises
    ValidationError by flat names, such as `models.3.thinking.min`.
    """
    problems = Problems()
    infos: dict[str, dict[str, Any]] = {}
    seats: dict[str, int] = {}
    for name, entry in _entries(models):
        with problems.gather():
            info = _read_entry(name, entry)
            if info["id"]:
                infos.setdefault(info["id"], info)
                seats[info["id"]] = seats.get(info["id"], 0) + 1
        if len(problems.found) >= MOST_PROBLEMS:
            break
    problems.finish()
    return [Held(model_id, seats[model_id], info) for model_id, info in infos.items()]


def ignored_words(models: object) -> list[str]:
    """Return the words of a client's list that `read_infos` drops: the first few, each once."""
    found: dict[str, None] = {}
    for _name, entry in _entries(models):
        if not isinstance(entry, Mapping):
            continue
        thinking = entry.get("thinking")
        inner = thinking if isinstance(thinking, Mapping) else {}
        words = [str(word) for word in entry if word not in _READERS]
        words += [f"thinking.{word}" for word in inner if word not in _THINKING]
        found |= {_shown(word): None for word in words}
        if len(found) >= MOST_IGNORED:
            break
    return list(found)[:MOST_IGNORED]


def _entries(models: object) -> Iterator[tuple[str, object]]:
    """Yield the entries that are not null, each with the name its problems have."""
    if not isinstance(models, list | tuple):
        raise ValidationError({"models": [_("Enter a list of models.")]})
    if len(models) > MOST_ENTRIES:
        text = _("Enter at most %(most)s models in one call.") % {"most": f"{MOST_ENTRIES:,}"}
        raise ValidationError({"models": [text]})
    return ((f"models.{n}", entry) for n, entry in enumerate(models) if entry is not None)


def _read_entry(name: str, entry: object) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise ValidationError({name: [_("Enter an object that describes a model.")]})
    return {"id": ""} | _read_words(name, entry, _READERS)


def _read_words(
    name: str, values: Mapping[Any, Any], readers: Mapping[str, Callable[[Any], Any]]
) -> dict[str, Any]:
    """Read the words that are known and not null; a problem is named after its word."""
    problems = Problems()
    found: dict[str, Any] = {}
    for word, read in readers.items():
        if values.get(word) is None:
            continue
        try:
            found[word] = read(values[word])
        except ValidationError as error:
            inner = getattr(error, "error_dict", None)
            told = error.message_dict if inner else {"": error.messages}
            for part, texts in told.items():
                for text in texts:
                    problems.add(".".join(filter(None, (name, word, part))), text)
    problems.finish()
    return found


def _model_id(value: Any) -> str:
    found = _text(LONGEST_NAME)(value).strip()
    if any(character.isspace() for character in found):
        raise ValidationError(_("An identifier has no blanks in it."))
    return found


def _text(longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(_("Enter a text."))
        if len(value) > longest:
            text = _("Enter at most %(most)s characters.") % {"most": f"{longest:,}"}
            raise ValidationError(text)
        refuse_control_characters(value)
        return str(value)

    return read


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError(_("Enter a whole number."))
        if not low <= value <= high:
            raise ValidationError(_("This number is out of range."))
        return int(value)

    return read


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(_("Enter true or false."))
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise ValidationError(_("Enter a list of texts."))
    if len(value) > MOST_TEXTS:
        raise ValidationError(_("Enter at most %(most)s texts.") % {"most": MOST_TEXTS})
    return [_line(text) for text in value]


def _thinking(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValidationError(_("Enter an object."))
    found = _read_words("", value, _THINKING)
    if found.get("min", 0) > found.get("max", MOST_TOKENS):
        raise ValidationError({"min": [_("The least is more than the most.")]})
    return found


def _shown(word: str) -> str:
    """Return a word that somebody made up as an answer can carry it."""
    return word[:LONGEST_IGNORED].encode("utf-8", "backslashreplace").decode()


_line = _text(LONGEST_TEXT)
_tokens = _integer(0, MOST_TOKENS)
_limit = _integer(-MOST_TOKENS, MOST_TOKENS)  # zero and less is unknown, as some clients say it
_THINKING: dict[str, Callable[[Any], Any]] = {
    "min": _tokens,
    "max": _tokens,
    "zero_allowed": _truth,
    "dynamic_allowed": _truth,
    "levels": _texts,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "id": _model_id,
    "object": _line,
    "created": _integer(-EXACT_INTEGERS, EXACT_INTEGERS),
    "owned_by": _line,
    "type": _line,
    "display_name": _line,
    "name": _line,
    "version": _line,
    "description": _text(LONGEST_PROSE),
    "inputTokenLimit": _limit,
    "outputTokenLimit": _limit,
    "supportedGenerationMethods": _texts,
    "context_length": _limit,
    "max_completion_tokens": _limit,
    "supported_parameters": _texts,
    "thinking": _thinking,
}
