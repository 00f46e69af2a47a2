"""Which columns of a plain table are the user, the item, how much and when: by name or by looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tenuto.errors import SourceError
from tenuto.sources._mapped.first_rows import FirstRows
from tenuto.sources._mapped.synonyms import COLUMNS, plain
from tenuto.sources._mapped.values import are_numbers, written_time

USER, ITEM, WEIGHT, TIME = "user", "item", "weight", "time"
ROLES = (USER, ITEM, TIME, WEIGHT)

#: Most telling first, as `plain` has them. Ids come before names: two artists share a name.
NAMES: dict[str, tuple[str, ...]] = {
    USER: COLUMNS["user_id"],
    ITEM: (
        *COLUMNS["item_id"],
        *("artistid", "albumid", "stationid", "playlistid", "podcastid", "showid", "bookid"),
        *("gameid", "articleid", "businessid", "asin", "sku", "movie", "track", "song", "artist"),
        *("trackname", "songname", "artistname", "title", "album", "book", "product", "video"),
    ),
    TIME: COLUMNS["timestamp"],
    WEIGHT: (
        *("weight", "rating", "count", "counts", "plays", "nplays", "playcount", "playcounts"),
        *("listens", "nlistens", "listencount", "listeningcount", "scrobbles", "stars", "score"),
        *("value", "preference", "strength", "confidence", "frequency", "freq", "quantity"),
        *("interactions", "times", "total", "n"),
    ),
}
_OPTIONAL = (TIME, WEIGHT)


class Found(NamedTuple):
    """One column, and why it is taken for what it is."""

    column: str
    why: str


@dataclass(frozen=True)
class Columns:
    """What is what; ``time`` and ``weight`` are None where the table has no such thing."""

    user: Found
    item: Found
    time: Found | None
    weight: Found | None

    def by_role(self) -> dict[str, str]:
        """Role -> column, of those that there are."""
        found = {role: getattr(self, role) for role in ROLES}
        return {role: one.column for role, one in found.items() if one is not None}

    def in_words(self) -> str:
        """One line for people."""
        found = {role: getattr(self, role) for role in ROLES}
        said = [
            f"{role} '{one.column}' ({one.why})" for role, one in found.items() if one is not None
        ]
        return ", ".join(said)


def find_columns(rows: FirstRows, told: Mapping[str, str | None]) -> Columns:
    """The columns of a table.

    Parameters
    ----------
    told : role -> the column that somebody named, None where nobody did

    Raises
    ------
    SourceError : if a named column is not there, or nothing looks like the user or the item
    """
    finder = _Finder(rows, told)
    found = finder.by_name() if rows.has_header else finder.by_place()
    for role in (USER, ITEM):
        if role not in found:
            raise SourceError(
                f"no column of {rows.name} is called like {_ARTICLE[role]} {role}. "
                f"There are: {', '.join(rows.columns)}",
                mend=f"name it with --{role} COLUMN",
            )
    return Columns(found[USER], found[ITEM], found.get(TIME), found.get(WEIGHT))


_ARTICLE = {USER: "a", ITEM: "an"}


class _Finder:
    """Every column is used for one thing at the most."""

    def __init__(self, rows: FirstRows, told: Mapping[str, str | None]):
        self.rows = rows
        self.found: dict[str, Found] = {}
        for role, column in told.items():
            if column is not None:
                self.found[role] = Found(self._known(column, role), "as you said")
        taken = {one.column for one in self.found.values()}
        self.free = [name for name in rows.columns if name not in taken]

    def by_name(self) -> dict[str, Found]:
        for role in ROLES:
            if role not in self.found and (column := self._called(role)):
                self._take(role, column, "by its name")
        return self.found

    def by_place(self) -> dict[str, Found]:
        """Without a header the user comes first; times look it, and items are many."""
        if USER not in self.found and self.free:
            self._take(USER, self.free[0], "the first column")
        times = [name for name in self.free if self._can_be(TIME, name)]
        if TIME not in self.found and times and len(self.free) > (ITEM not in self.found):
            self._take(TIME, times[0], "its values are times")
        if ITEM not in self.found and self.free:
            many = {name: len(set(self.rows.columns[name])) for name in self.free}
            item = max(self.free, key=lambda name: many[name])
            self._take(ITEM, item, "the column with the most different values")
        numbers = [name for name in self.free if self._can_be(WEIGHT, name)]
        if WEIGHT not in self.found and len(numbers) == 1:
            self._take(WEIGHT, numbers[0], "the only other numbers")
        return self.found

    def _known(self, column: str, role: str) -> str:
        if column in self.rows.columns:
            return column
        raise SourceError(
            f"{self.rows.name} has no column '{column}'. There are: {', '.join(self.rows.columns)}",
            mend=f"name one of these with --{role}; capital letters count",
        )

    def _called(self, role: str) -> str | None:
        for word in NAMES[role]:
            for column in self.free:
                # RecBole writes the type of a column into its name: item_id:token.
                name = plain(column.partition(":")[0])
                if name == word and self._can_be(role, column):
                    return column
        return None

    def _can_be(self, role: str, column: str) -> bool:
        values = [value for value in self.rows.columns[column] if value]
        if role not in _OPTIONAL:
            return bool(values)
        if role == TIME:
            return written_time(values, self.rows.types.get(column)) is not None
        return are_numbers(values) and not any(value.startswith("-") for value in values)

    def _take(self, role: str, column: str, why: str) -> None:
        self.found[role] = Found(column, why)
        self.free.remove(column)
