"""Examining what the proxy serves as the product does: its service, its dialects, its door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from registry.choices import LLMType
from registry.dialects import DIALECTS
from registry.dialects.base import Target, Verdict
from registry.outbound import http
from registry.services import probing
from registry.services.probing import Found
from registry.services.targets import Aim
from registry.types import Secret
from tests.litellm.proxy import KEY, Proxy

# Where the proxy speaks each dialect.
BASES = {"openai": "/v1", "openai_compatible": "/v1", "azure": "", "anthropic": "/v1"}
# Of the mocked embedding, as registered.
DIMENSIONS = 3


def target(proxy: Proxy, dialect: str, model_id: str, *, embeds: bool = False) -> Target:
    return Target(
        address=proxy.url + BASES[dialect],
        key=Secret(KEY),
        model_id=model_id,
        type=LLMType.EMBEDDING if embeds else LLMType.GENERATION,
        dimensions=DIMENSIONS if embeds else None,
    )


def examined(
    proxy: Proxy,
    dialect: str,
    model_id: str,
    *,
    embeds: bool = False,
    inference: bool = True,
    **changes: Any,
) -> Found:
    """Return what a connection test finds; `changes` are those of its target."""
    aimed = replace(target(proxy, dialect, model_id, embeds=embeds), **changes)
    aim = Aim(DIALECTS.get(dialect), aimed)
    return probing.run(aim, inference=inference, before_call=lambda _stages, _seconds: None)


def asked(proxy: Proxy, dialect: str, model_id: str, *, embeds: bool = False) -> Verdict:
    """Return the verdict on the billed call alone, without the checks before it."""
    check = DIALECTS.get(dialect).probe(target(proxy, dialect, model_id, embeds=embeds))
    verdict: Verdict = check.read(http.send(check.call))
    return verdict


def stages(found: Found) -> dict[str, str]:
    return {row["name"]: row["code"] for row in found.stages}


def outcome(found: Found) -> tuple[str, str]:
    """Return the code, and the stage it is about."""
    return found.code, found.failed_stage
