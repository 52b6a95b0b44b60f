"""Path tricks: nothing outside of a person's own folder is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.models import LLMModel
from roles.services.legacy_folder import RefusedError, is_plain, names_in, read_folder
from roles.services.legacy_import import import_folder, import_person
from tests.factories import make_user
from tests.roles.legacy.documents import put, registry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation's folder, with a document beside it that nobody is to read."""
    put(tmp_path, "outside", registry=registry())
    inside = tmp_path / "users"
    inside.mkdir()
    return inside


def why(folder: Path, name: str) -> str:
    with pytest.raises(RefusedError) as refusal:
        read_folder(folder, name)
    return str(refusal.value.problem)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../outside", "/etc", "a/b", "a/../../outside", "..\\outside", "x\x00", "/"],
)
def test_a_name_that_leads_elsewhere_is_refused(folder: Path, name: str) -> None:
    assert "no name of a folder" in why(folder, name)


@given(name=st.text(max_size=12) | st.sampled_from(["..", "../x", "a/..", "~", "C:\\x"]))
def test_a_plain_name_is_one_step_down(name: str) -> None:
    if is_plain(name):
        assert Path("/base", name).parent == Path("/base")
        assert Path("/base", name).name == name


@pytest.mark.parametrize("target", ["../outside", "bob"])
def test_a_folder_that_is_a_link_is_refused(folder: Path, target: str) -> None:
    put(folder, "bob", registry=registry())
    (folder / "alice").symlink_to(target)

    assert "symbolic link" in why(folder, "alice")


@pytest.mark.parametrize("target", ["../../outside", "../bob", "."])
@pytest.mark.parametrize("file", ["model_registry.json", "local_llm.json", "auth.json"])
def test_a_file_that_is_a_link_is_refused(folder: Path, target: str, file: str) -> None:
    put(folder, "bob", registry=registry())
    put(folder, "alice", registry=registry()) if file != "model_registry.json" else (
        folder / "alice"
    ).mkdir()
    (folder / "alice" / file).symlink_to(Path(target) / "model_registry.json")

    assert "symbolic link" in why(folder, "alice")


def test_the_folder_of_the_installation_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    put(folder, "alice", registry=registry())
    (tmp_path / "link").symlink_to(folder)

    assert read_folder(tmp_path / "link", "alice").registry is not None


def test_a_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    (folder / "alice").mkdir()
    os.mkfifo(folder / "alice" / "model_registry.json")

    assert "no plain file" in why(folder, "alice")


def test_a_folder_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "alice" / "model_registry.json").mkdir(parents=True)

    assert "no plain file" in why(folder, "alice")


def test_a_file_in_place_of_a_folder_is_refused(folder: Path) -> None:
    (folder / "alice").write_text("{}")

    assert "cannot be opened" in why(folder, "alice")


def test_a_missing_folder_is_told(folder: Path) -> None:
    assert "there is no such folder" in why(folder, "alice")


def test_a_folder_without_documents_has_none(folder: Path) -> None:
    (folder / "alice").mkdir()

    files = read_folder(folder, "alice")

    assert (files.registry, files.local_llm, files.auth) == (None, None, None)


def test_only_folders_and_links_are_looked_at_by_name(folder: Path) -> None:
    (folder / "notes.txt").write_text("")
    (folder / "bob").mkdir()
    (folder / "alice").symlink_to("bob")

    assert names_in(folder) == ["alice", "bob"]


@pytest.mark.django_db
@pytest.mark.usefixtures("reference_providers")
@pytest.mark.parametrize("name", ["..", "../outside", "users", "\udcff"])
def test_an_import_by_a_trick_is_reported_and_reads_nothing(folder: Path, name: str) -> None:
    make_user("outside")

    report = import_person(folder, name)

    assert report.is_skipped
    assert report.problems
    str(report.facts()).encode()
    assert not LLMModel.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("reference_providers")
def test_links_and_strange_names_in_the_folder_are_reported_one_by_one(folder: Path) -> None:
    make_user("alice")
    put(folder, "zoe", registry=registry())
    (folder / "alice").symlink_to("../outside")
    os.mkdir(os.fsencode(folder) + b"/\xff\xfe")

    reports = list(import_folder(folder))

    assert all(report.is_skipped for report in reports)
    assert len(reports) == 3
    assert not LLMModel.objects.exists()
