"""Plays, weighted by the share heard, and downloads, added up.

0.4 * plays * mean share heard + 0.6 * downloads. A play whose share is unknown counts with
the mean share of the pair's other plays, or 0.5 where none is known. One user with many
plays of one song has no bound here (653 in S1, K26); `log_counts` tames it.

Source: S1-Q1 as it was coded.
"""

from tenuto.preferences._sums import pair_sums

LABEL = "Weighted plays and downloads"
SCALE = "0 and up; 0.4 is one whole play, 0.6 one download, and they add up"

PER_PLAY, PER_DOWNLOAD = 0.4, 0.6


def preferences(past, window_days):
    """``user_id``, ``item_id``, ``preference`` >= 0."""
    sums = pair_sums(past, window_days)
    heard = (sums.n_plays * sums.share_mean).fill_null(0.0)
    return sums.select(
        "user_id", "item_id", preference=PER_PLAY * heard + PER_DOWNLOAD * sums.n_downloads
    )
