"""Settings, seeds, versions and digests: what it takes to make this page again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tenuto.record import digest_of
from tenuto.reports._parts import Column, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._windows import log_days
from tenuto.reports._words import UNKNOWN, plural, text

TITLE = "How this was made"
ORDER = 100


def section(results: Results) -> list[Part]:
    """What run.json holds, in tables."""
    run = results.run
    return [
        Paragraph(
            "The same logs, settings, versions and seed give the same results to the byte. All "
            "of this is in run.json."
        ),
        Table(
            "Inputs and code",
            [Column("What"), Column("Value", wraps=True)],
            [
                ["Source", _source(run["settings"]["source"])],
                ["Days of log", _days(results)],
                ["Random seed", text(run["settings"].get("random_state"))],
                ["Digest of the inputs (SHA-256)", digest_of(run["inputs"])],
                ["Digest of the code (SHA-256)", text(run.get("code"))],
            ],
        ),
        Table(
            "Settings",
            [Column("Setting"), Column("Value", wraps=True)],
            [[name, value] for name, value in _flat(run["settings"])],
            "From tenuto.toml; an empty list means all.",
        ),
        Table(
            "Versions",
            [Column("Package"), Column("Version")],
            [[name, text(version)] for name, version in sorted(run["versions"].items())],
        ),
    ]


def _source(source: str | dict[str, Any]) -> str:
    """Its name; version 0.1 wrote down nothing else."""
    return text(source if isinstance(source, str) else source.get("name"))


def _days(results: Results) -> str:
    days = log_days(results)
    return f"{plural(len(days), 'day')}, {days[0]} to {days[-1]}" if days else UNKNOWN


def _flat(settings: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in sorted(settings.items()):
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _value(value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "[]"
    return text(value)
