"""Reference data: what is known of well-known models. They are rows once someone adds them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from registry.choices import LLMStatus, PriceSource, PriceUnit
from registry.models import Connection, LLMModel, Provider
from registry.services import prices
from registry.services.llms import save_llm
from registry.services.revision import catalogue_write
from registry.types import UNSET, LLMChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.operations import Operation


@dataclass(frozen=True)
class KnownModel:
    """One entry of registry/data/known_models.json; `sources` names each value's origin."""

    type: str
    provider: str
    model_id: str
    name: str
    family: str | None = None
    aliases: tuple[str, ...] = ()
    mode: str = ""
    description: str = ""
    release_date: str | None = None
    deprecation_date: str | None = None
    quality_tier: str = "unknown"
    config: dict[str, Any] = field(default_factory=dict)
    capabilities: dict[str, bool] = field(default_factory=dict)
    prices: dict[str, str] = field(default_factory=dict)
    sources: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.type}:{self.provider}:{self.model_id}"

    @property
    def checked(self) -> str:
        """The oldest day on which one of the values was checked."""
        return min((source["checked"] for source in self.sources.values()), default="")


@lru_cache(maxsize=1)
def known_models() -> tuple[KnownModel, ...]:
    text = resources.files("registry.data").joinpath("known_models.json").read_text()
    rows = json.loads(text)["models"]
    return tuple(KnownModel(**{**row, "aliases": tuple(row.get("aliases", ()))}) for row in rows)


def find(
    *, provider: str = "", llm_type: str = "", query: str = "", model_id: str = ""
) -> list[KnownModel]:
    """Return the known models that fit; `query` is searched in name, id, family and aliases."""
    words = query.casefold().split()
    return [
        known
        for known in known_models()
        if (not provider or known.provider == provider)
        and (not llm_type or known.type == llm_type)
        and (not model_id or known.model_id == model_id)
        and all(word in _haystack(known) for word in words)
    ]


def by_keys(keys: Sequence[str]) -> list[KnownModel]:
    wanted = set(keys)
    return [known for known in known_models() if known.key in wanted]


def present_keys() -> set[str]:
    """Return the keys of known models that are already among the shared rows."""
    rows = LLMModel.objects.shared().values_list("type", "provider__slug", "model_id")
    return {":".join(row) for row in rows}


def add_known(known: KnownModel, *, connection: Connection | None = None) -> LLMModel:
    """Make a row of a known model: active over `connection`, else inactive without one.

    A row that waits without a connection gets this one and becomes active; adding the same
    model over the same connection again returns the row that is there.
    """
    provider = Provider.objects.named(known.provider).get()
    present = LLMModel.objects.shared().filter(
        type=known.type, provider=provider, model_id=known.model_id
    )
    row: LLMModel | None = present.filter(connection=connection).first()
    if row is not None:
        return row
    waiting: LLMModel | None = present.filter(connection__isnull=True).first()
    if waiting is not None:
        waiting.status = LLMStatus.ACTIVE
        return save_llm(waiting, LLMChange(fields=frozenset({"status"}), connection=connection))
    llm = LLMModel(provider=provider, type=known.type, model_id=known.model_id, name=known.name)
    for name, value in plain_values(known).items():
        setattr(llm, name, value)
    llm.status = LLMStatus.ACTIVE if connection else LLMStatus.INACTIVE
    change = LLMChange(
        connection=connection or UNSET,
        aliases=known.aliases,
        capabilities=known.capabilities,
        needs_connection=False,
    )
    with catalogue_write("model_created", llm) as running:
        save_llm(llm, change)
        _write_prices(known, llm, running, usd_of(known))
    return llm


def save_filled(llm: LLMModel, change: LLMChange) -> LLMModel:
    """Create or change a model from a form that its known model may have filled in.

    A price of a new model that was left as the entry has it keeps the entry's source; any other
    was typed by a person. Raises what `save_llm` does.
    """
    known = _entry_of(llm) if llm._state.adding else None
    if known is None or change.pricing is UNSET:
        return save_llm(llm, change)
    left = usd_of(known).items() & change.pricing.items()
    typed = {unit: usd for unit, usd in change.pricing.items() if (unit, usd) not in left}
    with catalogue_write("model_created", llm) as running:
        save_llm(llm, replace(change, pricing=typed))
        _write_prices(known, llm, running, dict(left))
    return llm


def usd_of(known: KnownModel) -> dict[str, Decimal]:
    """Return the entry's prices by unit."""
    return {
        unit.value: Decimal(known.prices[unit.field])
        for unit in PriceUnit
        if unit.field in known.prices
    }


def _entry_of(llm: LLMModel) -> KnownModel | None:
    found = find(provider=llm.provider.slug, llm_type=llm.type, model_id=llm.model_id.strip())
    return found[0] if found else None


def _write_prices(
    known: KnownModel, llm: LLMModel, running: Operation, usd: Mapping[str, Decimal]
) -> None:
    """Append prices of the entry, each with where it was read and when."""
    for unit in PriceUnit:
        if unit in usd:
            source = known.sources[f"prices.{unit.field}"]
            prices.write(
                llm,
                {unit.value: usd[unit]},
                running,
                source=PriceSource.REFERENCE,
                source_name=source["source"],
                checked_on=_day(source["checked"]),
            )


def plain_values(known: KnownModel) -> dict[str, Any]:
    """Return the values of the entry that are columns of a model."""
    return {
        "family": known.family or "",
        "mode": known.mode,
        "description": known.description,
        "quality_tier": known.quality_tier,
        "release_date": _day(known.release_date),
        "deprecation_date": _day(known.deprecation_date),
        **known.config,
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _haystack(known: KnownModel) -> str:
    return " ".join((known.name, known.model_id, known.family or "", *known.aliases)).casefold()
