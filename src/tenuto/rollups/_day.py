"""One day of events as rollups see it, and the columns that describe plays."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import ibis
import ibis.expr.types as ir

from tenuto.events import schema
from tenuto.events.actions import count_column

# Lower bounds of the completion buckets (S2-F-A1); the last one is closed above.
BUCKETS = (0.0, 0.2, 0.4, 0.6, 0.8)
# A song played for more than this share of its length is a "love" song (S0-F5).
FINISHED_ABOVE = 0.85


@dataclass(frozen=True)
class Day:
    """The events of one day.

    ``events`` has the columns of the lake and ``share_played``: seconds played over length,
    at most 1, NULL where either is unknown. ``titles``, ``profiles`` and ``queries`` are those of
    the day; ``knows`` is what the source can tell at all: what it cannot has no column.
    """

    events: ir.Table
    titles: ir.Table
    profiles: ir.Table
    queries: ir.Table
    actions: tuple[str, ...]
    knows: frozenset[str]


def with_share_played(events: ir.Table, usual_lengths: ir.Table) -> ir.Table:
    """``events`` with unknown lengths taken from the item's usual one, and ``share_played``.

    ``usual_lengths`` has ``item_id`` and ``usual_length_s``, from this day and earlier ones
    only: what is learned later must not change what was known before (K20).
    """
    usual = usual_lengths.select(usual_item="item_id", usual_length_s="usual_length_s")
    filled = events.left_join(usual, [("item_id", "usual_item")]).drop("usual_item")
    filled = filled.mutate(length_s=filled.length_s.fill_null(filled.usual_length_s))
    share = filled.played_s / filled.length_s.nullif(0)
    # Not least(share, 1.0): that skips NULL, and what is unknown would be heard to the end.
    return filled.drop("usual_length_s").mutate(share_played=(share > 1).ifelse(1.0, share))


def usual_lengths(titles: ir.Table) -> ir.Table:
    """The median length of every item over its events, robust against a few odd rows.

    The lower median, so that it is a length that was really seen. Items without any known
    length are left out.
    """
    known = titles.filter(titles.length_s.notnull())
    counted = known.group_by(["item_id", "length_s"]).agg(n=lambda rows: rows.n_events.sum())
    of_item = ibis.window(group_by="item_id")
    up_to_here = ibis.cumulative_window(group_by="item_id", order_by="length_s")
    ranked = counted.mutate(
        total=counted.n.sum().over(of_item), running=counted.n.sum().over(up_to_here)
    )
    upper_half = ranked.filter(ranked.running * 2 >= ranked.total)
    return upper_half.group_by("item_id").agg(usual_length_s=lambda rows: rows.length_s.min())


def action_counts(events: ir.Table, actions: tuple[str, ...]) -> dict[str, ir.Value]:
    """One count per action, such as ``n_plays``."""
    return {count_column(action): how_many(events.action == action) for action in actions}


def how_many(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """Rows for which ``condition`` is true.

    Counted, not summed: DuckDB sums into 128 bits, which Parquet stores as a float.
    """
    return condition.ifelse(1, None).count()


def play_sums(events: ir.Table, knows: frozenset[str]) -> dict[str, ir.Value]:
    """What plays add up to, as far as the source knows how long they were.

    Where only the length of the song is known, ``started_s`` sums the songs that were begun
    (S3-F2): not what was heard, but all that there is.
    """
    is_play = events.action == "play"
    if "played_s" in knows:
        shares = _completion(is_play, events) if "length_s" in knows else {}
        return {
            "played_s": is_play.ifelse(events.played_s, 0.0).sum().fill_null(0.0),
            "longest_play_s": is_play.ifelse(events.played_s, None).max(),
            "n_skips": how_many(is_play & (events.played_s == 0)),
            **shares,
        }
    if "length_s" in knows:
        return {"started_s": is_play.ifelse(events.length_s, 0.0).sum().fill_null(0.0)}
    return {}


def _completion(is_play: ir.BooleanValue, events: ir.Table) -> dict[str, ir.Value]:
    """Finished plays and completion buckets.

    Plays whose share is unknown are in no bucket, so that shares need ``n_plays_with_share``
    below them, never ``n_plays``.
    """
    share = is_play.ifelse(events.share_played, None)
    bounds = [*BUCKETS, float("inf")]
    buckets = {
        _bucket_name(low): how_many((share >= low) & (share < high))
        for low, high in pairwise(bounds)
    }
    return {
        "n_finished": how_many(share > FINISHED_ABOVE),
        "n_plays_with_share": share.count(),
        "share_sum": share.sum().fill_null(0.0),
        **buckets,
    }


def last_profiles(profiles: ir.Table) -> ir.Table:
    """One row per user: the profile with the latest clock; a tie goes to the one of more events.

    ``registered`` is the earliest that was ever told.
    """
    order = ibis.window(
        group_by="user_id",
        order_by=[
            ibis.desc("day"),
            ibis.desc("last_seen"),
            ibis.desc("n_events"),
            *(ibis.asc(name) for name in schema.PROFILE),
        ],
    )
    ranked = profiles.mutate(
        place=ibis.row_number().over(order),
        first_registered=profiles.registered.min().over(ibis.window(group_by="user_id")),
    )
    last = ranked.filter(ranked.place == 0).mutate(registered=ranked.first_registered)
    return last.select("user_id", "day", *schema.PROFILE)


def _bucket_name(low: float) -> str:
    """``n_share_20_40`` counts plays of at least 20 and under 40 % of the song."""
    start = round(low * 100)
    return f"n_share_{start:02d}_{start + 20}"
