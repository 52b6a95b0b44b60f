"""Whatever is in the files: nothing is raised, what is wrong is told, the rest is read."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles.legacy.document import Code, Reading
from roles.legacy.entries import MOST_ENTRIES, MOST_TAGS
from roles.legacy.naming import is_slug
from roles.legacy.reading import LARGEST
from tests.architecture.source import ROOT
from tests.roles.legacy.documents import HOST, MODEL, json_values, read, registries, registry

Path = tuple[str | int, ...]

WRONG: list[Any] = [None, True, 7, -0.5, "text", "", [], {}, [[]], [None, 3], {"a": {"b": []}}]


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Return the way to every value inside a document."""
    if here:
        yield here
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for name, part in inner:
        yield from paths(part, (*here, name))


def replaced(document: Any, path: Path, value: Any) -> Any:
    found = copy.deepcopy(document)
    place = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return found


def is_sound(reading: Reading) -> bool:
    """Whether what was read can be stored: names are names, references lead somewhere."""
    found = reading.document
    if found is None:
        return bool(reading.problems)
    connections = [host.id for host in found.hosts]
    connections += [account.id for account in found.accounts]
    connections += [login.id for login in found.credentials]
    models = [model.id for model in found.models]
    names = [*connections, *models]
    leads = all(
        model.lost or not model.connection or model.connection in connections
        for model in found.models
    )
    unique = len(set(connections)) == len(connections) and len(set(models)) == len(models)
    return leads and unique and all(is_slug(name) for name in names)


@pytest.mark.parametrize("path", list(paths(registry())), ids=lambda path: ".".join(map(str, path)))
def test_a_wrong_type_at_any_place_is_told_and_loses_nothing_else(path: Path) -> None:
    whole = read(registry()).document
    assert whole is not None
    for value in WRONG:
        reading = read(replaced(registry(), path, value))

        assert is_sound(reading)
        if path[0] == "version":
            continue
        assert reading.document is not None
        names = {host.id for host in reading.document.hosts}
        if path[0] != "hosts":
            assert names == {host.id for host in whole.hosts}
        if path[0] != "models":
            assert [model.id for model in reading.document.models] == ["m1", "g1"]
        if path[0] not in ("models", "roles"):
            assert reading.document.roles == whole.roles


@pytest.mark.parametrize(
    "path",
    [path for path in paths(registry()) if path[-1] not in ("api_key", "version")],
    ids=lambda path: ".".join(map(str, path)),
)
def test_the_place_of_a_wrong_type_is_named(path: Path) -> None:
    reading = read(replaced(registry(), path, 1.5))

    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    place = "".join(steps).removeprefix(".")
    assert any(place in problem.where for problem in reading.problems), reading.problems


