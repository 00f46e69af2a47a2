"""Interactions from a plain table, of plays one by one or of weights per user and item."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from tenuto.errors import ContractError
from tenuto.recommenders._histories import FORGETTING
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions

_DAY_S = 86_400.0
#: Said where a table has no days of its own.
NO_DATE = date(1970, 1, 1)


def interactions_of(
    plays: pd.DataFrame,
    *,
    time: str | None = None,
    weight: str | None = None,
    cutoff: pd.Timestamp | float | None = None,
    window_days: float | None = None,
) -> Interactions:
    """What a recommender learns from, out of a table with ``user_id`` and ``item_id``.

    Parameters
    ----------
    plays : one row per play, or per user and item with a ``weight``
    time : the column that says when: a clock (datetime), or numbers, which are then places in
        an order that only compare within one user. Without it nothing is known of recency.
    weight : the column that says how much, at least 0; its sum is the preference. Without it
        every row is a play and the preference is their number.
    cutoff : plays from it on are left out; by default just after the last one
    window_days : how far back taste looks; by default as far as the table goes

    Returns
    -------
    Interactions : ``last_played_age`` is in days and fractions before the cutoff; with numbers,
        in places from the end of each user's own sequence, 1 is the last

    Raises
    ------
    ContractError : if a column is missing, a weight is negative, or nothing is left
    """
    needed = ["user_id", "item_id", *(name for name in (time, weight) if name)]
    missing = [name for name in needed if name not in plays]
    if missing:
        raise ContractError(
            f"the table has no column {', '.join(missing)}; it has {', '.join(map(str, plays))}",
            mend="name the columns of the user, the item, and the time or weight if there is one",
        )
    table, age, day = _aged(plays[needed].dropna(subset=["user_id", "item_id"]), time, cutoff)
    if len(table) == 0:
        raise ContractError("no row of the table can be used", mend="pass rows before the cutoff")
    reach = float(np.ceil(age.max())) if window_days is None else window_days
    amount = np.ones(len(table)) if weight is None else table[weight].to_numpy(dtype=np.float64)
    if np.isnan(amount).any() or (amount < 0).any():
        raise ContractError("a weight is negative or missing", mend="leave such rows out")
    rows = pd.DataFrame(
        {
            "user_id": table["user_id"].to_numpy(),
            "item_id": table["item_id"].to_numpy(),
            "preference": np.where(age <= reach, amount, 0.0),
            "last_played_age": age,
            "n_plays": 1.0,
            "activation": np.maximum(age, 1 / _DAY_S) ** -FORGETTING if time else amount,
            "n_recent": (age <= reach).astype(np.int64),
        }
    )
    by_pair = rows.groupby(["user_id", "item_id"], sort=True, as_index=False)
    pairs = by_pair.agg(
        preference=("preference", "sum"),
        last_played_age=("last_played_age", "min"),
        n_plays=("n_plays", "sum"),
        activation=("activation", "sum"),
        n_recent=("n_recent", "sum"),
    )
    sums = pairs.groupby("item_id", as_index=False)["n_recent"].sum()
    item_sums = {name: np.zeros(len(sums), dtype=np.int64) for name in ITEM_SUMS}
    item_sums["n_plays"] = sums["n_recent"].to_numpy()
    return Interactions.of_tables(
        pa.Table.from_pandas(pairs.drop(columns="n_recent"), preserve_index=False),
        pa.table({"item_id": pa.Array.from_pandas(sums["item_id"]), **item_sums}),
        cutoff=day,
        window_days=max(int(reach), 1),
        preference=weight or "plays",
    )


def _aged(
    table: pd.DataFrame, time: str | None, cutoff: pd.Timestamp | float | None
) -> tuple[pd.DataFrame, np.ndarray, date]:
    """The rows before the cutoff, how long before it each is, and the day of the cutoff."""
    if time is None:
        return table, np.ones(len(table)), NO_DATE
    when = table[time]
    if not pd.api.types.is_datetime64_any_dtype(when):
        kept = table if cutoff is None else table[when < cutoff]
        last = kept.groupby("user_id")[time].transform("max")
        # The last play of a user is at place 1, whatever number it has.
        return kept, (last - kept[time]).to_numpy(dtype=np.float64) + 1, NO_DATE
    end = pd.Timestamp(when.max()).ceil("D") if cutoff is None else pd.Timestamp(cutoff)
    end = end + pd.Timedelta(days=1) if cutoff is None and end == when.max() else end
    kept = table[when < end]
    age = (end - kept[time]).dt.total_seconds().to_numpy() / _DAY_S
    return kept, np.maximum(age, 1 / _DAY_S), end.date()
