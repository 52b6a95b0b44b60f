"""The reference data says where each value comes from and stays inside the registry's bounds."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

Row = dict[str, Any]

DATA = Path(__file__).resolve().parents[3] / "registry" / "data"
# Fixed, so that a date in the future fails today and not only once it has passed.
TODAY = date(2026, 11, 21)
SLUG = re.compile(r"[a-z0-9][a-z0-9._-]*")
CAPABILITY = re.compile(r"[a-z][a-z0-9_]*")
PRICE = re.compile(r"\d+(\.\d{1,9})?")
IDENTITY = {"type", "provider", "model_id"}
GROUPS = ("config", "capabilities", "prices")
FIELDS = IDENTITY | {
    "name",
    "family",
    "aliases",
    "mode",
    "description",
    "release_date",
    "deprecation_date",
    "quality_tier",
    "config",
    "capabilities",
    "prices",
    "sources",
}
CONFIG = {
    "embedding": {"dimensions", "max_tokens"},
    "generation": {"context_window", "max_output_tokens"},
    "ner": set[str](),
}
MODES = {"embedding": {"embedding"}, "generation": {"chat", "responses"}, "ner": {"chat"}}
DIALECTS = {
    "openai",
    "azure",
    "gemini",
    "anthropic",
    "cohere",
    "ollama",
    "openai_compatible",
    "openwebui",
}
LEGACY_CATALOGUE = {
    ("anthropic", "claude-opus-4-7"),
    ("anthropic", "claude-sonnet-4-6"),
    ("anthropic", "claude-haiku-4-5-20251001"),
    ("gemini", "gemini-2.5-pro"),
    ("gemini", "gemini-2.5-flash"),
    ("gemini", "gemini-2.5-flash-lite"),
    ("gemini", "gemini-3.1-pro-preview"),
    ("gemini", "gemini-3-flash-preview"),
    ("gemini", "gemini-3.1-flash-lite-preview"),
}


def load(name: str) -> list[Row]:
    """The rows of one data file; a repeated key in an object is an error, not the last one wins."""

    def unique(pairs: list[tuple[str, Any]]) -> Row:
        repeated = [key for key, n in Counter(key for key, _ in pairs).items() if n > 1]
        assert not repeated, f"{name}.json repeats {repeated}"
        return dict(pairs)

    text = (DATA / f"{name}.json").read_text(encoding="utf-8")
    rows: list[Row] = json.loads(text, object_pairs_hook=unique)[name.removeprefix("known_")]
    return rows


MODELS = load("known_models")
PROVIDERS = load("providers")
PLATFORMS = load("platforms")
CAPABILITIES = load("capabilities")
PROVIDER_SLUGS = {row["slug"] for row in PROVIDERS}
each_model = pytest.mark.parametrize(
    "row", MODELS, ids=[f"{row['provider']}:{row['model_id']}" for row in MODELS]
)
each_entry = pytest.mark.parametrize(
    "row", PROVIDERS + PLATFORMS, ids=lambda row: f"{row['slug']}-{row['name']}"
)


def stated_values(row: Row) -> set[str]:
    """Names, as used in `sources`, of the values of a model that are not empty."""
    plain = {name for name in FIELDS - IDENTITY - {"sources", *GROUPS} if row[name]}
    return plain | {f"{group}.{name}" for group in GROUPS for name in row[group]}


def assert_sourced(entry: Row) -> None:
    assert entry["source"].strip() == entry["source"] != ""
    assert date.fromisoformat(entry["checked"]) <= TODAY


def test_the_catalogue_is_about_forty_models() -> None:
    assert 35 <= len(MODELS) <= 60


def test_a_model_is_listed_once() -> None:
    keys = Counter((row["type"], row["provider"], row["model_id"].casefold()) for row in MODELS)
    assert [key for key, n in keys.items() if n > 1] == []


def test_every_model_of_the_legacy_catalogue_is_listed() -> None:
    listed = {(row["provider"], row["model_id"]) for row in MODELS}
    assert listed >= LEGACY_CATALOGUE


def test_the_providers_of_the_base_line_are_represented() -> None:
    with_models = {row["provider"] for row in MODELS}
    assert with_models >= {"openai", "anthropic", "groq", "gemini", "mistral", "deepseek"}
    assert with_models >= {"watsonx", "cohere", "ollama"}


def test_azure_has_no_models_because_its_ids_are_deployments() -> None:
    assert [row["model_id"] for row in MODELS if row["provider"] == "azure"] == []


def test_anthropic_has_no_embedding_models() -> None:
    types = {row["type"] for row in MODELS if row["provider"] == "anthropic"}
    assert types == {"generation"}


def test_no_alias_names_another_model_of_the_same_provider() -> None:
    names = Counter(
        (row["provider"], name.casefold())
        for row in MODELS
        for name in [row["model_id"], *row["aliases"]]
    )
    assert [name for name, n in names.items() if n > 1] == []


@each_model
def test_model_has_exactly_the_known_fields(row: Row) -> None:
    assert set(row) == FIELDS
    assert row["type"] in CONFIG
    assert row["provider"] in PROVIDER_SLUGS
    assert row["mode"] in MODES[row["type"]]
    assert row["quality_tier"] in {"best", "balanced", "cheap", "unknown"}
    assert row["name"].strip() == row["name"] != ""
    assert row["model_id"].strip() == row["model_id"] != ""
    assert row["description"].endswith(".")


@each_model
def test_model_values_have_a_source_and_a_day(row: Row) -> None:
    assert set(row["sources"]) == stated_values(row)
    for entry in row["sources"].values():
        assert set(entry) == {"source", "checked"}
        assert_sourced(entry)


@each_model
def test_model_dates_parse_and_a_release_is_not_in_the_future(row: Row) -> None:
    released, deprecated = row["release_date"], row["deprecation_date"]
    if released is not None:
        assert date.fromisoformat(released) <= TODAY
    if released is not None and deprecated is not None:
        assert date.fromisoformat(released) < date.fromisoformat(deprecated)


@each_model
def test_model_already_shut_down_is_listed_only_for_the_legacy_catalogue(row: Row) -> None:
    deprecated = row["deprecation_date"]
    if deprecated is not None and date.fromisoformat(deprecated) <= TODAY:
        assert (row["provider"], row["model_id"]) in LEGACY_CATALOGUE


@each_model
def test_model_limits_are_inside_the_bounds(row: Row) -> None:
    config = row["config"]
    assert set(config) <= CONFIG[row["type"]]
    assert all(type(value) is int for value in config.values())
    if row["type"] == "embedding":
        assert 1 <= config["dimensions"] <= 8192
        assert config.get("max_tokens", 1) >= 1
    if row["type"] == "generation":
        assert config["context_window"] >= 1024
        assert 1 <= config.get("max_output_tokens", 1) <= config["context_window"]


@each_model
def test_model_capabilities_are_in_the_vocabulary(row: Row) -> None:
    assert set(row["capabilities"]) <= {entry["name"] for entry in CAPABILITIES}
    assert all(type(value) is bool for value in row["capabilities"].values())


@each_model
def test_model_prices_are_exact_and_never_an_unmarked_zero(row: Row) -> None:
    prices = row["prices"]
    assert set(prices) <= {"input_cost", "output_cost"}
    for price in prices.values():
        assert PRICE.fullmatch(price)
        assert 0 < Decimal(price) < 1_000_000
    if row["type"] == "generation":
        assert len(prices) in {0, 2}, "one side alone makes a model look cheaper than it is"


@each_entry
def test_provider_and_platform_have_a_slug_a_source_and_a_safe_address(row: Row) -> None:
    assert SLUG.fullmatch(row["slug"])
    assert row["name"]
    assert row["description"].endswith(".")
    assert_sourced(row)
    text: str = row["direct_api_url"] if "direct_api_url" in row else row["base_url"]
    address = urlsplit(text)
    if text:
        assert address.scheme == "https"
        assert address.hostname
        assert not address.query
        assert not address.path.endswith("/")


@pytest.mark.parametrize("rows", [PROVIDERS, PLATFORMS], ids=["providers", "platforms"])
def test_slugs_are_unique(rows: list[Row]) -> None:
    names = Counter(name for row in rows for name in [row["slug"], *row.get("aliases", [])])
    assert [name for name, n in names.items() if n > 1] == []


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row["slug"])
def test_provider_speaks_a_known_dialect(row: Row) -> None:
    assert row["dialect"] in DIALECTS
    assert row["kind"] in {"maker", "service"}
    assert type(row["auth_required"]) is bool
    assert re.fullmatch(r"[a-z]+/", row["proxy_prefix"])
    assert all(SLUG.fullmatch(alias) for alias in row["aliases"])


def test_the_six_first_providers_speak_their_own_dialect() -> None:
    dialects = {row["slug"]: row["dialect"] for row in PROVIDERS}
    for slug in ("ollama", "openai", "azure", "gemini", "anthropic", "cohere"):
        assert dialects[slug] == slug
    assert dialects["openai-compatible"] == "openai_compatible"


def test_google_is_another_name_of_gemini() -> None:
    aliases = {row["slug"]: row["aliases"] for row in PROVIDERS}
    assert aliases["gemini"] == ["google"]


@pytest.mark.parametrize("row", PLATFORMS, ids=lambda row: row["slug"])
def test_platform_names_existing_providers(row: Row) -> None:
    assert row["auth_type"] in {"api_key", "oauth", "none"}
    assert row["providers"]
    assert set(row["providers"]) <= PROVIDER_SLUGS
    assert len(set(row["providers"])) == len(row["providers"])


def test_capabilities_are_named_once_and_explained() -> None:
    names = [row["name"] for row in CAPABILITIES]
    assert len(set(names)) == len(names)
    for row in CAPABILITIES:
        assert set(row) == {"name", "label", "description"}
        assert CAPABILITY.fullmatch(row["name"])
        assert row["label"]
        assert row["description"].endswith(".")


def test_every_capability_is_used_by_a_known_model() -> None:
    used = {name for row in MODELS for name in row["capabilities"]}
    assert {row["name"] for row in CAPABILITIES} <= used
