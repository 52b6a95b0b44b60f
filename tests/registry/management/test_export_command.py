"""`manage.py export_catalog`: every list format as a text or a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from registry.choices import LLMStatus
from registry.formats import FORMATS
from registry.types import LLMChange, Secret
from tests.factories import make_llm, make_price, make_provider, make_user

pytestmark = pytest.mark.django_db

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command and returns what it printed."""

    def call(*arguments: str) -> str:
        call_command("export_catalog", *arguments)
        return capsys.readouterr().out

    return call


def loaded(name: str, text: str) -> Any:
    return yaml.safe_load(text) if name == "litellm_config" else json.loads(text)


def test_a_list_is_printed(run: Run) -> None:
    llm = make_llm(model_id="acme/chat", temperature=0.7, top_p=0.9)

    (entry,) = json.loads(run("--format", "openai"))["data"]

    assert (entry["id"], entry["owned_by"]) == ("acme/chat", llm.provider.slug)
    assert entry["created"] == int(llm.created_at.timestamp())


@pytest.mark.parametrize("name", list(FORMATS))
def test_every_format_can_be_exported(name: str, run: Run) -> None:
    llm = make_llm(model_id="acme/chat", temperature=0.7, top_p=0.9)
    make_price(llm, "0.15")

    assert "acme/chat" in json.dumps(loaded(name, run("--format", name)))


@pytest.mark.parametrize("name", list(FORMATS))
def test_an_empty_catalogue_can_be_exported(name: str, run: Run) -> None:
    assert loaded(name, run("--format", name)) is not None


@pytest.mark.parametrize(("name", "key"), [("anthropic", "data"), ("gemini", "models")])
def test_a_format_with_pages_is_exported_whole(name: str, key: str, run: Run) -> None:
    for number in range(60):
        make_llm(model_id=f"m{number}", slug=f"m{number}")

    found = json.loads(run("--format", name))

    assert len(found[key]) == 60
    assert not found.get("has_more")
    assert "nextPageToken" not in found


def test_a_price_keeps_every_digit_on_its_way_to_litellm(run: Run) -> None:
    make_price(make_llm(), "0.123456789")

    (entry,) = json.loads(run("--format", "litellm"), parse_float=Decimal)["data"]

    assert entry["model_info"]["input_cost_per_token"] == Decimal("0.000000123456789")


def test_what_is_switched_off_or_somebodys_own_stays_here(run: Run) -> None:
    make_llm(model_id="shown")
    make_llm(model_id="off", slug="off", status=LLMStatus.INACTIVE)
    make_llm(model_id="hers", slug="hers", owner=make_user("ada"))

    entries = json.loads(run("--format", "generic"))["data"]

    assert [entry["id"] for entry in entries] == ["shown"]


@pytest.mark.parametrize("name", list(FORMATS))
def test_no_key_and_no_address_goes_out(name: str, run: Run) -> None:
    provider = make_provider("acme", direct_api_url="https://provider.example/v1")
    own = LLMChange(api_key=Secret("sk-canary-123456"), api_endpoint="https://secret.example/v1")
    make_llm(model_id="acme-chat", provider=provider, change=own)

    text = run("--format", name)

    assert "acme-chat" in text
    assert all(secret not in text for secret in ("canary", "secret.example", "provider.example"))


def test_a_file_is_written_and_the_models_are_counted(run: Run, tmp_path: Path) -> None:
    make_llm(model_id="日本")
    place = tmp_path / "config.yaml"

    text = run("--format", "litellm_config", "--output", str(place))

    assert text == f"1 models written to {place}\n"
    assert yaml.safe_load(place.read_bytes())["model_list"][0]["model_name"] == "日本"


def test_a_program_hears_what_was_written(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "list.json"

    assert json.loads(run("--format", "openai", "--output", str(place), "--json")) == {
        "format": "openai",
        "models": 0,
        "output": str(place),
    }


def test_a_file_that_cannot_be_written_is_one_line_of_refusal(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot write .*: No such file or directory"):
        run("--format", "openai", "--output", str(tmp_path / "nowhere" / "list.json"))


@pytest.mark.parametrize("arguments", [(), ("--format", "nonsense")])
def test_a_format_has_to_be_one_of_the_table(arguments: tuple[str, ...], run: Run) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
