"""S4: with a wrong key ring no command runs, and nothing has been touched when it says so.

How the web server, `migrate` and `bootstrap` refuse is shown beside the settings' own tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from config.keys import key_id
from tests.config import processes
from tests.config.test_keys import KEY, OTHER, SECRET

FINGERPRINT = hashlib.sha256(b"fingerprint").hexdigest()
GOOD = {
    "REGISTRY_ENCRYPTION_KEYS": KEY,
    "REGISTRY_SECRET_KEY": SECRET,
    "REGISTRY_FINGERPRINT_KEY": FINGERPRINT,
}
SHORT = "c2hvcnQ="
# What replaces the ring, and what the refusal has to name: the ring, or the id of the bad key.
RINGS: dict[str, tuple[dict[str, str], str]] = {
    "missing": ({}, "REGISTRY_ENCRYPTION_KEYS"),
    "empty": ({"REGISTRY_ENCRYPTION_KEYS": ""}, "REGISTRY_ENCRYPTION_KEYS"),
    "default": ({"REGISTRY_ENCRYPTION_KEYS": "A" * 43 + "="}, key_id("A" * 43 + "=")),
    "short": ({"REGISTRY_ENCRYPTION_KEYS": SHORT}, key_id(SHORT)),
    "duplicated": ({"REGISTRY_ENCRYPTION_KEYS": f"{KEY} {KEY}"}, key_id(KEY)),
    "another's": ({"REGISTRY_ENCRYPTION_KEYS": OTHER}, "REGISTRY_ENCRYPTION_KEYS"),
    "no fingerprint": ({"REGISTRY_FINGERPRINT_KEY": ""}, "REGISTRY_FINGERPRINT_KEY"),
}
COMMANDS = ("create_token admin crawler", "set_status beta anything")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installation")
    done = processes.manage("bootstrap", processes.environment(folder, **GOOD))
    assert done.code == 0, done.err
    return folder


def checksum(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("registry.sqlite3*")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@pytest.mark.timed
@pytest.mark.invariant("S4")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[0])
def test_no_command_runs_with_a_wrong_ring(
    installation: Path, command: str, figure: Callable[..., None]
) -> None:
    before, slowest = checksum(installation), 0.0

    for name, (change, named) in RINGS.items():
        values = GOOD | change
        if name == "missing":
            del values["REGISTRY_ENCRYPTION_KEYS"]
        outcome = processes.manage(command, processes.environment(installation, **values))
        slowest = max(slowest, outcome.seconds)
        assert outcome.code != 0, name
        assert outcome.seconds <= processes.REFUSAL_SECONDS, name
        assert named in outcome.err, name
        shown = outcome.out + outcome.err
        assert not any(key in shown for key in (KEY, OTHER, SECRET, SHORT)), name

    assert checksum(installation) == before
    figure(
        command=command.split(maxsplit=1)[0], refused=len(RINGS), slowest_seconds=round(slowest, 1)
    )


@pytest.mark.invariant("S4")
def test_with_the_right_ring_the_same_command_runs(
    installation: Path, figure: Callable[..., None]
) -> None:
    before = checksum(installation)

    outcome = processes.manage(COMMANDS[0], processes.environment(installation, **GOOD))

    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("reg_")
    assert checksum(installation) != before
    figure(command="create_token", ran=1)
