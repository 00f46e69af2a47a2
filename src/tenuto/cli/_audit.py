"""What became of every line and of every file, as an ingest prints it."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Any

from tenuto.cli._output import print_places, print_table

if TYPE_CHECKING:
    from tenuto.ingest import IngestSummary
    from tenuto.workspace import Workspace

_SHOWN = 10


def print_audit(workspace: Workspace, summary: IngestSummary) -> None:
    """Lines, rules, files and places, for people."""
    print(files_in_words(summary))
    print(lines_in_words(summary))
    if summary.n_lines and not summary.n_kept:
        print("Nothing was kept: every line has something wrong with it, as the table below says.")
    _print_rules(summary)
    _print_actions(summary)
    _print_ignored(summary)
    _print_completeness(workspace)
    print("\nWhere everything is:")
    print_places(
        {
            "events": workspace.lake / "events",
            "sums by day": workspace.rollups,
            "lines set aside": workspace.audit / "set_aside",
            "ledger": workspace.audit / "ledger",
            "completeness": workspace.audit / "completeness.csv",
        }
    )


def files_in_words(summary: IngestSummary) -> str:
    """How many files there are, and how many of them were new or changed and so read."""
    files = f"{summary.n_files:,} log files, {summary.n_files_read:,} of them read now"
    if not summary.days:
        return f"{files}; no day of log."
    if len(summary.days) == 1:
        return f"{files}; one day, {summary.days[0]}."
    return f"{files}; {len(summary.days)} days from {summary.days[0]} to {summary.days[-1]}."


def lines_in_words(summary: IngestSummary) -> str:
    """The equation that always holds: read = kept + part of another record + set aside."""
    return (
        f"{summary.n_lines:,} lines read = {summary.n_kept:,} kept"
        f" + {summary.n_absorbed:,} part of another record + {summary.n_set_aside:,} set aside"
    )


def incomplete_files(workspace: Workspace) -> list[dict[str, Any]]:
    """The rows of ``audit/completeness.csv`` whose state is not "ok"."""
    return [row for row in _rows_of_completeness(workspace) if row["state"] != "ok"]


def _rows_of_completeness(workspace: Workspace) -> list[dict[str, Any]]:
    with (workspace.audit / "completeness.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _print_rules(summary: IngestSummary) -> None:
    from tenuto import cleaning

    effects = {"mend": "mended", "set_aside": "set aside", "note": "noted"}
    rows = []
    for name, count in sorted(summary.rules.items(), key=lambda rule: (-rule[1], rule[0])):
        if count:
            effect = effects[cleaning.CATALOGUE.get(name).EFFECT]
            rows.append([name, count, effect, cleaning.CATALOGUE.describe(name)])
    if rows:
        print("\nWhat was wrong with them (a line can meet several rules):")
        print_table(["rule", "lines", "effect", "meaning"], rows)


def _print_actions(summary: IngestSummary) -> None:
    """Kept and set aside together are what a search in the raw logs would count."""
    read = {name: counts["kept"] + counts["set_aside"] for name, counts in summary.actions.items()}
    names = sorted(read, key=lambda name: (-read[name], name))
    if names:
        print("\nWhat the lines tell of:")
        became = [summary.actions[name] for name in names]
        rows = [
            [name, read[name], counts["kept"], counts["set_aside"]]
            for name, counts in zip(names, became, strict=True)
        ]
        print_table(["action", "read", "kept", "set aside"], rows)


def _print_ignored(summary: IngestSummary) -> None:
    if summary.ignored:
        print(f"\n{len(summary.ignored):,} files in the folder were not read:")
        shown = [[item.path.name, item.reason] for item in summary.ignored[:_SHOWN]]
        print_table(["file", "reason"], shown)
        _say_how_many_more(len(summary.ignored), "audit/ignored_files.json")


def _print_completeness(workspace: Workspace) -> None:
    if not _rows_of_completeness(workspace):
        print("\nThe names of the files tell no day, so no file can be found missing.")
        return
    rows = incomplete_files(workspace)
    if not rows:
        print("\nNo file is missing, cut short, too large or a copy.")
        return
    states = Counter(row["state"] for row in rows)
    found = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    print(f"\nFiles to ask for again ({found}); a lost file reads like listeners leaving:")
    columns = ["day", "part", "kind", "state", "note"]
    print_table(columns, [[row[column] for column in columns] for row in rows[:_SHOWN]])
    _say_how_many_more(len(rows), "audit/completeness.csv")


def _say_how_many_more(total: int, file: str) -> None:
    if total > _SHOWN:
        print(f"... and {total - _SHOWN:,} more in {file}")
