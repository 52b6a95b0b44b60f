"""The project's files, as the rules see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("audit", "config", "registry", "roles")
GENERATED = {"__pycache__", ".venv", ".venv-litellm", ".git", "var", ".hypothesis"}


@dataclass(frozen=True)
class Source:
    """One Python file; `name` is its path inside the project."""

    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.text)

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.name

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in self.nodes():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def lines_of_code(self) -> int:
        return sum(1 for line in self.text.splitlines() if line.strip())


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _read(*folders: str) -> tuple[Source, ...]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in paths
        if not GENERATED & set(path.parts)
    )


def product() -> list[Source]:
    """Return the product's files without its migrations."""
    manage = Source("manage.py", (ROOT / "manage.py").read_text(encoding="utf-8"))
    return [source for source in (*_read(*PRODUCT), manage) if not source.is_migration]


def migrations() -> list[Source]:
    found = [source for source in _read(*PRODUCT) if source.is_migration]
    return [source for source in found if not source.name.endswith("__init__.py")]


def tests() -> list[Source]:
    return list(_read("tests"))


def texts() -> Iterator[Source]:
    """Return every file of the project that is text, whatever its language."""
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and not GENERATED & set(path.relative_to(ROOT).parts):
            try:
                yield Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
            except UnicodeDecodeError:
                continue
