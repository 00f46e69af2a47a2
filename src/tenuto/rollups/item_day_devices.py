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
    # By listener first: to count rows takes two thirds of the time of counting different users.
    heard = plays.group_by([*KEY, "user_id"]).agg(n_plays=plays.count())
    # Summed as floats: DuckDB sums whole numbers into 128 bits, which Parquet does not know.
    total = heard.n_plays.cast("float64").sum().cast("int64")
    return heard.group_by(list(KEY)).agg(n_plays=total, n_listeners=heard.count())
