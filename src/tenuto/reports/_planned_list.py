"""Whom to contact first, why, with what and with which songs: the top of the planned list."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from tenuto.reports._parts import Column, Paragraph, Part, Table
from tenuto.reports._planned import action_label, contacted, money
from tenuto.reports._results import Results
from tenuto.reports._words import count, figure, is_known, percent, plural, text

_COLUMNS = [
    Column("Rank", is_number=True),
    Column("Listener", is_number=True),
    Column("Probability", is_number=True),
    Column("Expected value", is_number=True),
    Column("Why", wraps=True, is_wide=True),
    Column("Action", wraps=True),
    Column("Songs", wraps=True),
]
#: Songs shown beside a listener; the file has them all.
_SONGS = 2


def planned_list(results: Results, found: dict[str, Any], shown: int) -> list[Part]:
    """What was planned, in words and as a table of the first ``shown`` to contact."""
    top = contacted(results, shown)
    said = Paragraph(_in_words(found))
    if top.empty:
        return [said]
    rows = [_cells(found, row) for row in top.to_dict("records")]
    note = (
        "Rank: among all on the list, by expected value; who is held out stands between, and is "
        "not shown, lest somebody writes to them. Expected value: of the action, in "
        "your money (see Profit). Why: what raises the risk most, by the model of the list; it is "
        "what the score comes from, not a cause. Songs that fit the reason, the first of "
        f"{_n_songs(top)}."
    )
    table = Table(f"The first {plural(len(rows), 'listener')} to contact", _COLUMNS, rows, note)
    return [said, table, _where()]


def _in_words(found: dict[str, Any]) -> str:
    actions = sorted(found["actions"].items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{action_label(found, name)} {count(n)}" for name, n in actions)
    share = found["n_held_out"] / max(found["n_planned"], 1)
    return (
        f"Campaign {found['campaign']}: of {plural(found['n_listed'], 'listener')} "
        f"{count(found['n_contacted'])} are to be contacted, and {count(found['n_held_out'])} "
        f"({percent(share, 0)}) are held out by chance, to see what contact does. Actions: {told}."
    )


def _cells(found: dict[str, Any], row: dict[Any, Any]) -> list[str]:
    return [
        count(row["rank"]),
        text(row["user_id"]),
        figure(row["probability"], 3),
        money(row["expected_value"]),
        _joined([row.get(f"reason_{number}_text") for number in (1, 2, 3)]),
        action_label(found, str(row["action"])),
        _joined([_song(row, number) for number in range(1, _SONGS + 1)]),
    ]


def _song(row: dict[Any, Any], number: int) -> Any:
    title = row.get(f"song_{number}_title")
    return title if is_known(title) else row.get(f"song_{number}")


def _joined(parts: list[Any]) -> str:
    return text("\n".join(str(part) for part in parts if is_known(part)))


def _n_songs(top: pd.DataFrame) -> int:
    return sum(f"song_{number}" in top for number in range(1, 100))


def _where() -> Paragraph:
    return Paragraph(
        Markup(
            'The whole plan is in <a href="retention/call_list.csv">retention/call_list.csv</a>, '
            "groups included. A file for the CRM, without those held out, is written by "
            "<code>tenuto campaign export</code>."
        )
    )
