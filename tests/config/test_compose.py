"""compose.yaml and Dockerfile name nothing that the product does not have."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

from config import env
from tests.architecture.source import PRODUCT, ROOT
from tests.architecture.test_settings_table import declared, read_settings
from tests.config.compose import (
    OURS,
    RUNNING,
    SECRETS,
    allowed,
    command,
    compose,
    dockerfile,
    filled_in,
    seconds,
    services,
    variables,
)

PLAIN_IMAGE = re.compile(r"[a-z][a-z0-9-]*:[0-9][0-9.]*(-[a-z]+)*")
# Places that the image decides, and what no machine that others reach should have.
NOT_PASSED_ON = {"DATA_DIR", "PORT", "REGISTRY_DEBUG", "REGISTRY_SANDBOX_PORT"}
ours = pytest.mark.parametrize("name", OURS)


def known() -> set[str]:
    """Return the variables; one for each role that is always there."""
    roles = {f"ROLE_{role.upper()}" for role in settings.DEFINED_ROLES}
    return set(declared(read_settings())) - {"ROLE_<ROLE>"} | roles


def test_the_services_are_those_of_the_install_page() -> None:
    assert set(services()) == {*OURS, "database", "redis"}


@ours
def test_the_commands_exist(name: str) -> None:
    python, manage, verb, *_options = command(name)

    assert (python, manage) == ("python", "manage.py")
    assert verb == name
    assert verb in get_commands()


@ours
def test_every_setting_can_be_given_and_no_other_is(name: str) -> None:
    named = {variable.removesuffix("_FILE") for variable in services()[name]["environment"]}

    assert named == known() - NOT_PASSED_ON


@ours
def test_keys_and_passwords_come_from_mounted_files(name: str) -> None:
    files = {
        variable: path.removeprefix(SECRETS)
        for variable, path in variables(name, {}).items()
        if variable.endswith("_FILE")
    }

    assert set(files) == {"DATABASE_URL_FILE", *(f"{key}_FILE" for key in env.KEY_NAMES)}
    assert set(files.values()) == set(services()[name]["secrets"])


def test_the_files_of_the_secrets_stay_out_of_image_and_repository() -> None:
    secrets = compose()["secrets"]

    assert {row["file"] for row in secrets.values()} == {f"./secrets/{name}" for name in secrets}
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "secrets" not in allowed()


def test_what_is_passed_on_is_left_out_where_it_is_not_given() -> None:
    given = variables("web", {"REGISTRY_HTTPS": "1", "REGISTRY_ALLOWED_HOSTS": "registry.example"})

    assert given["REGISTRY_HTTPS"] == "1"
    assert given["REGISTRY_ALLOWED_HOSTS"] == "127.0.0.1,localhost,registry.example"
    assert "REGISTRY_HTTPS" not in variables("web", {})
    assert filled_in("${PORT:-8000}:8000", {"PORT": "9000"}) == "9000:8000"


def test_the_web_server_is_reached_through_one_port_of_this_machine() -> None:
    web = services()["web"]

    assert command("web")[-2:] == ["--bind", "0.0.0.0:8000"]
    assert web["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]
    assert [name for name, row in services().items() if "ports" in row] == ["web"]


@pytest.mark.parametrize(
    ("name", "asks"), [("web", "/readyz"), ("database", "pg_isready"), ("redis", "redis-cli ping")]
)
def test_what_others_wait_for_says_when_it_is_ready(name: str, asks: str) -> None:
    assert asks in " ".join(services()[name]["healthcheck"]["test"])


@pytest.mark.parametrize("name", RUNNING)
def test_what_runs_waits_for_the_database_and_comes_back_after_any_end(name: str) -> None:
    service = services()[name]
    waits = {other: row["condition"] for other, row in service["depends_on"].items()}

    # `on-failure` would leave a worker down that its watchdog ended: that is no error.
    assert service["restart"] == "unless-stopped"
    assert waits == {
        "bootstrap": "service_completed_successfully",
        "database": "service_healthy",
        "redis": "service_healthy",
    }


def test_bootstrap_runs_once_the_database_is_ready() -> None:
    bootstrap = services()["bootstrap"]

    assert bootstrap["restart"] == "on-failure"
    assert bootstrap["depends_on"] == {"database": {"condition": "service_healthy"}}


def test_a_worker_may_finish_the_longest_test_before_it_is_killed() -> None:
    longest = settings.REGISTRY_TEST_SECONDS + settings.REGISTRY_LOAD_SECONDS

    assert seconds(services()["worker"]["stop_grace_period"]) > longest
    assert seconds(services()["web"]["stop_grace_period"]) > 30  # gunicorn's own patience


def test_images_are_plain_names_with_a_version() -> None:
    stages = [rest.split()[0] for word, rest in dockerfile() if word == "FROM"]
    images = [row["image"] for name, row in services().items() if name not in OURS]

    assert len(stages) == len(images) == 2
    assert [image for image in (*stages, *images) if not PLAIN_IMAGE.fullmatch(image)] == []


def test_the_image_runs_as_nobody_special_from_checked_packages() -> None:
    words = dockerfile()
    last = words[max(place for place, (word, _rest) in enumerate(words) if word == "FROM") :]
    installs = [rest for word, rest in words if word == "RUN" and "pip install" in rest]

    assert ("USER", "registry") in last
    assert [rest for word, rest in words if "root" in rest.split()] == []
    assert len(installs) == 1
    assert "--require-hashes -r requirements.txt" in installs[0]
    assert "DATA_DIR=/data" in dict(last)["ENV"].split()
    assert any("useradd" in rest and "--uid" in rest for word, rest in last if word == "RUN")


def test_the_image_alone_starts_the_web_server() -> None:
    started = dict(dockerfile())["CMD"]

    assert re.findall(r'"([^"]+)"', started) == command("web")


def test_the_image_holds_the_product_and_nothing_else() -> None:
    assert set(allowed()) == {*PRODUCT, "templates", "manage.py", "requirements.txt"}
