"""The expectations about answers: their status, their JSON, their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.cases import pages
from tests.cases.run import Answer, Run

MISSING = object()
# The fixtures' shorter name of a row in `item`.
ROW = "id"


def status(run: Run, value: int) -> None:
    status_any(run, [value])


def status_any(run: Run, value: list[int]) -> None:
    assert run.main, "the case was not answered"
    for answer in run.main:
        assert set(answer.statuses) & set(value), f"{answer.statuses}: {answer.text[:2000]}"


def status_none(run: Run, value: list[int]) -> None:
    for answer in run.answers:
        assert not set(answer.statuses) & set(value), answer.text[:2000]


def status_sequence(run: Run, value: list[int]) -> None:
    rounds = run.rounds or [[answer.statuses[-1] for answer in run.answers]]
    for statuses in rounds:
        assert statuses == value, "\n".join(answer.text[:2000] for answer in run.answers)


def finishes_within_seconds(run: Run, value: float) -> None:
    assert run.seconds <= value


def json_has(run: Run, value: dict[str, Any]) -> None:
    found = run.answer.json
    for name, expected in value.items():
        assert covers(look(found, name), expected), f"{name}: {found}"


def json_present(run: Run, value: list[str]) -> None:
    for name in value:
        assert look(run.answer.json, name) is not MISSING, f"{name}: {run.answer.json}"


def json_lacks(run: Run, value: list[str]) -> None:
    for answer in run.answers:
        for name in value:
            assert name not in set(names(answer.json)), answer.text


def json_lacks_values(run: Run, value: list[Any]) -> None:
    for answer in run.answers:
        found = list(leaves(answer.json))
        for secret in value:
            assert secret not in found, answer.text
            assert not isinstance(secret, str) or secret not in answer.text, answer.text


def json_lists(run: Run, value: Any) -> None:
    """Name the key whose list has exactly these, in any order; or only what stands in some list."""
    if isinstance(value, list):
        assert set(value) <= set(leaves(run.answer.json)), run.answer.text
        return
    for name, expected in value.items():
        listed = look(run.answer.json, name)
        assert isinstance(listed, list), f"{name}: {run.answer.json}"
        assert Counter(listed) == Counter(expected)


def ids_set(run: Run, value: list[str]) -> None:
    assert Counter(ids(run)) == Counter(value)


def ids_list(run: Run, value: list[str]) -> None:
    assert ids(run) == value


def each_item_has(run: Run, value: list[str]) -> None:
    listed = items(run.answer)
    assert listed, "nothing is listed"
    for entry in listed:
        for name in value:
            assert look(entry, name) is not MISSING, f"{name}: {entry}"


def each_item_lacks(run: Run, value: list[str]) -> None:
    for entry in items(run.answer):
        for name in value:
            assert name not in set(names(entry)), entry


def all_items_have(run: Run, value: dict[str, Any]) -> None:
    listed = items(run.answer)
    assert listed, "nothing is listed"
    for entry in listed:
        assert covers(entry, value), entry


def item(run: Run, value: dict[str, Any]) -> None:
    """One entry of the list: `has_values`, `has` and `lacks`, or values at once."""
    entry = dict(zip(ids(run), items(run.answer), strict=True))[value[ROW]]
    for word, expected in value.items():
        if word == "has_values":
            for name, wanted in expected.items():
                assert covers(look(entry, name), wanted), f"{name}: {entry}"
        elif word == "has":
            for name in expected:
                assert look(entry, name) is not MISSING, f"{name}: {entry}"
        elif word == "lacks":
            assert not set(names(entry)) & set(expected), entry
        elif word != ROW:
            assert covers(look(entry, word), expected), f"{word}: {entry}"


def error_on(run: Run, value: list[str]) -> None:
    for answer in run.main:
        if answer.json is None:
            found = pages.wrong_fields(answer.page)
        else:
            found = set(answer.json["error"].get("fields", {}))
        assert set(value) <= found, f"{found}: {answer.text[:2000]}"


def message_contains(run: Run, value: Any) -> None:
    said = " ".join(message(answer) for answer in [*run.results, *run.main]).casefold()
    for part in listed_texts(value):
        assert part.casefold() in said, said


def warning_contains(run: Run, value: Any) -> None:
    warnings: list[str] = []
    for answer in run.main:
        told = (answer.json or {}).get("warnings", []) if answer.page.children == [] else []
        warnings.extend(told or [answer.page.text()])
    said = " ".join(warnings).casefold()
    for part in listed_texts(value):
        assert part.casefold() in said, said


def text_has(run: Run, value: Any) -> None:
    said = " ".join(text_of(answer) for answer in run.answers)
    for part in listed_texts(value):
        assert part in said, said


def text_lacks(run: Run, value: Any) -> None:
    for answer in run.answers:
        for part in listed_texts(value):
            assert part not in text_of(answer), answer.text


def look(found: Any, path: str) -> Any:
    """Return the value at a dotted path; our errors keep theirs one level down."""
    for name in path.split("."):
        if not isinstance(found, dict):
            return MISSING
        inner = found.get("error")
        fallback = inner.get(name, MISSING) if isinstance(inner, dict) else MISSING
        found = found.get(name, fallback)
    return found


def covers(found: Any, expected: Any) -> bool:
    """Compare the given keys of nested maps; everything else as a whole."""
    if isinstance(expected, dict):
        return all(covers(look(found, name), value) for name, value in expected.items())
    return bool(found == expected and isinstance(found, bool) == isinstance(expected, bool))


def items(answer: Answer) -> list[Any]:
    listed = answer.json["results"] if isinstance(answer.json, dict) else answer.json
    assert isinstance(listed, list), answer.text[:2000]
    return listed


def ids(run: Run) -> list[str]:
    if run.answer.json is None:
        return [run.world.name_of(row) for row in pages.row_ids(run.answer.page)]
    return [run.world.name_of(_named(entry)["id"]) for entry in items(run.answer)]


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the row that an entry is about; of an offer it is the model."""
    named: dict[str, Any] = entry if "id" in entry else entry["model"]
    return named


def names(found: Any) -> Iterator[str]:
    """Return every key at any depth."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield name
            yield from names(value)
    elif isinstance(found, list):
        for value in found:
            yield from names(value)


def leaves(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        for value in found.values():
            yield from leaves(value)
    elif isinstance(found, list):
        for value in found:
            yield from leaves(value)
    else:
        yield found


def message(answer: Answer) -> str:
    """Return what a person reads: of our errors the message, the fields' and the names in it."""
    if answer.json is None:
        return answer.page.text()
    return " ".join(str(leaf) for leaf in leaves(answer.json))


def text_of(answer: Answer) -> str:
    return answer.text if answer.json is not None else answer.page.text()


def listed_texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
