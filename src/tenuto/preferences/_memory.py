"""What a listener's own plays leave behind: how often, how long ago, and both in one number."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenuto.preferences._sums import exact_sum, with_counts
from tenuto.timeline import Past

# By any of these an item is known to a listener. Thumbs are left to `opinions`: of a thumb
# that is taken back nothing may stay.
KNOWN_BY = ("n_plays", "n_downloads", "n_playlist_adds")


def memory(past: Past, history_days: int | None = None) -> ir.Table:
    """One row per user and item that the user played, saved or put into a playlist.

    Parameters
    ----------
    history_days : how far back; None is the whole log before the cutoff

    Returns
    -------
    Table with ``user_id``, ``item_id``; ``n_plays`` (int64); ``activation`` (float64), the sum
    over plays of age ** -0.5, the age in days and 1 on the day before the cutoff, 0 without a
    play; ``last_played`` (date), NULL without a play.

    Notes
    -----
    The base level of ACT-R is ln(activation): Anderson & Schooler, "Reflections of the
    environment in memory", Psychological Science 1991; decay 0.5 as there. The plays of a day
    have one age. Terms are rounded to millionths, so that engines agree to the last bit.
    """
    days = with_counts(past.table("user_item_days", days=history_days), KNOWN_BY)
    # Not `** -0.5`: a square root is rounded alike everywhere, a power is not.
    faded = days.n_plays / days.age_days.cast("float64").sqrt()
    sums = days.group_by(["user_id", "item_id"]).agg(
        n_plays=days.n_plays.sum().cast("int64"),
        activation=exact_sum(faded),
        last_played=(days.n_plays > 0).ifelse(days.day, ibis.null("date")).max(),
        n_known=sum((days[column] for column in KNOWN_BY[1:]), days.n_plays).sum().cast("int64"),
    )
    return sums.filter(sums.n_known > 0).drop("n_known")
