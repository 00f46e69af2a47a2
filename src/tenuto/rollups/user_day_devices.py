"""One row per user, day and device."""

from tenuto.rollups._day import Day

KEY = ("user_id", "day", "device")


def build(day: Day):
    """How many events each device of the user sent; unknown devices are not here."""
    events = day.events.filter(day.events.device.notnull())
    return events.group_by(list(KEY)).agg(n_events=events.count())
