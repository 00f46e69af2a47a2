"""What every preference starts from: one row per user and item of the window."""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from tenuto.timeline import Past

# A play counts 1 to 5 by the share of the song that was heard (S2-Q1).
SCORES = {
    "n_share_00_20": 1,
    "n_share_20_40": 2,
    "n_share_40_60": 3,
    "n_share_60_80": 4,
    "n_share_80_100": 5,
}
# Where none of a pair's plays has a known share, half a song is assumed. Arbitrary: a play
# of unknown length is neither a skip nor a finish, and 0 would make it a dislike.
UNKNOWN_SHARE = 0.5
UNKNOWN_SCORE = 3


def pair_sums(past: Past, window_days: int) -> ir.Table:
    """One row per user and item that the user played or downloaded in the window.

    ``n_plays``, ``n_downloads``, ``played_s``; ``share_mean``: mean share of the song heard,
    0 to 1, over plays whose share is known; ``score_mean``: the same of their `SCORES`.
    Both are `UNKNOWN_SHARE` and `UNKNOWN_SCORE` where no play of the pair has a known share,
    and NULL where there is no play. A pair only downloaded is a pair (S1-C1g lost it); one only
    liked, disliked or put into a playlist is not: no formula of this room reads those.
    """
    days = _with_all_sums(past.table("user_item_days", days=window_days))
    score_sum = sum((days[bucket] * score for bucket, score in SCORES.items()), ibis.literal(0))
    sums = days.group_by(["user_id", "item_id"]).agg(
        n_plays=days.n_plays.sum().cast("int64"),
        n_downloads=days.n_downloads.sum().cast("int64"),
        played_s=exact_sum(days.played_s),
        share_sum=exact_sum(days.share_sum),
        score_sum=score_sum.sum().cast("int64"),
        n_known=days.n_plays_with_share.sum().cast("int64"),
    )
    sums = sums.filter((sums.n_plays > 0) | (sums.n_downloads > 0))
    return sums.mutate(
        share_mean=_mean(sums.share_sum, sums, UNKNOWN_SHARE),
        score_mean=_mean(sums.score_sum, sums, UNKNOWN_SCORE),
    ).drop("share_sum", "score_sum", "n_known")


def _with_all_sums(days: ir.Table) -> ir.Table:
    """``days`` of any source: what it does not know of plays is as for plays of unknown share.

    Where seconds are unknown every play counts alike, as one second.
    """
    counted = with_counts(days, ["n_plays", "n_downloads", "n_plays_with_share", *SCORES])
    missing = {"share_sum": ibis.literal(0.0), "played_s": counted.n_plays.cast("float64")}
    return counted.mutate(
        **{name: value for name, value in missing.items() if name not in days.columns}
    )


def exact_sum(column: ir.FloatingColumn) -> ir.FloatingScalar:
    """The sum to the millionth, the same in whatever order an engine adds.

    Sums of floats depend on their order, which differs between engines and between runs
    on several threads; sums of whole millionths do not.
    """
    return (column * 1e6).round().cast("int64").sum().cast("float64") / 1e6


def with_counts(table: ir.Table, columns: Iterable[str]) -> ir.Table:
    """``table`` with 0 in those ``columns`` that its source does not count."""
    missing = [column for column in columns if column not in table.columns]
    return table.mutate(**{column: ibis.literal(0, "int64") for column in missing})


def _mean(total: ir.NumericColumn, sums: ir.Table, unknown: float) -> ir.FloatingColumn:
    known = (total / sums.n_known.nullif(0)).fill_null(float(unknown))
    return (sums.n_plays > 0).ifelse(known, ibis.null("float64"))
