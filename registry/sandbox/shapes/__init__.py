"""The API shapes of the sandbox: one file each, one line here."""

from __future__ import annotations

from collections.abc import Mapping

from registry.sandbox.exchange import Problem, RefusedError, Reply
from registry.sandbox.shapes import openai
from registry.sandbox.shapes.anthropic import Anthropic
from registry.sandbox.shapes.azure import Azure
from registry.sandbox.shapes.base import Shape
from registry.sandbox.shapes.cohere import Cohere
from registry.sandbox.shapes.gemini import Gemini
from registry.sandbox.shapes.ollama import Ollama
from registry.sandbox.shapes.openwebui import OpenWebUI

_OPENAI, _ANTHROPIC = openai.OpenAI(), Anthropic()
# The first part of a path -> what answers below it.
_BY_PART: Mapping[str, Shape] = {
    "v1": _OPENAI,
    "openai": Azure(),
    "v1beta": Gemini(),
    "cohere": Cohere(),
    "api": Ollama(),
    "openwebui": OpenWebUI(),
}
SHAPES: tuple[Shape, ...] = (*_BY_PART.values(), _ANTHROPIC)


class Nowhere(Shape):
    """Answers where no API is, by naming the bases."""

    name = "nowhere"

    def refuse(self, refused: RefusedError) -> Reply:
        if refused.problem is not Problem.NO_PATH:
            return openai.error(refused)
        bases = {shape.name: shape.base or "/" for shape in SHAPES}
        return Reply.of({"error": {"message": refused.message(), "bases": bases}}, 404)


_NOWHERE = Nowhere()


def shape_of(path: str, headers: Mapping[str, str]) -> Shape:
    """Return the shape that answers `path`; Anthropic's shares OpenAI's base."""
    shape = _BY_PART.get(path.lstrip("/").partition("/")[0], _NOWHERE)
    is_anthropic = "anthropic-version" in headers or path.startswith("/v1/messages")
    return _ANTHROPIC if shape is _OPENAI and is_anthropic else shape
