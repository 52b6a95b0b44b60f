"""What the catalogue's fields are called under /api/registry; nothing else knows those names.

Ids are slugs there: `model_id`, `provider_id`, `platform_id`, `route_id`. What we call a model's
`model_id` is its `model_string` there. Our own names are understood in bodies, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from registry.choices import LLMType

# Their names to ours, by the kind of object. A dot leads into an object inside.
NAMES: dict[str, dict[str, str]] = {
    "model": {
        "model_id": "slug",
        "model_string": "model_id",
        "provider_id": "provider",
        "context_window": "config.context_window",
        "max_output_tokens": "config.max_output_tokens",
        "performance.latency_ms": "latency_ms",
        "performance.tokens_per_second": "tokens_per_second",
        "platform_configs": "settings",
        "route_id": "route",
    },
    "provider": {"provider_id": "slug"},
    "platform": {"platform_id": "slug", "supported_providers": "providers"},
    "route": {
        "route_id": "slug",
        "model_id": "model",
        "platform_id": "platform",
        "provider_id": "provider",
    },
    "choice": {"provider_id": "provider"},
    "cost": {"model_id": "model", "route_id": "route"},
    "named": {"model_id": "model"},
    "availability": {"model_id": "model"},
    "fallbacks": {"model_id": "model"},
    "compared": {"model_id": "model"},
    "quote": {"platform_id": "platform", "route_id": "route"},
    "served": {"platform_id": "platform"},
    "step": {"route_id": "route"},
}
# Where one object has others inside: of which kind each is. A list has more of its own kind.
INSIDE: dict[str, dict[str, str]] = {
    "choice": {"results": "offer", "rejected": "named"},
    "offer": {"model": "model", "route": "route"},
    "compared": {"platforms": "quote"},
    "availability": {"results": "served"},
    "served": {"routes": "route"},
    "fallbacks": {"best": "route", "results": "step"},
}
# What a capability is called there as well.
ALSO = {"function_calling": "tools"}
# What a body without it means.
DEFAULTS: dict[str, dict[str, Any]] = {"model": {"type": LLMType.GENERATION.value}}
_MISSING = object()


class Names:
    """The names of one mount: ours, as they are."""

    prefix = "/api/v1/"
    word = "catalogue"

    def ours(self, kind: str, body: Mapping[str, Any], *, is_new: bool) -> Mapping[str, Any]:
        """Return a body in our names. Raises ValidationError for a value that is given twice."""
        return body

    def theirs(self, kind: str, data: Any) -> Any:
        """Return an answer in the names of the mount."""
        return data

    def field(self, kind: str, name: str) -> str:
        """Return what the mount calls one of our fields."""
        return name


class RegistryNames(Names):
    """The names of /api/registry."""

    prefix = "/api/registry/"
    word = "registry"

    def ours(self, kind: str, body: Mapping[str, Any], *, is_new: bool) -> Mapping[str, Any]:
        given = DEFAULTS.get(kind, {}) if is_new else {}
        return {**given, **_in_our_words(_moved(body, NAMES.get(kind, {})))}

    def theirs(self, kind: str, data: Any) -> Any:
        if isinstance(data, list | tuple):
            return [self.theirs(kind, value) for value in data]
        if not isinstance(data, Mapping):
            return data
        if "error" in data:
            return {"error": self._refused(kind, data["error"])}
        back = {ours: theirs for theirs, ours in NAMES.get(kind, {}).items()}
        renamed = _moved(data, back)
        if "id" in data and "slug" in data:
            renamed["id"] = data["slug"]
        if kind == "model" and "capabilities" in data:
            renamed["capabilities"] = _in_both_words(data["capabilities"])
        inside = {"results": kind} | INSIDE.get(kind, {})
        return {
            name: self.theirs(inside[name], value) if name in inside else value
            for name, value in renamed.items()
        }

    def _refused(self, kind: str, error: Mapping[str, Any]) -> Mapping[str, Any]:
        if "fields" not in error:
            return error
        fields = {self.field(kind, name): texts for name, texts in error["fields"].items()}
        return {**error, "fields": fields}

    def field(self, kind: str, name: str) -> str:
        back = {ours: theirs for theirs, ours in NAMES.get(kind, {}).items()}
        return back.get(name, name).rpartition(".")[2]


OURS = Names()
THEIRS = RegistryNames()


def _in_our_words(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body whose capabilities have our words; a word of ours beside theirs wins."""
    flags = body.get("capabilities")
    if isinstance(flags, Mapping):
        theirs = {ALSO[name]: value for name, value in flags.items() if name in ALSO}
        ours = {name: value for name, value in flags.items() if name not in ALSO}
        body["capabilities"] = theirs | ours
    word = body.get("capability")
    if isinstance(word, str):
        body["capability"] = ALSO.get(word, word)
    return body


def _in_both_words(flags: Mapping[str, bool]) -> dict[str, bool]:
    also = {theirs: flags[ours] for theirs, ours in ALSO.items() if ours in flags}
    return dict(sorted({**flags, **also}.items()))


def _moved(data: Mapping[str, Any], moves: Mapping[str, str]) -> dict[str, Any]:
    """Return a copy in which what stands at each path of `moves` stands at the other one."""
    groups = {name.partition(".")[0] for name in [*moves, *moves.values()] if "." in name}
    found = {
        name: dict(value) if name in groups and isinstance(value, Mapping) else value
        for name, value in data.items()
    }
    taken = {target: _take(found, source) for source, target in moves.items()}
    for name in groups:
        if found.get(name) == {} and data[name]:
            del found[name]
    for source, target in moves.items():
        if taken[target] is not _MISSING and not _put(found, target, taken[target]):
            raise ValidationError({source: [_("Give this once, as %s.") % source]})
    return found


def _take(data: dict[str, Any], path: str) -> Any:
    group, name = _split(path)
    place = data.get(group) if group else data
    return place.pop(name, _MISSING) if isinstance(place, dict) else _MISSING


def _put(data: dict[str, Any], path: str, value: Any) -> bool:
    """Say whether the place was free."""
    group, name = _split(path)
    place = data.setdefault(group, {}) if group else data
    if not isinstance(place, dict) or name in place:
        return False
    place[name] = value
    return True


def _split(path: str) -> tuple[str, str]:
    group, _dot, name = path.rpartition(".")
    return group, name
