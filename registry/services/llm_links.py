"""Tags, aliases and capabilities of a model; each change is told on the model's own event."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from registry.models import Capability, LLMAlias, ModelCapability, Tag
from registry.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.operations import Operation
    from registry.models import LLMModel
    from registry.services.problems import Problems
    from registry.types import LLMChange


def fold(name: str) -> str:
    """Return the spelling by which names are compared: NFKC, casefolded, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def apply(llm: LLMModel, change: LLMChange, running: Operation, problems: Problems) -> bool:
    """Write what the request says of the lists; return whether anything changed."""
    changed = False
    if change.tags is not UNSET:
        changed |= set_tags(llm, change.tags, running, problems)
    if change.aliases is not UNSET:
        changed |= _set_aliases(llm, change.aliases, running, problems)
    if change.capabilities is not UNSET:
        changed |= _merge_capabilities(llm, change.capabilities, problems)
    return changed


def set_tags(llm: LLMModel, names: Sequence[str], running: Operation, problems: Problems) -> bool:
    """Make `names` the model's tags; tags that do not exist yet are created."""
    wanted = _cleaned(names, Tag, "tags", problems)
    present = {tag.folded: tag for tag in llm.tags.all()}
    if set(wanted) == set(present):
        return False
    known = {tag.folded: tag for tag in Tag.objects.filter(folded__in=wanted)}
    for folded, name in wanted.items():
        if folded not in known:
            tag = Tag(name=name, folded=folded)
            with problems.gather(name="tags", folded="tags"):
                tag.full_clean()
                tag.save()
                running.absorb(tag)
                known[folded] = tag
    problems.finish()
    llm.tags.set([known[folded] for folded in wanted])
    return True


def _cleaned(
    names: Sequence[str], model: type[Tag | LLMAlias], field: str, problems: Problems
) -> dict[str, str]:
    """Return the names by folded spelling; of two spellings of one name the first stays.

    They are checked before anything looks for them: no database searches for a NUL.
    """
    column: Any = model._meta.get_field("name")
    wanted: dict[str, str] = {}
    for name in names:
        with problems.gather(**{NON_FIELD_ERRORS: field}):
            text = column.clean(name, None)
            wanted.setdefault(fold(text), text)
    problems.finish()
    return wanted


def _set_aliases(
    llm: LLMModel, names: Sequence[str], running: Operation, problems: Problems
) -> bool:
    wanted = _cleaned(names, LLMAlias, "aliases", problems)
    present = {alias.folded: alias for alias in llm.aliases.all()}
    if set(wanted) == set(present):
        return False
    for folded, alias in present.items():
        if folded not in wanted:
            alias.delete()
    for folded, name in wanted.items():
        if folded not in present:
            alias = LLMAlias(llm=llm, name=name, folded=folded)
            with problems.gather(name="aliases", folded="aliases"):
                alias.full_clean()
                alias.save()
    problems.finish()
    gone = sorted(alias.name for folded, alias in present.items() if folded not in wanted)
    new = sorted(name for folded, name in wanted.items() if folded not in present)
    running.story(llm).merge({"aliases": [gone, new]})
    return True


def _merge_capabilities(
    llm: LLMModel, wanted: Mapping[str, bool | None], problems: Problems
) -> bool:
    """Set the named capabilities; None forgets one, others stay as they are."""
    vocabulary = {row.name: row for row in Capability.objects.all() if row.name in wanted}
    unknown = sorted(set(wanted) - set(vocabulary))
    if unknown:
        problems.add("capabilities", _("Unknown capability: %s.") % ", ".join(unknown))
        problems.finish()
    present = {row.capability.name: row for row in llm.capabilities.select_related("capability")}
    changed = False
    for name, supported in wanted.items():
        changed |= _set_capability(llm, vocabulary[name], present.get(name), supported)
    return changed


def _set_capability(
    llm: LLMModel, capability: Capability, row: ModelCapability | None, supported: bool | None
) -> bool:
    if supported is None:
        if row is None:
            return False
        row.delete()
        return True
    if row is not None and row.supported == supported:
        return False
    row = row or ModelCapability(llm=llm, capability=capability)
    row.supported = supported
    row.save()
    return True
