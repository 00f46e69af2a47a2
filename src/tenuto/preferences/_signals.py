"""What a listener did with an item, as numbers of one kind: the ground `signals` stands on."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenuto.preferences._opinions import DISLIKED, LIKED, opinions
from tenuto.preferences._sums import UNKNOWN_SHARE, exact_sum, with_counts
from tenuto.timeline import Past

#: What is told apart. ``skips`` speak against an item, all others for it.
SIGNALS = ("heard", "finished", "skips", "downloads", "playlist_adds", "likes")
AGAINST = ("skips",)

# The rollup's column behind each; a play of under 20 % of the song is a skip.
_COUNTED = {
    "finished": "n_finished",
    "skips": "n_share_00_20",
    "downloads": "n_downloads",
    "playlist_adds": "n_playlist_adds",
}
_KEYS = ["user_id", "item_id"]


def pair_signals(
    past: Past, window_days: int, half_life_days: float, feedback: pa.Table | None = None
) -> ir.Table:
    """One row per user and item: `SIGNALS`, each ln(1 + what was done), faded by its age.

    A deed of yesterday counts 1, one of ``half_life_days`` before that one half. ``heard`` is the
    number of whole songs the plays add up to (plays times the mean share heard);
    ``finished``, ``skips``, ``downloads`` and ``playlist_adds`` are counts. ``likes`` is
    1 while a like stands, however old: it neither fades nor falls out of the window.

    What the log does not know is 0; where no play of the pair has a known share, half a song
    is assumed of each. Rows are pairs with a play, a download or a playlist in the window, and
    those liked. ``is_disliked`` says whether a dislike stands; a pair only disliked has no row.
    """
    done = _faded(past, window_days, half_life_days)
    told = opinions(past, feedback)
    told = told.rename(told_user="user_id", told_item="item_id")
    on = [("user_id", "told_user"), ("item_id", "told_item")]
    joined = done.outer_join(told, on)
    is_liked = (joined.opinion == LIKED).fill_null(False)
    pairs = joined.mutate(
        user_id=joined.user_id.coalesce(joined.told_user),
        item_id=joined.item_id.coalesce(joined.told_item),
        likes=is_liked.ifelse(1.0, 0.0),
        is_disliked=(joined.opinion == DISLIKED).fill_null(False),
        **{name: joined[name].fill_null(0.0) for name in SIGNALS if name != "likes"},
    )
    pairs = pairs.filter(pairs.n_known.notnull() | is_liked)
    damped = {name: (pairs[name] + 1).ln() for name in SIGNALS}
    return pairs.select(*_KEYS, "is_disliked", **damped)


def _faded(past: Past, window_days: int, half_life_days: float) -> ir.Table:
    """Everything but thumbs: one row per pair with a play, a download or a playlist."""
    counts = ("n_plays", "n_plays_with_share", *_COUNTED.values())
    days = with_counts(past.table("user_item_days", days=window_days), counts)
    if "share_sum" not in days.columns:
        days = days.mutate(share_sum=ibis.literal(0.0))
    known = sum((days[name] for name in ("n_downloads", "n_playlist_adds")), days.n_plays)
    days = days.filter(known > 0)
    # As a float first: Spark takes 30.0 for a decimal, and keeps six digits of what it divides.
    kept = ibis.literal(0.5).pow((days.age_days - 1).cast("float64") / half_life_days)
    sums = days.group_by(_KEYS).agg(
        n_known=days.count(),
        plays=exact_sum(days.n_plays * kept),
        known=exact_sum(days.n_plays_with_share * kept),
        share=exact_sum(days.share_sum * kept),
        **{name: exact_sum(days[column] * kept) for name, column in _COUNTED.items()},
    )
    share = (sums.share / sums.known.nullif(0)).fill_null(UNKNOWN_SHARE)
    return sums.mutate(heard=sums.plays * share).drop("plays", "known", "share")
