"""One hash for how features are defined: two models of one hash mean the same by their columns."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from tenuto import features
from tenuto.features import CATALOGUE, Feature
from tenuto.record import digest_of


def definitions_hash(chosen: Iterable[Feature]) -> str:
    """The hash of names, units, windows, and of the code of their families and of the room.

    Comments, docstrings and the look of the code do not count: what it does, does.
    """
    listed = list(chosen)
    families = sorted({feature.family for feature in listed})
    columns = [(item.name, item.unit, item.window_days, item.is_nullable) for item in listed]
    code = {family: _code_of(CATALOGUE.get(family)) for family in families}
    return digest_of({"columns": columns, "families": code, "room": _furniture()})


def _furniture() -> dict[str, str]:
    folder = Path(inspect.getfile(features)).parent
    names = sorted(file.stem for file in folder.glob("_*.py") if file.stem != "__init__")
    return {
        name: _code_of(importlib.import_module(f"{features.__name__}.{name}")) for name in names
    }


def _code_of(module: ModuleType) -> str:
    tree = ast.parse(Path(inspect.getfile(module)).read_text("utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            continue
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
