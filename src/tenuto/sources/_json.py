"""Records that are lines of JSON."""

from __future__ import annotations

import json
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir


def with_values(lines: ir.Table, paths: list[str]) -> ir.Table:
    """``lines`` with ``is_record`` (is it a JSON object?) and ``json_values``, texts by path.

    What a line does not have is NULL.
    """
    is_record = _is_json(lines.line) & lines.line.re_search(r"^\s*\{")
    values = _extracted(is_record.ifelse(lines.line, "{}"), ibis.array(paths))
    return lines.mutate(is_record=is_record, json_values=values)


def object_of(line: str) -> dict[str, Any] | None:
    """The object of a line, or None where it is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


@ibis.udf.scalar.builtin(name="json_valid")
def _is_json(line: str) -> bool:  # type: ignore[empty-body]
    """Whether a line can be parsed at all."""


@ibis.udf.scalar.builtin(name="json_extract_string")
def _extracted(line: str, paths: dt.Array(dt.string)) -> dt.Array(dt.string):  # type: ignore[valid-type]
    """Many values with one parse; Ibis would parse a line once for each of them."""
