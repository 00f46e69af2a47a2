"""Results on stdout: tables for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tenuto.record import to_json

# A table in a file or a pipe is as wide as its cells: nothing is cut off.
_NO_TERMINAL_WIDTH = 10_000


def print_json(value: Any) -> None:
    """``value`` as JSON; NaN and infinity as null."""
    print(to_json(value))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table with its numbers to the right; blank cells for None."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    body = [list(row) for row in rows]
    for at, column in enumerate(columns):
        is_number = any(_is_number(row[at]) for row in body)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in body:
        table.add_row(*(Text(in_words(cell)) for cell in row))
    is_terminal = sys.stdout.isatty()
    console = Console(width=None if is_terminal else _NO_TERMINAL_WIDTH, highlight=False)
    if is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_places(places: dict[str, Any]) -> None:
    """Where things are: a name and a path a line, the paths below one another."""
    width = max(map(len, places), default=0)
    for name, place in places.items():
        print(f"  {name:<{width}}  {place}")


def in_words(value: Any) -> str:
    """A cell: whole numbers with thousands set apart, others to three decimals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
