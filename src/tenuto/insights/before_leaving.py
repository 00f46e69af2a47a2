"""Songs and artists that leavers heard in their last 14 days and others like them did not.

Asked for in S2-W1. Who leaves hears fewer songs, so a bare comparison finds every song "kept".
Here each leaver is set beside up to three stayers who were active on the same day, with as many
active days and about as many songs in the 14 days up to it, of the same tenure and plan; the
comparison is within these sets. A difference is a trace, not a cause: nobody left because of a
song that happened to be new that week. What is found among thousands of songs by chance is
held to 5 % of what is reported.
"""

from __future__ import annotations

import pandas as pd
from scipy.stats import false_discovery_control

from tenuto.insights._matching import WINDOW_DAYS, balance, find_candidates, matched
from tenuto.insights._small_cells import MIN_LISTENERS
from tenuto.insights._stratified import compare_sets
from tenuto.insights._view import View

TITLE = "What did people hear before they left?"

_FALSE_SHARE = 0.05
_ROWS = 200


def tables(view: View) -> dict[str, pd.DataFrame]:
    """``before_leaving_songs`` and ``_artists``, and ``before_leaving_sets``: who was compared."""
    sets = matched(find_candidates(view), view.random_state)
    n_sets = sets["set"].nunique()
    if n_sets < MIN_LISTENERS:
        return {}
    found = {
        "before_leaving_songs": _named(view, _heard(view, sets, "user_item_days", "item_id")),
        "before_leaving_artists": _heard(view, sets, "user_artist_days", "artist"),
    }
    counts = {f"n_{name.rpartition('_')[2]}_tested": len(table) for name, table in found.items()}
    top = {name: _strongest(table) for name, table in found.items()}
    return {**top, "before_leaving_sets": balance(sets).assign(**counts)}


def _heard(view: View, sets: pd.DataFrame, rollup: str, key: str) -> pd.DataFrame:
    """One row per song or artist that at least ten of the compared heard, with its q-value."""
    if not view.past.has(rollup):
        return pd.DataFrame()
    heard = compare_sets(view, sets, rollup, key, WINDOW_DAYS)
    heard = heard[heard["n_leavers"] + heard["n_stayers"] >= MIN_LISTENERS]
    if heard.empty:
        return pd.DataFrame()
    q_value = false_discovery_control(heard["p_value"])
    table = heard.assign(q_value=q_value, is_found=q_value < _FALSE_SHARE)
    return table.sort_values(["p_value", key], ignore_index=True)


def _named(view: View, songs: pd.DataFrame) -> pd.DataFrame:
    if songs.empty or view.items.empty:
        return songs
    names = view.items[["item_id", "title", "artist"]]
    return names.merge(songs, on="item_id", how="right")


def _strongest(table: pd.DataFrame) -> pd.DataFrame:
    """All that was found and what came nearest, so that the file stays one to read."""
    if table.empty:
        return table
    return table[table["is_found"] | (table.index < _ROWS)]
