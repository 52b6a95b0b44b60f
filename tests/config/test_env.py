from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from registry.services import origins


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Be the environment that `config.env` reads for the time of a test."""
    values: dict[str, str] = {}
    monkeypatch.setattr(env._source, "env", values)
    return values


def test_a_file_gives_the_value_without_its_newline(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "port").write_text("9000\n")
    environment["PORT_FILE"] = str(tmp_path / "port")

    assert env.integer("PORT", 8000) == 9000


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_an_unreadable_file_is_an_error(
    environment: dict[str, str], tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "port").write_bytes(content)
    environment["PORT_FILE"] = str(tmp_path / "port")

    with pytest.raises(ImproperlyConfigured, match="PORT_FILE"):
        env.integer("PORT", 8000)


@pytest.mark.parametrize(
    "value", ["$HOME", "${HOME}", "$", "{{x}}", "%(x)s", "os.environ/FERNET_KEYS", "file:/etc/x"]
)
def test_nothing_is_interpolated(environment: dict[str, str], value: str) -> None:
    environment |= {"REGISTRY_X": value, "HOME": "wrong"}

    assert env.text("REGISTRY_X") == value


@pytest.mark.parametrize("value", ["1", "true", "YES", "On"])
def test_true_words(environment: dict[str, str], value: str) -> None:
    environment["REGISTRY_X"] = value

    assert env.boolean("REGISTRY_X", False) is True


@pytest.mark.parametrize("value", ["0", "false", "No", "OFF"])
def test_false_words(environment: dict[str, str], value: str) -> None:
    environment["REGISTRY_X"] = value

    assert env.boolean("REGISTRY_X", True) is False


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (lambda: env.boolean("REGISTRY_X", False), "maybe", "true or false"),
        (lambda: env.integer("REGISTRY_X", 1), "1e5", "a whole number"),
        (lambda: env.integer("REGISTRY_X", 1, low=2), "1", "from 2 to"),
        (lambda: env.integer("REGISTRY_X", 1, high=2), "3", "to 2"),
        (lambda: env.choice("REGISTRY_X", "A", ("A", "B")), "C", "one of A, B"),
        (lambda: env.time_zone("REGISTRY_X", "UTC"), "Mars/Crater", "a time zone"),
        (lambda: env.time_zone("REGISTRY_X", "UTC"), "../etc/passwd", "a time zone"),
        (lambda: env.database("REGISTRY_X"), "mysql://a/b", "sqlite:// or postgres://"),
    ],
)
def test_a_bad_value_is_an_error_that_does_not_show_it(
    environment: dict[str, str], read: Callable[[], object], value: str, message: str
) -> None:
    environment["REGISTRY_X"] = value

    with pytest.raises(ImproperlyConfigured, match=f"REGISTRY_X must .*{message}") as refusal:
        read()

    assert value not in str(refusal.value).partition("must be")[0]


def test_an_empty_value_is_the_default(environment: dict[str, str]) -> None:
    environment["REGISTRY_X"] = " "

    assert env.integer("REGISTRY_X", 7) == 7
    assert env.text("REGISTRY_X", "seven") == "seven"
    assert env.database("REGISTRY_X") == {}


def test_a_listing_has_no_blanks(environment: dict[str, str]) -> None:
    environment["REGISTRY_X"] = " a, ,b:1,"

    assert env.listing("REGISTRY_X", "c") == ["a", "b:1"]
    assert env.listing("REGISTRY_Y", "c") == ["c"]
    assert env.listing("REGISTRY_Y") == []


@pytest.mark.parametrize(
    ("written", "pairs"),
    [
        ("", []),
        (" ollama:11434, 10.0.0.5:0080 ,", ["ollama:11434", "10.0.0.5:80"]),
        ("GPU.Internal.:1", ["gpu.internal:1"]),
        ("[0:0::1]:8000", ["[::1]:8000"]),
        ("münchen.example:1", ["xn--mnchen-3ya.example:1"]),
    ],
)
def test_pairs_of_host_and_port_are_spelled_as_addresses_are_stored(
    written: str, pairs: list[str], environment: dict[str, str]
) -> None:
    environment["REGISTRY_X"] = written

    found = env.host_ports("REGISTRY_X")

    assert found == pairs
    assert [origins.allowance(origins.normalise(f"http://{pair}")) for pair in found] == found


@pytest.mark.parametrize(
    "written",
    [
        *("ollama", "ollama:", ":80", "ollama:0", "ollama:65536", "ollama:x", "ollama:*", "*:80"),
        *("http://ollama:80", "ollama:80/v1", "10.0.0.0/8:80", "010.0.0.5:80", "::1:80", "[x]:80"),
        *("me@ollama:80", "a b:80", "ollama:80;gpu:80", "ollama:²"),
    ],
)
def test_what_is_no_pair_of_host_and_port_stops_the_start(
    written: str, environment: dict[str, str]
) -> None:
    environment["REGISTRY_X"] = f"gpu:80,{written}"

    with pytest.raises(ImproperlyConfigured, match="REGISTRY_X must be pairs of host:port"):
        env.host_ports("REGISTRY_X")


def test_a_choice_and_a_zone_are_taken(environment: dict[str, str]) -> None:
    environment |= {"REGISTRY_X": "b", "REGISTRY_Z": "Europe/Oslo"}

    assert env.choice("REGISTRY_X", "A", ("A", "B")) == "B"
    assert env.time_zone("REGISTRY_Z", "UTC") == "Europe/Oslo"


def test_a_database_url_is_parsed(environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = "postgres://me:p%40ss@db:5433/registry"

    found = env.database("DATABASE_URL")

    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert (found["NAME"], found["PASSWORD"], found["PORT"]) == ("registry", "p@ss", 5433)


def test_a_key_comes_from_the_environment_before_the_file(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret_key").write_text("filed\n")
    environment["DATA_DIR"] = str(tmp_path)

    assert env.key_text("REGISTRY_SECRET_KEY") == "filed"
    environment["REGISTRY_SECRET_KEY"] = "given"
    assert env.key_text("REGISTRY_SECRET_KEY") == "given"


def test_an_empty_key_does_not_fall_back_to_the_file(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret_key").write_text("filed\n")
    environment |= {"DATA_DIR": str(tmp_path), "REGISTRY_SECRET_KEY": ""}

    assert env.key_text("REGISTRY_SECRET_KEY") == ""


def test_a_key_that_is_nowhere_is_none(environment: dict[str, str], tmp_path: Path) -> None:
    environment["DATA_DIR"] = str(tmp_path)

    assert env.key_text("REGISTRY_SECRET_KEY") is None


def test_a_key_file_that_cannot_be_read_is_an_error(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "keys" / "secret_key").mkdir(parents=True)
    environment["DATA_DIR"] = str(tmp_path)

    with pytest.raises(ImproperlyConfigured, match="secret_key cannot be read"):
        env.key_text("REGISTRY_SECRET_KEY")


def test_data_dir_is_relative_to_the_project(environment: dict[str, str]) -> None:
    environment["DATA_DIR"] = "elsewhere"

    assert env.data_dir() == env.BASE_DIR / "elsewhere"


def test_isolation_keeps_only_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env._source, "env", {})
    monkeypatch.setenv("REGISTRY_KEPT", "kept")
    monkeypatch.setenv("REGISTRY_DROPPED", "dropped")

    env.isolate({"REGISTRY_GIVEN": "given"}, keep=("REGISTRY_KEPT", "REGISTRY_ABSENT"))

    assert env.text("REGISTRY_GIVEN") == "given"
    assert env.text("REGISTRY_KEPT") == "kept"
    assert not env.is_set("REGISTRY_DROPPED")


def test_the_settings_module_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")
    assert env.choose_settings() == "config.settings.base"

    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.test")
    assert env.choose_settings() == "config.settings.test"
