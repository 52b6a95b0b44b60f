"""Models that are not stored yet, and the messages with which they are refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.choices import LLMType
from registry.models import LLMModel
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_provider


def refusal(llm: LLMModel, change: LLMChange | None = None) -> dict[str, list[str]]:
    """Return the messages by field with which saving `llm` is refused."""
    with pytest.raises(ValidationError) as refused:
        save_llm(llm, change or LLMChange(api_key=Secret(API_KEY)))
    found: dict[str, list[str]] = refused.value.message_dict
    return found


def draft(llm_type: str = LLMType.GENERATION, **columns: Any) -> LLMModel:
    columns = {"name": "Fast", "model_id": "fast-1"} | columns
    provider = columns.pop("provider", None) or make_provider()
    return LLMModel(type=llm_type, provider=provider, **columns)
