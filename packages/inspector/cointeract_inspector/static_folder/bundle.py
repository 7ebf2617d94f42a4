"""Joins the pages' modules into one classic script: a browser loads no modules from a folder.

It understands the part of the module syntax that the pages use: named imports and exports, each at the start of a line.
Anything else is refused rather than mistaken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cointeract_inspector.errors import InspectorError

_SPECIFIER = r'"\./(?P<file>[\w./-]+\.js)";'
_IMPORT_NAMES = re.compile(r"^import\s*\{(?P<names>[^}]*)\}\s*from\s*" + _SPECIFIER, re.MULTILINE)
_IMPORT_ALL = re.compile(r"^import\s*\*\s*as\s+(?P<name>[\w$]+)\s+from\s*" + _SPECIFIER, re.MULTILINE)
_IMPORT_ONLY = re.compile(r"^import\s*" + _SPECIFIER, re.MULTILINE)
_EXPORT_NAMES = re.compile(r"^export\s*\{(?P<names>[^}]*)\}\s*;", re.MULTILINE)
_EXPORT = re.compile(
    r"^export\s+(?P<kind>async\s+function\*?|function\*?|class|const)\s+(?P<name>[\w$]+)", re.MULTILINE
)
_REST = re.compile(r"^(?:import|export)\b(?!\().*$", re.MULTILINE)


def bundle(modules: Mapping[str, str], entry: str) -> str:
    """One script that does what the module `entry` does.

    Args:
        modules: source by file name.
        entry: file name of the module to start with.

    Raises:
        InspectorError: a module is missing, or uses syntax that isn't understood, or modules import each other in a circle.
    """
    parts: dict[str, str] = {}
    _add(modules, entry, parts, ())
    return '"use strict";\n(() => {\n' + "\n".join(parts.values()) + "\n})();\n"


def _add(modules: Mapping[str, str], file: str, parts: dict[str, str], above: tuple[str, ...]) -> None:
    if file in parts:
        return
    if file in above:
        raise InspectorError(f"page modules import each other in a circle: {' -> '.join([*above, file])}")
    if file not in modules:
        raise InspectorError(f"page module {above[-1] if above else file} imports {file}, which there isn't")
    source = modules[file]
    for found in (*_IMPORT_NAMES.finditer(source), *_IMPORT_ALL.finditer(source), *_IMPORT_ONLY.finditer(source)):
        _add(modules, found["file"], parts, (*above, file))
    parts[file] = _wrapped(file, source)


def _wrapped(file: str, source: str) -> str:
    """A module as a function that is called once and returns what it exports."""
    exported: dict[str, str] = {}
    body = _IMPORT_NAMES.sub(
        lambda found: f"const {{{_renamed(found['names'])}}} = {_variable(found['file'])};", source
    )
    body = _IMPORT_ALL.sub(lambda found: f"const {found['name']} = {_variable(found['file'])};", body)
    body = _IMPORT_ONLY.sub("", body)
    for found in _EXPORT.finditer(body):
        exported[found["name"]] = found["name"]
    body = _EXPORT.sub(lambda found: f"{found['kind']} {found['name']}", body)
    for found in _EXPORT_NAMES.finditer(body):
        for local, name in _pairs(found["names"]):
            exported[name] = local
    body = _EXPORT_NAMES.sub("", body)
    left = _REST.search(body)
    if left is not None:
        raise InspectorError(f"page module {file} has a line that a folder can't hold: {left[0][:80]!r}")
    given = ", ".join(f"{name}: {local}" for name, local in exported.items())
    return f"// {file}\nconst {_variable(file)} = (() => {{\n{body}\nreturn {{ {given} }};\n}})();"


def _pairs(names: str) -> list[tuple[str, str]]:
    """Names of a list such as `a, b as c`, each with what it is called on the other side."""
    pairs = []
    for item in names.split(","):
        words = item.split()
        if words:
            pairs.append((words[0], words[-1]))
    return pairs


def _renamed(names: str) -> str:
    return ", ".join(f"{name}: {local}" for name, local in _pairs(names))


def _variable(file: str) -> str:
    return "module_" + re.sub(r"\W", "_", file.removesuffix(".js"))
