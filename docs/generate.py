"""Writes the parts of docs/reference that the code knows best; Sphinx calls it at each build.

Each function below makes one page's part from the catalogues, so that a new member is
documented by its own file. Run by hand: ``python docs/generate.py FOLDER``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import _api
import _columns
import _commands
import _http
import _markdown as md
import _members as members

from tenuto import (
    actions,
    calibration,
    churn,
    cleaning,
    guards,
    insights,
    labels,
    lists,
    preferences,
    reasons,
    recommenders,
    replication,
    reranking,
    rollups,
    sampling,
    sources,
    uplift,
    warehouse,
)
from tenuto.features import feature_dictionary
from tenuto.lists._made import REASONS
from tenuto.settings import Settings

_LIMITS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def write_all(folder: Path) -> list[Path]:
    """Write every part to ``folder``; files that are right already keep their time stamps."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{name}.md", make()) for name, make in PAGES.items()]


def _write(file: Path, content: str) -> Path:
    if not file.exists() or file.read_text("utf-8") != content:
        file.write_text(content, "utf-8")
    return file


def settings() -> str:
    """Every setting of tenuto.toml: section by section, with default and meaning."""
    sections = {"": Settings}
    for name, field in Settings.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            sections[name] = field.annotation
    return "\n".join(_settings_of(name, section) for name, section in sections.items())


def _settings_of(name: str, section: Any) -> str:
    rows = [
        [md.code(key), md.code(_type(field.annotation)), _default(field), _meaning(key, field)]
        for key, field in section.model_fields.items()
        if not hasattr(field.annotation, "model_fields")
    ]
    heading = f"## `[{name}]`" if name else "## At the top of the file"
    return f"{heading}\n\n{md.table(['setting', 'type', 'default', 'meaning'], rows)}"


def _type(annotation: Any) -> str:
    return (
        getattr(annotation, "__name__", "str")
        if "[" not in str(annotation)
        else _generic(annotation)
    )


def _generic(annotation: Any) -> str:
    return str(annotation).replace("typing.", "").replace("Literal", "one of ")


def _default(field: Any) -> str:
    return "none: has to be given" if field.is_required() else md.code(json.dumps(field.default))


def _meaning(name: str, field: Any) -> str:
    if name == "random_state":
        return "the seed of everything drawn by chance"
    limits = [
        f"{words} {getattr(limit, bound)}"
        for limit in field.metadata
        for bound, words in _LIMITS.items()
        if hasattr(limit, bound)
    ]
    said = f" ({', '.join(limits)})" if limits else ""
    return f"{field.description or ''}{said}"


def features() -> str:
    """The feature dictionary, family by family."""
    from tenuto.features import CATALOGUE

    columns = ["feature", "unit", "window", "NULL", "meaning", "earlier projects"]
    known = feature_dictionary()
    parts = [f"There are {len(known)} features in {len(CATALOGUE.names())} families.\n"]
    for family, member in CATALOGUE.all().items():
        rows = [
            [
                md.code(item.name),
                item.unit,
                _window(item.window_days),
                "can be" if item.is_nullable else "never",
                # The text is one for all windows of a feature.
                md.text(item.description).replace("the last 1 days", "the last day"),
                md.text(item.seeds),
            ]
            for item in known
            if item.family == family
        ]
        parts.append(f"\n## `{family}`\n\n{md.of(member)}\n{md.table(columns, rows)}")
    return "".join(parts)


def _window(days: int | None) -> str:
    return "whole past" if days is None else f"{days} day{'' if days == 1 else 's'}"


def _in_reports(member: ModuleType) -> str:
    return f"In reports: **{member.LABEL}**."


PAGES: dict[str, Callable[[], str]] = {
    "cli": _commands.page,
    "settings": settings,
    "sources": lambda: members.page(sources.CATALOGUE, members.source),
    "cleaning-rules": lambda: members.cleaning_rules(cleaning.CATALOGUE),
    "rollups": lambda: _columns.page(rollups.CATALOGUE),
    "features": features,
    "labels": lambda: members.page(labels.CATALOGUE, members.label),
    "models": lambda: members.page(churn.CATALOGUE, members.model, members.model_class),
    "calibration": lambda: members.page(
        calibration.CATALOGUE, members.calibration, members.calibrator_class
    ),
    "guards": lambda: members.guards(guards.CATALOGUE),
    "reasons": lambda: members.page(reasons.CATALOGUE, members.reason),
    "actions": lambda: members.actions(actions.CATALOGUE),
    "uplift": lambda: members.page(uplift.CATALOGUE, _in_reports, members.model_class),
    "insights": lambda: members.page(insights.CATALOGUE, members.insight, members.insight_tables),
    "recommenders": lambda: members.page(
        recommenders.CATALOGUE, members.model, members.model_class
    ),
    "recommender-costs": lambda: members.costs(recommenders.CATALOGUE),
    "lists": lambda: members.lists(lists.CATALOGUE, REASONS),
    "reranking": lambda: (
        f"{members.rerankings(reranking.CATALOGUE)}\n## What is known\n\n{md.of(reranking.Facts)}"
    ),
    "preferences": lambda: members.page(preferences.CATALOGUE, members.preference),
    "replication": lambda: members.page(replication.CATALOGUE, members.recipe),
    "sampling": lambda: members.page(
        sampling.CATALOGUE, _in_reports, lambda member: f"\n{md.of(member.resample)}"
    ),
    "warehouse": lambda: members.exports(warehouse.CATALOGUE),
    "lake": _columns.lake,
    "python-api": _api.page,
    "http-api": _http.page,
}

if __name__ == "__main__":
    for written in write_all(Path(sys.argv[1])):
        print(written)
