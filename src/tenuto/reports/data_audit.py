"""What became of every line that was read, and of every file that was not."""

from __future__ import annotations

from collections import Counter

from tenuto.catalogue import Catalogue
from tenuto.events.actions import ACTIONS
from tenuto.reports._parts import Column, Notice, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import (
    UNKNOWN,
    count,
    listing,
    percent,
    plural,
    spoken,
    without_references,
)

TITLE = "Data audit"
ORDER = 20

_RULES = Catalogue("tenuto.cleaning")
_EFFECTS = {"mend": "mended", "set_aside": "set aside", "note": "noted"}
_SHOWN = 20


def section(results: Results) -> list[Part]:
    """The equation of lines, what the rules found, and ignored files."""
    totals: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for entry in results.ledger:
        totals.update({name: entry[name] for name in ("read", "kept", "absorbed", "set_aside")})
        rules.update(entry["rules"])
    return [
        _equation(totals, len(results.ledger)),
        *_found(rules, totals),
        *_actions(results),
        *_ignored(results),
    ]


def _equation(totals: Counter[str], n_files: int) -> Part:
    read, rest = totals["read"], totals["kept"] + totals["absorbed"] + totals["set_aside"]
    words = (
        f"{count(read)} lines read from {plural(n_files, 'file')} = {count(totals['kept'])} kept "
        f"+ {count(totals['absorbed'])} part of another record "
        f"+ {count(totals['set_aside'])} set aside"
    )
    if read != rest:
        return Notice(f"{words}. These do not add up: run tenuto ingest again.", "warning")
    share = percent(totals["set_aside"] / read) if read else UNKNOWN
    return Paragraph(
        f"{words}. Nothing vanishes: the lines set aside ({share}) are in audit/set_aside, each "
        "with its file, its line and the reason."
    )


def _found(rules: Counter[str], totals: Counter[str]) -> list[Part]:
    met = sorted((name for name in rules if rules[name]), key=lambda name: (-rules[name], name))
    unmet = sorted(spoken(name) for name in rules if not rules[name])
    if not met:
        return [Paragraph("No cleaning rule found anything.")]
    note = (
        "A line can meet several rules, so the counts may add up to more than the lines. "
        "Mended: a value was corrected or taken as unknown. Noted: counted and left as it was. "
        "Share: of all lines read."
    )
    if unmet:
        note += f" Looked for and not found: {listing(unmet)}."
    columns = [
        Column("Rule"),
        Column("Lines", is_number=True),
        Column("Share", is_number=True),
        Column("Effect"),
        Column("Meaning", wraps=True),
    ]
    rows = [
        [
            spoken(name),
            count(rules[name]),
            percent(rules[name] / max(totals["read"], 1), 2),
            _effect(name),
            _meaning(name),
        ]
        for name in met
    ]
    return [Table("What was wrong with the lines", columns, rows, note)]


def _actions(results: Results) -> list[Part]:
    """What was done, so that it can be held against a count of the raw lines."""
    kept: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    for entry in results.ledger:
        for action, counts in entry.get("actions", {}).items():
            kept[action] += counts["kept"]
            aside[action] += counts["set_aside"]
    both = kept + aside
    if not both:
        return []
    columns = [
        Column("Action"),
        *(Column(title, is_number=True) for title in ("Read", "Kept", "Set aside")),
        Column("Meaning", wraps=True),
    ]
    rows = [
        [spoken(name), count(both[name]), count(kept[name]), count(aside[name]), _deed(name)]
        for name in sorted(both, key=lambda name: (-both[name], name))
    ]
    note = (
        "Read: all records of the action, as a search for it in the raw logs would count them; "
        "those set aside are in no other figure below. A line that is no "
        "record of its own, such as a blank one in a file of plays, may stand under set aside."
    )
    return [Table("What the lines tell of", columns, rows, note)]


def _deed(action: str) -> str:
    """A ledger may know an action that is gone."""
    return ACTIONS.get(action, UNKNOWN)


def _effect(rule: str) -> str:
    """A ledger may be older than the rules: one that is gone has no effect to tell."""
    if rule not in _RULES.names():
        return UNKNOWN
    return _EFFECTS.get(str(getattr(_RULES.get(rule), "EFFECT", "")), UNKNOWN)


def _meaning(rule: str) -> str:
    return without_references(_RULES.describe(rule)) if rule in _RULES.names() else UNKNOWN


def _ignored(results: Results) -> list[Part]:
    files = results.ignored_files
    if not files:
        return [Paragraph("Every file in the folder of logs was read.")]
    shown = [[name, reason] for name, reason in sorted(files.items())[:_SHOWN]]
    more = len(files) - len(shown)
    note = f"{count(more)} more in audit/ignored_files.json." if more > 0 else ""
    columns = [Column("File", wraps=True), Column("Why it was not read", wraps=True)]
    return [Table(f"{plural(len(files), 'file')} not read", columns, shown, note)]
