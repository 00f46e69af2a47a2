"""Writes the parts of docs/reference that the code knows best; Sphinx calls it at each build.

Each function below makes one page's part from the catalogues, so that a new member is
documented by its own file. Run by hand: ``python docs/generate.py FOLDER``.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import _api
import _columns
import _commands
import _markdown as md

from tenuto import (
    churn,
    cleaning,
    labels,
    preferences,
    recommenders,
    replication,
    rollups,
    sampling,
    sources,
)
from tenuto.catalogue import Catalogue
from tenuto.features import feature_dictionary
from tenuto.workspace import Settings

_EFFECTS = {"mend": "mended", "set_aside": "set aside", "note": "noted, kept as it is"}
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


def cleaning_rules() -> str:
    """Each rule: its effect first in a table, then its whole docstring."""
    rules = cleaning.CATALOGUE.all()
    rows = [
        [f"[`{name}`](#{name})", _EFFECTS[rule.EFFECT], _first_line(rule)]
        for name, rule in rules.items()
    ]
    return md.table(["rule", "effect", "what it meets"], rows) + _members(
        cleaning.CATALOGUE,
        lambda rule: (
            f"Effect: **{_EFFECTS[rule.EFFECT]}**. Needs: {_codes(rule.NEEDS)}.{_after(rule)}"
        ),
    )


def _after(rule: ModuleType) -> str:
    after = getattr(rule, "AFTER", ())
    if after == ("*",):
        return " Comes after all others."
    return f" Comes after {_codes(after)}." if after else ""


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


def _members(
    catalogue: Catalogue,
    facts: Callable[[ModuleType], str],
    more: Callable[[ModuleType], str] = lambda member: "",
) -> str:
    """A heading per member, its ``facts``, its docstring and ``more``."""
    return "".join(
        f"\n## `{name}`\n\n{facts(member)}\n\n{md.of(member)}{more(member)}"
        for name, member in catalogue.all().items()
    )


def _source(source: ModuleType) -> str:
    return md.table(
        ["fact", "value"],
        [
            ["precision", source.PRECISION],
            ["type of user ids", md.code(source.USER_ID)],
            ["type of item ids", md.code(source.ITEM_ID)],
            ["actions", _codes(source.ACTIONS)],
            ["knows", _codes(source.KNOWS)],
            ["what to point `logs` at", source.WHAT_TO_EXPECT],
        ],
    )


def _model(member: ModuleType) -> str:
    about = f"In reports: **{member.LABEL}**. Needs: {_codes(member.NEEDS) or 'whatever is there'}."
    return about + (f" Cost: {member.COST}." if hasattr(member, "COST") else "")


def _model_class(member: ModuleType) -> str:
    return f"\n{md.of(member.Model)}{_keywords(member.Model)}"


def _keywords(model: type) -> str:
    parameters = list(inspect.signature(model.__init__).parameters.values())[1:]
    known = [item for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD]
    if not known:
        return ""
    rows = [[md.code(item.name), md.code(repr(item.default))] for item in known]
    return "\n" + md.table(["keyword", "default"], rows)


def _label(label: ModuleType) -> str:
    said = f"In reports: **{label.LABEL}**; 1 for {label.WHO}. Needs: {_codes(label.NEEDS)}."
    if hasattr(label, "at_risk"):
        who = inspect.getdoc(label.at_risk) or ""
        said += f" Can happen to: {md.text(who[:1].lower() + who[1:])}"
    if hasattr(label, "BINS"):
        first, last = label.BINS
        bins = f"bin {first}" if first == last else f"bins {first} to {last}"
        said += f" On each user's own clock: looks at {bins}, 0 being the one of the features."
    return said


def _preference(member: ModuleType) -> str:
    return f"In reports: **{member.LABEL}**. Scale: {member.SCALE}."


def _recipe(member: ModuleType) -> str:
    claimed = ", ".join(f"{name} {figure}" for name, figure in sorted(member.PUBLISHED.items()))
    return f"Published: {claimed or 'no figure'}."


def _codes(names: Iterable[str]) -> str:
    return ", ".join(md.code(name) for name in names)


def _first_line(module: ModuleType) -> str:
    return md.text((inspect.getdoc(module) or "").partition("\n")[0])


PAGES: dict[str, Callable[[], str]] = {
    "cli": _commands.page,
    "settings": settings,
    "sources": lambda: _members(sources.CATALOGUE, _source),
    "cleaning-rules": cleaning_rules,
    "rollups": lambda: _columns.page(rollups.CATALOGUE),
    "features": features,
    "labels": lambda: _members(labels.CATALOGUE, _label),
    "models": lambda: _members(churn.CATALOGUE, _model, _model_class),
    "recommenders": lambda: _members(recommenders.CATALOGUE, _model, _model_class),
    "preferences": lambda: _members(preferences.CATALOGUE, _preference),
    "replication": lambda: _members(replication.CATALOGUE, _recipe),
    "sampling": lambda: _members(
        sampling.CATALOGUE,
        lambda member: f"In reports: **{member.LABEL}**.",
        lambda member: f"\n{md.of(member.resample)}",
    ),
    "lake": _columns.lake,
    "python-api": _api.page,
}

if __name__ == "__main__":
    for written in write_all(Path(sys.argv[1])):
        print(written)
