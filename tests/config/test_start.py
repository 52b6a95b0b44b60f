"""A process with wrong keys does not start, says why in one line, and changes nothing."""

from __future__ import annotations

import hashlib
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from config import env, keys, start
from registry.errors import KeyRingError
from registry.services import key_ring
from tests.config import processes
from tests.config.test_keys import KEY, OTHER, SECRET

FINGERPRINT = hashlib.sha256(b"fingerprint").hexdigest()
GOOD = {
    "REGISTRY_ENCRYPTION_KEYS": KEY,
    "REGISTRY_SECRET_KEY": SECRET,
    "REGISTRY_FINGERPRINT_KEY": FINGERPRINT,
}
ONE_GIVEN = {"REGISTRY_SECRET_KEY": SECRET}
ZERO = "A" * 43 + "="
# What is changed in a good environment; None takes the variable away.
BAD: dict[str, dict[str, str | None]] = {
    "ring missing": {"REGISTRY_ENCRYPTION_KEYS": None},
    "ring empty": {"REGISTRY_ENCRYPTION_KEYS": ""},
    "ring short": {"REGISTRY_ENCRYPTION_KEYS": "c2hvcnQ="},
    "ring default": {"REGISTRY_ENCRYPTION_KEYS": ZERO},
    "ring duplicated": {"REGISTRY_ENCRYPTION_KEYS": f"{KEY} {KEY}"},
    "ring half bad": {"REGISTRY_ENCRYPTION_KEYS": f"{KEY} nonsense-of-a-key"},
    "secret missing": {"REGISTRY_SECRET_KEY": None},
    "secret empty": {"REGISTRY_SECRET_KEY": ""},
    "secret short": {"REGISTRY_SECRET_KEY": "s7K9-only-this"},
    "secret default": {"REGISTRY_SECRET_KEY": "django-insecure-" + SECRET},
    "fingerprint missing": {"REGISTRY_FINGERPRINT_KEY": None},
    "fingerprint empty": {"REGISTRY_FINGERPRINT_KEY": ""},
    "fingerprint short": {"REGISTRY_FINGERPRINT_KEY": "f7K9-only-this"},
    "fingerprint duplicated": {"REGISTRY_FINGERPRINT_KEY": SECRET},
}
STARTS: dict[str, Callable[[dict[str, str]], processes.Outcome]] = {
    "web": processes.web,
    "migrate": lambda environ: processes.manage("migrate", environ),
    "bootstrap": lambda environ: processes.manage("bootstrap", environ),
}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Be the folder of an installation that was bootstrapped with good keys."""
    folder = tmp_path_factory.mktemp("installation")
    done = processes.manage("bootstrap", processes.environment(folder, **GOOD))
    assert done.code == 0, done.err
    return folder


def checksum(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("registry.sqlite3*")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def broken(folder: Path, change: dict[str, str | None]) -> dict[str, str]:
    values = {name: value for name, value in (GOOD | change).items() if value is not None}
    return processes.environment(folder, **values)


@pytest.mark.invariant("S4")
@pytest.mark.parametrize("way", STARTS)
def test_bad_keys_stop_the_start(installation: Path, way: str, figure: Callable[..., None]) -> None:
    before = checksum(installation)
    cases = dict(BAD)
    if way == "bootstrap":  # it creates what is missing, see below
        cases = {name: change for name, change in BAD.items() if "missing" not in name}
        cases |= {"ring missing": BAD["ring missing"]}
    slowest = 0.0
    for name, change in cases.items():
        outcome = STARTS[way](broken(installation, change))
        (variable, value), *_rest = change.items()
        slowest = max(slowest, outcome.seconds)
        assert outcome.code != 0, name
        assert outcome.seconds <= processes.REFUSAL_SECONDS, name
        assert "error: " in outcome.err, name
        assert "Traceback" not in outcome.err, name
        assert variable in outcome.err or "no key ring" in outcome.err, name
        assert not any(part in outcome.err + outcome.out for part in (value or "").split()), name
    assert checksum(installation) == before
    figure(start=way, refused=len(cases), slowest_seconds=round(slowest, 1))


@pytest.mark.invariant("S4")
@pytest.mark.parametrize("way", STARTS)
def test_another_installations_ring_stops_the_start(
    installation: Path, way: str, tmp_path: Path, figure: Callable[..., None]
) -> None:
    shutil.copytree(installation, tmp_path, dirs_exist_ok=True)
    before = checksum(tmp_path)

    outcome = STARTS[way](broken(tmp_path, {"REGISTRY_ENCRYPTION_KEYS": OTHER}))

    assert outcome.code != 0
    assert outcome.seconds <= processes.REFUSAL_SECONDS
    assert "error: " in outcome.err.lower()
    assert "Traceback" not in outcome.err
    assert keys.key_id(OTHER) in outcome.err or "key ring" in outcome.err
    assert OTHER not in outcome.err + outcome.out
    assert checksum(tmp_path) == before
    figure(start=way, refused=1, seconds=round(outcome.seconds, 1))


def test_bootstrap_creates_the_keys_of_a_new_installation(tmp_path: Path) -> None:
    folder = tmp_path / "var"

    outcome = processes.manage("bootstrap", processes.environment(folder))

    assert outcome.code == 0, outcome.err
    assert "Created encryption_keys, secret_key, fingerprint_key" in outcome.out
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "keys").iterdir()}
    assert modes == dict.fromkeys(["encryption_keys", "secret_key", "fingerprint_key"], 0o600)
    assert (folder / "keys" / "secret_key").read_text().strip() not in outcome.out


def test_bootstrap_does_not_replace_a_lost_ring(tmp_path: Path) -> None:
    keys.create_keys(tmp_path / "keys", ["secret_key", "fingerprint_key"])
    (tmp_path / "registry.sqlite3").write_bytes(b"")

    outcome = processes.manage("bootstrap", processes.environment(tmp_path))

    assert outcome.code == 1
    assert outcome.err.startswith("error: There is a database but no key ring.")
    assert not (tmp_path / "keys" / "encryption_keys").exists()


def test_open_key_files_are_a_warning(installation: Path, tmp_path: Path) -> None:
    keys.create_keys(tmp_path / "keys", ["encryption_keys", "secret_key", "fingerprint_key"])
    (tmp_path / "keys" / "secret_key").chmod(0o644)

    outcome = processes.manage("version", processes.environment(tmp_path))

    assert outcome.code == 0
    assert "warning: the key file secret_key can be read by other users" in outcome.err


def test_only_bootstrap_creates_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(env._source, "env", {"DATA_DIR": str(tmp_path)} | ONE_GIVEN)

    start.create_missing_keys([])
    start.create_missing_keys(["migrate", "bootstrap"])
    assert not (tmp_path / "keys").exists()

    start.create_missing_keys(["bootstrap"])
    start.create_missing_keys(["bootstrap"])
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [
        "encryption_keys",
        "fingerprint_key",
    ]
    assert capsys.readouterr().out.count("Created") == 1


def test_a_web_process_ends_for_good_when_the_ring_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise KeyRingError

    monkeypatch.setattr(key_ring, "check", refuse)

    with pytest.raises(SystemExit) as end:
        start.web_application(object)

    assert end.value.code == start.WORKER_CANNOT_START
    assert capsys.readouterr().err == f"error: {KeyRingError.message}\n"


@pytest.mark.django_db
def test_a_web_process_is_what_was_built() -> None:
    application = object()

    assert start.web_application(lambda: application) is application
