"""A word in a colour; the word says all that the colour does."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string


def badge(text: Any, colour: str) -> str:
    """Return the word as HTML; `colour` is one of unfold's names, or empty for none."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})
