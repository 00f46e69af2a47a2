"""The small-cell rule: a shared table says nothing of fewer than ten listeners (churn.md §6.4)."""

from __future__ import annotations

import pandas as pd

#: Of fewer listeners nothing is told: they could be recognised. A usual choice, not a law.
MIN_LISTENERS = 10


def with_blanks(table: pd.DataFrame, n: str, *figures: str) -> pd.DataFrame:
    """``table`` with ``n`` and ``figures`` unknown where 0 < ``n`` < `MIN_LISTENERS`.

    For tables whose rows have a fixed place, such as a heat map. None at all is told: an empty
    cell is about nobody.
    """
    is_small = table[n].between(1, MIN_LISTENERS - 1)
    blanked = table.copy()
    for name in dict.fromkeys((n, *figures)):
        known = blanked[name].astype("Int64" if name.startswith("n_") else "Float64")
        blanked[name] = known.mask(is_small)
    return blanked


def without_small(table: pd.DataFrame, n: str) -> pd.DataFrame:
    """``table`` without the rows about fewer than `MIN_LISTENERS`."""
    return table[table[n] >= MIN_LISTENERS].reset_index(drop=True)
