"""What each column of a table is: numbers, a few words, or nothing a model can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

#: A column of text with more different words than this is no list of choices.
MAX_WORDS = 20
#: From this share of cells that are numbers, the others are mistakes, not words.
MOSTLY = 0.9
_BLANK = frozenset({"", "na", "n/a", "nan", "null", "none", "nil", "-"})
_TRUTH = {"true": "1", "false": "0"}


@dataclass(frozen=True)
class Encoding:
    """How cells become features; learned on the training table, kept with the models.

    numbers : columns read as numbers
    words : column -> its words, each a feature of 0 and 1 called ``column=word``; where
        there are two words, only the second has one
    unused : column -> why no model sees it
    """

    numbers: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    unused: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        words = {column: list(known) for column, known in self.words.items()}
        return {"numbers": list(self.numbers), "words": words, "unused": self.unused}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Encoding:
        words = {column: tuple(known) for column, known in kept["words"].items()}
        return cls(tuple(kept["numbers"]), words, dict(kept["unused"]))


def learn_encoding(cells: pd.DataFrame) -> Encoding:
    """Look at every column of text cells; a column of one value tells nothing and is unused."""
    numbers, words, unused = [], {}, {}
    for column in cells.columns:
        known = cells[column][~is_blank(cells[column])].str.strip()
        n_words = known.nunique()
        if n_words < 2 and not is_blank(cells[column]).any():
            unused[column] = "it has one value"
        elif n_words == 0:
            unused[column] = "it is blank"
        elif (~as_number(known)[1]).mean() >= MOSTLY:
            numbers.append(column)
        elif n_words <= MAX_WORDS:
            distinct = sorted(known.unique())
            words[column] = tuple(distinct[1:] if len(distinct) == 2 else distinct)
        else:
            unused[column] = f"it has {n_words:,} different words"
    return Encoding(tuple(numbers), words, unused)


def is_blank(cells: pd.Series) -> pd.Series:
    """Whether a cell says nothing: empty, NA, null and the like."""
    return cells.str.strip().str.lower().isin(_BLANK)


def as_number(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """float64 with NaN for blank; and which cells are neither blank nor a finite number."""
    blank = is_blank(cells)
    plain = cells.str.strip().str.lower().replace(_TRUTH)
    numbers = pd.to_numeric(plain.where(~blank), errors="coerce").astype(np.float64)
    odd = ~blank & ~np.isfinite(numbers)
    return numbers, odd
