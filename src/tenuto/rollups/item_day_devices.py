"""One row per item, day and device: how often the item was played there, and by how many."""

from tenuto.rollups._day import Day

KEY = ("item_id", "day", "device")
NEEDS = ("device",)


def build(day: Day):
    """Plays and distinct listeners; plays on unknown devices are not here."""
    events = day.events
    plays = events.filter(
        (events.action == "play") & events.item_id.notnull() & events.device.notnull()
    )
    return plays.group_by(list(KEY)).agg(n_plays=plays.count(), n_listeners=plays.user_id.nunique())