@given(value=json_values, auth=json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_makes_a_reader_raise(value: Any, auth: Any) -> None:
    content = json.dumps(value).encode()

    assert is_sound(read(content, auth=json.dumps(auth).encode()))
    assert is_sound(read(local_llm=content, auth=json.dumps(auth).encode()))


@given(value=st.dictionaries(st.sampled_from(list(registry())), json_values), version=st.integers())
@settings(max_examples=300, deadline=None)
def test_no_sections_make_a_reader_raise(value: dict[str, Any], version: int) -> None:
    assert is_sound(read(value | {"version": version % 2 + 1}))


@given(content=st.binary(max_size=200))
def test_no_bytes_make_a_reader_raise(content: bytes) -> None:
    assert is_sound(read(content, auth=content))
    assert is_sound(read(local_llm=content))


@given(document=registries(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_one_wrong_value_in_a_real_document_never_breaks_it(
    document: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from([path for path in paths(document) if path != ("version",)]))
    value = data.draw(json_values)

    reading = read(replaced(document, path, value))

    assert reading.document is not None
    assert is_sound(reading)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"version":2,"hosts":['])
def test_deep_values_are_refused(opening: bytes) -> None:
    reading = read(opening * 200_000)

    assert reading.document is None
    assert [problem.code for problem in reading.problems] == [Code.UNREADABLE]


def test_a_number_of_many_digits_is_refused() -> None:
    reading = read(b'{"version": 2, "hosts": [' + b"9" * 10_000 + b"]}")

    assert reading.document is None
    assert [problem.code for problem in reading.problems] == [Code.UNREADABLE]


def test_50_megabytes_are_refused_before_they_are_parsed() -> None:
    start = json.dumps(registry()).encode()
    content = start + b" " * (50 * 1024 * 1024)  # valid JSON still

    reading = read(content)

    assert reading.document is None
    (problem,) = reading.problems
    assert problem.code is Code.TOO_LARGE
    assert "8 MB" in str(problem)


def test_a_document_of_the_largest_size_is_read() -> None:
    start = json.dumps(registry()).encode()

    assert read(start + b" " * (LARGEST - len(start))).document is not None


@pytest.mark.parametrize(
    "section",
    [
        {"hosts": [1] * (MOST_ENTRIES + 1)},
        {"models": [{}] * (MOST_ENTRIES + 1)},
        {"roles": {str(number): {} for number in range(MOST_ENTRIES + 1)}},
        {"providers": {str(number): {} for number in range(MOST_ENTRIES + 1)}},
        {"providers": {"google": {"accounts": [None] * (MOST_ENTRIES + 1)}}},
        {"models": [MODEL | {"tags": ["x"] * (MOST_ENTRIES + 1)}]},
    ],
    ids=lambda section: next(iter(section)),
)
def test_more_entries_than_anybody_has_are_refused_and_not_cut_off(section: Any) -> None:
    reading = read(registry(**section))

    assert reading.document is None
    assert reading.problems[-1].code is Code.TOO_LARGE


def test_many_tags_are_cut_off_and_told() -> None:
    tags = [f"t{number:04}" for number in range(MOST_TAGS + 5)]
    reading = read(registry(models=[MODEL | {"tags": tags}]))

    assert reading.document is not None
    assert len(reading.document.models[0].tags) == MOST_TAGS
    assert len(reading.problems) == 1


def test_ten_thousand_equal_ids_take_no_time() -> None:
    reading = read(registry(hosts=[HOST] * MOST_ENTRIES, models=[], roles={}))

    assert reading.document is not None
    assert len({host.id for host in reading.document.hosts}) == MOST_ENTRIES


def test_many_unknown_members_are_one_problem() -> None:
    strange = {f"strange{number}": number for number in range(1000)}
    reading = read(registry() | strange)

    (problem,) = reading.problems
    assert "and 995 more" in problem.why


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "\u202e", "line\nbreak", "x" * 201])
@pytest.mark.parametrize("name", ["id", "label", "model_name", "type", "provider", "host_id"])
def test_text_that_no_record_can_hold_is_told_and_not_taken(name: str, text: str) -> None:
    reading = read(registry(models=[MODEL | {name: text}, MODEL | {"id": "other"}], roles={}))

    assert reading.document is not None
    assert reading.document.models[-1].id == "other"
    assert any(problem.where.endswith(f"models[0].{name}") for problem in reading.problems)
    assert is_sound(reading)
    "".join(map(str, reading.problems)).encode()


def test_no_key_is_in_any_problem(figure: Callable[..., None]) -> None:
    key = "sk-verysecret-0123456789"
    document = registry(
        providers={"google": {"accounts": [{"id": "a", "label": "A", "api_key": key}]}},
        hosts=[HOST | {"api_key": key}],
    )
    said = 0
    for path in paths(document):
        for value in WRONG:
            reading = read(replaced(document, path, value))
            text = repr(reading) + "".join(map(str, reading.problems))
            assert "verysecret" not in text
            said += len(reading.problems)
    assert said > 100
    figure(problems_without_a_key=said)


def test_readers_need_neither_tables_nor_a_database() -> None:
    program = (
        "import sys, roles.legacy.reading\n"
        "print([name for name in sys.modules if name.startswith(('registry.models', "
        "'roles.models', 'roles.services', 'django.contrib'))])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
