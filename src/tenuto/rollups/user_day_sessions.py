"""One row per user, day and session: when it began and ended that day, and what was in it.

A session over midnight has a row on either day; its number is unique only with the user.
"""

from tenuto.rollups._day import Day, how_many

KEY = ("user_id", "day", "session_id")
NEEDS = ("session_id", "timestamp")


def build(day: Day):
    """First and last clock, events and plays."""
    events = day.events.filter(day.events.session_id.notnull() & day.events.timestamp.notnull())
    return events.group_by(list(KEY)).agg(
        started=events.timestamp.min(),
        ended=events.timestamp.max(),
        n_events=events.count(),
        n_plays=how_many(events.action == "play"),
    )
