from __future__ import annotations

from typing import Any

import pytest

from registry.models import LLMModel, Provider
from registry.services.platforms import save_platform
from registry.types import LLMChange, Secret
from tests.factories import (
    API_KEY,
    make_llm,
    make_platform,
    make_price,
    make_route,
    make_user,
)
from tests.registry.api.client import Api, with_token

MOUNTS = ("/api/v1", "/api/registry")
# slug -> provider, context window, input and output price, capabilities, further columns
MODELS: dict[str, tuple[str, int, str | None, str | None, dict[str, bool], dict[str, Any]]] = {
    "nano": ("openai", 400_000, "0.05", "0.40", {"vision": True, "tools": True}, {}),
    "mini": ("openai", 128_000, "0.15", "0.60", {"vision": True, "tools": True}, {}),
    "large": ("openai", 128_000, "2.50", "10.00", {"vision": True, "audio": True}, {}),
    "sonnet": ("anthropic", 200_000, "3.00", "15.00", {"tools": True}, {"status": "beta"}),
    "secret": ("openai", 32_000, "0.01", "0.01", {}, {"status": "inactive"}),
    "unpriced": ("anthropic", 64_000, None, None, {"vision": False}, {}),
}
# model -> platform, priority and further columns
ROUTES: dict[str, tuple[tuple[str, int, dict[str, Any]], ...]] = {
    "nano": (("direct", 1, {}), ("hub", 2, {"model_string_override": "openai/nano"})),
    "mini": (("direct", 1, {"status": "maintenance"}), ("hub", 2, {})),
    "large": (("direct", 1, {}),),
    "sonnet": (("direct", 1, {}),),
}


@pytest.fixture(params=MOUNTS)
def mount(request: pytest.FixtureRequest) -> str:
    """Each of the two places where the catalogue stands."""
    return str(request.param)


@pytest.fixture
def shop(catalogue: None) -> dict[str, LLMModel]:
    """A few models with prices and routes; the staff alone knows of `secret`."""
    platforms = {slug: make_platform(slug) for slug in ("direct", "hub")}
    openai = Provider.objects.get(slug="openai")
    save_platform(platforms["hub"], providers=[openai])
    made: dict[str, LLMModel] = {}
    for slug, (provider, context, paid, earned, capabilities, columns) in MODELS.items():
        made[slug] = make_llm(
            provider=Provider.objects.get(slug=provider),
            slug=slug,
            name=slug.title(),
            model_id=f"{slug}-2026",
            context_window=context,
            max_output_tokens=8192,
            change=LLMChange(
                api_key=Secret(API_KEY), capabilities=capabilities, tags=["chat", slug]
            ),
            **columns,
        )
        for unit, usd in (("input", paid), ("output", earned)):
            if usd is not None:
                make_price(made[slug], usd, unit)
        for platform, priority, more in ROUTES.get(slug, ()):
            make_route(made[slug], platforms[platform], priority=priority, **more)
    return made


@pytest.fixture
def reader(shop: dict[str, LLMModel]) -> Api:
    """The application of a user who is no staff."""
    return with_token(make_user("rita"))


@pytest.fixture
def staff(shop: dict[str, LLMModel]) -> Api:
    """An administrator's application."""
    return with_token(make_user("ada", superuser=True))


def slugs(answer: Any) -> list[str]:
    """Return the slugs of a list, whatever the mount calls them."""
    assert answer.status_code == 200, answer.content
    return [row.get("slug") or row["model_id"] for row in answer.json()["results"]]
