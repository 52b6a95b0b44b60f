"""The README's table of variables and the settings say the same."""

from __future__ import annotations

import ast
import re

from config import env
from tests.architecture.source import ROOT

READERS = {"text", "integer", "boolean", "listing", "choice", "time_zone", "database", "prefixed"}
READERS |= {"host_ports", "role_names"}
ROW = re.compile(r"^\| `([A-Z_]+(?:<ROLE>)?)` \| (.*?) \| (.+?) \|$")
FUTURE = "from __future__ import annotations"
# Ruling 33: those of S0.43.
OF_OLDER_INSTALLATIONS = {
    *("DEFAULT_MODEL", "ORCHESTRATOR_MODEL", "GEMINI_API_KEY", "LOCAL_API_URL", "LOCAL_API_KEY"),
    *("LOCAL_MODEL", "DISTILL_BACKEND", "DEFINED_ROLES", "ROLE_<ROLE>"),
}
BETWEEN = re.compile(r"<!-- settings -->\n(.*?)<!-- end of settings -->", re.DOTALL)
# Variables whose default is a place and not a literal of the call.
COMPUTED = {
    "DATA_DIR": "`var`",
    "DATABASE_URL": "`registry.sqlite3` in DATA_DIR",
    **{name: f"`keys/{file}` in DATA_DIR" for name, file in env.KEY_NAMES.items()},
}


def shown(default: object) -> str:
    """Return a default as the table writes it."""
    if default == "":
        return "-"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def declared(text: str) -> dict[str, str]:
    """Return each variable that a settings file reads, with its default."""
    found = {"DATA_DIR": COMPUTED["DATA_DIR"]}
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if ast.unparse(node.func.value) != "env" or node.func.attr == "data_dir":
            continue
        assert node.func.attr in READERS | {"key_text"}, ast.unparse(node)
        arguments = [ast.literal_eval(argument) for argument in node.args]
        name, default = arguments[0], arguments[1] if len(arguments) > 1 else ""
        if node.func.attr == "prefixed":
            name = f"{name}<ROLE>"
        found[name] = COMPUTED.get(name) or shown(default)
    return found


def read_settings() -> str:
    """Return the text of the files that read variables."""
    files = ("config/settings/base.py", "config/settings/roles.py")
    return "\n".join((ROOT / file).read_text().replace(FUTURE, "") for file in files)


def documented(text: str) -> dict[str, str]:
    table = BETWEEN.search(text)
    assert table, "the README has no table of settings"
    rows = [row for line in table[1].splitlines() if (row := ROW.match(line))]
    return {row[1]: row[2] for row in rows}


def test_the_table_has_every_variable_with_its_default() -> None:
    settings = read_settings()
    readme = (ROOT / "README.md").read_text()

    assert documented(readme) == declared(settings)


def test_a_forgotten_variable_is_found() -> None:
    settings = 'X = env.integer("REGISTRY_X", 5, low=1)\nY = env.boolean("REGISTRY_Y", False)'
    readme = "<!-- settings -->\n| `REGISTRY_X` | `5` | Five. |\n<!-- end of settings -->"

    assert declared(settings)["REGISTRY_Y"] == "`false`"
    assert documented(readme) == {"REGISTRY_X": "`5`"}


def test_names_are_prefixed_unless_they_are_common() -> None:
    bare = {name for name in declared(read_settings()) if not name.startswith("REGISTRY_")}

    assert bare == {"DATABASE_URL", "REDIS_URL", "PORT", "DATA_DIR"} | OF_OLDER_INSTALLATIONS
