"""Whom to forget, as they stand in tables and as they stand in text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

#: Columns that hold listeners, by name.
USER_COLUMNS = frozenset({"user_id", "user", "listener", "listener_id", "user_text"})
#: A shorter id is the same as any number or word: it is looked for in those columns alone.
FEWEST_LETTERS = 6


@dataclass(frozen=True)
class Listeners:
    """The ids of some listeners as the workspace has them, and as the raw logs do.

    They are the same unless there are pseudonyms; the raw ones may stand in what was stored
    before there were.
    """

    stored: tuple[int | str, ...]
    raw: tuple[int | str, ...] = ()

    @property
    def all_ids(self) -> list[int | str]:
        """Every id, once."""
        return list(dict.fromkeys((*self.stored, *self.raw)))

    @cached_property
    def texts(self) -> frozenset[str]:
        """All ids as text."""
        return frozenset(map(str, self.all_ids))

    @cached_property
    def pattern(self) -> re.Pattern[bytes] | None:
        """Finds an id in text, not as a part of a longer word; None if all are too short."""
        long = sorted(text for text in self.texts if len(text) >= FEWEST_LETTERS)
        if not long:
            return None
        words = b"|".join(re.escape(text.encode()) for text in long)
        return re.compile(rb"(?<![0-9A-Za-z_])(?:" + words + rb")(?![0-9A-Za-z_])")

    def are_in(self, text: str | bytes) -> bool:
        """Whether one of them is named in ``text``."""
        content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return self.pattern is not None and self.pattern.search(content) is not None

    def rows(self, column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
        """In which rows of a column of ids one of them stands; NULL is nobody."""
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_integer(kind):
            whole = (int(text) for text in self.texts if re.fullmatch(r"-?\d{1,19}", text))
            numbers = {number for number in whole if abs(number) < 1 << 63}
            column, asked = column.cast(pa.int64()), pa.array(sorted(numbers), pa.int64())
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            column, asked = column.cast(pa.string()), pa.array(sorted(self.texts), pa.string())
        else:
            asked = pa.array([], kind)
        return pc.is_in(column, value_set=asked)
