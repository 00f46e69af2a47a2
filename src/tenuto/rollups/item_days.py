"""One row per item and day: how often it was played, saved and searched for, and by how many.

A search names no item in the raw logs; a query counts for the item whose title, or title and
artist, it is (S0-R1). Of several items with that title the most played of the day has it.
"""

import ibis

from tenuto.events.actions import ITEM_ACTIONS
from tenuto.rollups._day import Day, action_counts, play_sums

KEY = ("item_id", "day")


def build(day: Day):
    """Counts per action, distinct listeners, seconds played, completion and searches."""
    events = day.events.filter(
        day.events.item_id.notnull() & day.events.action.isin(list(ITEM_ACTIONS))
    )
    actions = tuple(action for action in day.actions if action in ITEM_ACTIONS)
    is_play = events.action == "play"
    sums = events.group_by(list(KEY)).agg(
        **action_counts(events, actions),
        n_listeners=is_play.ifelse(events.user_id, None).nunique(),
        **play_sums(events, day.knows),
    )
    searches = _searches(day).select(searched="item_id", n_searches="n_searches")
    joined = sums.left_join(searches, [("item_id", "searched")]).drop("searched")
    return joined.mutate(n_searches=joined.n_searches.fill_null(0))


def _searches(day: Day):
    """``item_id`` and ``n_searches`` for the items that a query of the day names."""
    named = day.titles.filter(day.titles.title.notnull())
    counted = named.group_by(["item_id", "title", "artist"]).agg(
        n_events=lambda rows: rows.n_events.sum()
    )
    title, artist = counted.title.lower(), counted.artist.lower()
    # People type "title  artist" with two spaces (seeds.md §2.2).
    names = counted.select("item_id", "n_events", name=title).union(
        counted.select("item_id", "n_events", name=title + "  " + artist)
    )
    # Only what somebody typed is ranked: one name in hundreds.
    typed = names.semi_join(day.queries, [("name", "query")])
    best = ibis.window(group_by="name", order_by=[ibis.desc("n_events"), ibis.asc("item_id")])
    ranked = typed.mutate(rank=ibis.row_number().over(best))
    chosen = ranked.filter(ranked["rank"] == 0)
    hits = chosen.inner_join(day.queries, [("name", "query")])
    # Summed as floats: DuckDB sums whole numbers into 128 bits, which Parquet does not know.
    found = hits.group_by("item_id").agg(total=hits.n_searches.cast("float64").sum())
    return found.select("item_id", n_searches=found.total.cast("int64"))
