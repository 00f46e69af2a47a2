"""Play time of the song over that of the user's most played song.

S0 does not say whether the maximum is over songs' totals or over single plays; here it is
over totals, so that values end at 1. Shares of the song do not matter, so neither does a
play whose share is unknown; a play whose duration is unknown adds no time. A user who
played for 0 seconds in all has no preferences and is left out; a song only downloaded, or
only skipped, has 0.

Source: S0-Q1.
"""

import ibis

from tenuto.preferences._sums import pair_sums

LABEL = "Share of the favourite's play time"
SCALE = "0 to 1; 1 is the song the user played longest in the window, 0.5 half as long"


def preferences(past, window_days):
    """``user_id``, ``item_id``, ``preference`` in [0, 1]."""
    sums = pair_sums(past, window_days)
    longest_s = sums.played_s.max().over(ibis.window(group_by="user_id"))
    found = sums.mutate(preference=sums.played_s / longest_s.nullif(0))
    return found.filter(found.preference.notnull()).select("user_id", "item_id", "preference")
