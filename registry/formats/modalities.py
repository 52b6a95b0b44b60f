"""What goes into a model, as far as its capabilities say."""

from __future__ import annotations

from registry.types import ListedModel

_BY_CAPABILITY = {"vision": "image", "audio": "audio", "pdf_input": "pdf"}


def inputs(model: ListedModel) -> list[str]:
    """Return `text`, and those of `image`, `audio` and `pdf` that the model is known to take."""
    known = model.capabilities
    return ["text", *(kind for name, kind in _BY_CAPABILITY.items() if known.get(name))]
