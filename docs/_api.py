"""What ``import tenuto`` offers, with signatures and docstrings."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import _markdown as md

import tenuto
from tenuto import errors
from tenuto.churn._compare import Comparison
from tenuto.churn._results import ChurnSummary
from tenuto.churn._table_results import ScoreSummary, TableSummary
from tenuto.churn._tuning import Tuning
from tenuto.ingest import IngestSummary
from tenuto.lists._results import RecommendSummary
from tenuto.monitoring import FilledDay
from tenuto.pipeline import RunSummary
from tenuto.retention._measure_results import MeasureSummary
from tenuto.retention._results import RetentionSummary

_SUMMARIES = (
    RunSummary,
    IngestSummary,
    ChurnSummary,
    RecommendSummary,
    RetentionSummary,
    MeasureSummary,
    FilledDay,
    Tuning,
    Comparison,
    TableSummary,
    ScoreSummary,
)


def page() -> str:
    """Functions, the workspace, what functions return, and the tree of errors."""
    names = [name for name in tenuto.__all__ if not name.startswith("_")]
    things = {name: getattr(tenuto, name) for name in names}
    functions = [name for name in names if inspect.isfunction(things[name])]
    classes = [name for name in names if inspect.isclass(things[name])]
    return "\n".join(
        [
            *(_entry(name, things[name]) for name in functions),
            *(_entry(name, things[name]) for name in classes),
            "## What comes back\n",
            *(_summary(kind) for kind in _SUMMARIES),
            "## Errors\n",
            "Every error is a `TenutoError`, with `message` and `mend`.\n",
            md.table(
                ["error", "meaning"],
                [[md.code(e.__name__), md.one_line(e.__doc__ or "")] for e in _error_classes()],
            ),
        ]
    )


def _entry(name: str, thing: Any) -> str:
    lines = [f"## `tenuto.{name}`\n", f"```python\n{name}{_signature(thing)}\n```\n", md.of(thing)]
    return "\n".join(lines)


def _signature(thing: Any) -> str:
    """Parameters with types and defaults, one a line where they are long."""
    signature = inspect.signature(thing)
    parameters = list(signature.parameters.values())
    words = [_parameter(item) for item in parameters]
    stars = [at for at, item in enumerate(parameters) if item.kind is item.KEYWORD_ONLY]
    if stars:
        words.insert(stars[0], "*")
    inside = ", ".join(words)
    if len(inside) > 60:
        inside = "\n    " + ",\n    ".join(words) + ",\n"
    back = signature.return_annotation
    return f"({inside})" + (f" -> {back}" if isinstance(back, str) else "")


def _parameter(item: inspect.Parameter) -> str:
    # Annotations are texts here: the package imports them lazily.
    stars = "**" if item.kind is item.VAR_KEYWORD else ""
    default = "" if item.default is item.empty else f" = {item.default!r}"
    return f"{stars}{item.name}: {item.annotation}{default}"


def _summary(kind: type) -> str:
    fields = [[md.code(field.name), md.code(field.type)] for field in dataclasses.fields(kind)]
    return f"### `{kind.__name__}`\n\n{md.of(kind)}\n{md.table(['field', 'type'], fields)}"


def _error_classes() -> list[type]:
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
    return [kind for kind in kinds if kind.__module__ == errors.__name__]
