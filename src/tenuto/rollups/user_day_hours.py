"""One row per user, day and hour with events that have a clock."""

from tenuto.rollups._day import Day

KEY = ("user_id", "day", "hour")


def build(day: Day):
    """How many events each hour of the day has; events without a clock are not here."""
    events = day.events.filter(day.events.timestamp.notnull())
    events = events.mutate(hour=events.timestamp.hour().cast("int32"))
    return events.group_by(list(KEY)).agg(n_events=events.count())
