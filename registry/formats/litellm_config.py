"""A `config.yaml` for the LiteLLM proxy. Keys are named by environment variable, never written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from registry.formats import yaml_text
from registry.formats.base import Window
from registry.formats.generic import OwnErrors
from registry.formats.keys import variable
from registry.formats.litellm import call_name, facts
from registry.types import ListedModel

# LiteLLM replaces any parameter that begins so by a variable of its own environment.
_A_VARIABLE = "os.environ/"
_HEADING = (
    "# The models of the registry for a LiteLLM proxy. Each key comes from the environment of the\n"
    "# proxy; providers without a key need none.\n"
)
_READER = json.JSONDecoder(parse_float=Decimal)


class LiteLLMConfig(OwnErrors):
    name = "litellm_config"
    content_type = "application/yaml"

    def arrange(self, models: Sequence[ListedModel]) -> list[ListedModel]:
        """Leave out what would make the proxy send a secret of its own as the model's name."""
        return [
            model
            for model in super().arrange(models)
            if not call_name(model).startswith(_A_VARIABLE)
        ]

    def entry(self, model: ListedModel) -> dict[str, Any]:
        parameters = {"model": call_name(model)}
        key = variable(model.owned_by)
        if key:
            parameters["api_key"] = f"{_A_VARIABLE}{key}"
        told = {name: value for name, value in facts(model).items() if value is not None}
        del told["key"]
        return {
            "model_name": model.id,
            "litellm_params": parameters,
            "model_info": {"id": model.id, **told},
        }

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        if not entries:
            return f"{_HEADING}model_list: []\n".encode()
        items = (_READER.decode(entry.decode()) for entry in entries)
        return f"{_HEADING}model_list:\n{yaml_text.sequence(items)}".encode()


FORMAT = LiteLLMConfig()
