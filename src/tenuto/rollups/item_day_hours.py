"""One row per item, day and hour of the clock: how often the item was played, and by how many.

Hours are those of UTC; what is morning or evening is for the reader to say.
"""

from tenuto.rollups._day import Day

KEY = ("item_id", "day", "hour")
NEEDS = ("timestamp",)


def build(day: Day):
    """Plays and distinct listeners; plays without a clock are not here."""
    events = day.events
    plays = events.filter(
        (events.action == "play") & events.item_id.notnull() & events.timestamp.notnull()
    )
    plays = plays.mutate(hour=plays.timestamp.hour().cast("int32"))
    return plays.group_by(list(KEY)).agg(n_plays=plays.count(), n_listeners=plays.user_id.nunique())
