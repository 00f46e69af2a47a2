"""One row per user, artist and day: how often the user played the artist.

Artists go by name, as the day's titles give them; songs without an artist are not here.
"""

import ibis

from tenuto.rollups._day import Day

KEY = ("user_id", "artist", "day")
NEEDS = ("artist",)


def build(day: Day):
    """Plays per artist."""
    named = day.titles.filter(day.titles.artist.notnull())
    counted = named.group_by(["item_id", "artist"]).agg(n=lambda rows: rows.n_events.sum())
    # The same song may carry two names: the one of most events, then the first in the alphabet.
    best = ibis.window(group_by="item_id", order_by=[ibis.desc("n"), ibis.asc("artist")])
    ranked = counted.mutate(place=ibis.row_number().over(best))
    artists = ranked.filter(ranked.place == 0).select(sung_item="item_id", artist="artist")
    plays = day.events.filter(day.events.action == "play")
    joined = plays.inner_join(artists, [("item_id", "sung_item")])
    return joined.group_by(list(KEY)).agg(n_plays=joined.count())
